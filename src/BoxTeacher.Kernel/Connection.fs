namespace BoxTeacher.Kernel

open System
open System.IO
open System.Net
open System.Text.Json

/// What Jupyter's connection file says: where to listen, and the key that signs messages.
type internal Connection =
    { Address: IPAddress
      Shell: int
      Control: int
      Stdin: int
      IOPub: int
      Heartbeat: int
      Key: string }

module internal Connection =

    let private address (name: string) =
        match name with
        | "*"
        | "" -> IPAddress.Any
        | name ->
            match IPAddress.TryParse name with
            | true, address -> address
            | _ -> Dns.GetHostAddresses name |> Array.head

    /// Reads a connection file. A file that cannot be used raises one error that names the file and the key.
    let read (file: string) =
        let fail message =
            raise (InvalidDataException $"Connection file {file}: {message}")

        use document =
            try
                JsonDocument.Parse(File.ReadAllText file)
            with :? JsonException as problem ->
                fail problem.Message

        let root = document.RootElement

        let port key =
            match Json.intOr -1 key root with
            | port when port > 0 && port < 65536 -> port
            | _ -> fail $"'{key}' is missing or no port number."

        match Json.textOr "tcp" "transport" root, Json.textOr "hmac-sha256" "signature_scheme" root with
        | "tcp", "hmac-sha256" -> ()
        | "tcp", scheme -> fail $"'signature_scheme' is '{scheme}'; this kernel knows hmac-sha256."
        | transport, _ -> fail $"'transport' is '{transport}'; this kernel knows tcp."

        { Address = address (Json.textOr "127.0.0.1" "ip" root)
          Shell = port "shell_port"
          Control = port "control_port"
          Stdin = port "stdin_port"
          IOPub = port "iopub_port"
          Heartbeat = port "hb_port"
          Key = Json.textOr "" "key" root }
