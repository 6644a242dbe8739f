/// A small Jupyter client, written apart from the kernel's own transport so that both ends are not wrong in one way.
module BoxTeacher.Kernel.Tests.Client

open System
open System.Buffers.Binary
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open System.Security.Cryptography
open System.Text
open System.Text.Json

/// The client's side of one ZMTP connection.
type Socket(port: int, kind: string, identity: string) =
    let client = new TcpClient()
    do client.Connect(IPAddress.Loopback, port)
    let network = client.GetStream()
    do network.ReadTimeout <- 60_000
    let input = new BufferedStream(network)

    let exactly count =
        let bytes = Array.zeroCreate<byte> count
        input.ReadExactly bytes
        bytes

    let send (flags: byte) (body: byte[]) =
        let size = Array.zeroCreate<byte> 8
        BinaryPrimitives.WriteUInt64BigEndian(size, uint64 body.Length)

        let head =
            if body.Length < 256 then [| flags; byte body.Length |] else Array.append [| flags ||| 2uy |] size

        let frame = Array.append head body
        network.Write(frame, 0, frame.Length)

    let one () =
        (exactly 1)[0]

    let receive () =
        let flags = one ()

        let length =
            if flags &&& 2uy = 0uy then int (one ()) else int (BinaryPrimitives.ReadUInt64BigEndian(exactly 8))

        flags, exactly length

    let property (name: string) (value: string) =
        Array.concat
            [ [| byte name.Length |]
              Encoding.ASCII.GetBytes name
              [| 0uy; 0uy; 0uy; byte value.Length |]
              Encoding.ASCII.GetBytes value ]

    do
        let greeting = Array.zeroCreate<byte> 64
        greeting[0] <- 255uy
        greeting[9] <- 127uy
        greeting[10] <- 3uy
        Encoding.ASCII.GetBytes("NULL").CopyTo(greeting, 12)
        network.Write(greeting, 0, greeting.Length)
        let answer = exactly 64

        if answer[0] <> 255uy || answer[9] <> 127uy || answer[10] <> 3uy then
            failwith "The kernel's greeting is not that of ZMTP 3."

        send 4uy (Array.concat [ [| 5uy |]; "READY"B; property "Socket-Type" kind; property "Identity" identity ])

        match receive () with
        | 4uy, ready when ready.AsSpan().StartsWith(ReadOnlySpan "\005READY"B) -> ()
        | flags, _ -> failwith $"Instead of READY came a frame with flags {flags}."

        if kind = "SUB" then
            send 0uy [| 1uy |]

    member _.Send(frames: byte[] list) =
        let last = List.length frames - 1
        frames |> List.iteri (fun i frame -> send (if i < last then 1uy else 0uy) frame)

    member _.Receive() : byte[] list =
        let rec more parts =
            match receive () with
            | 1uy, body
            | 3uy, body -> more (body :: parts)
            | _, body -> List.rev (body :: parts)

        more []

    /// Bytes as they are, for what no client should send.
    member _.Raw = network

    interface IDisposable with
        member _.Dispose() = client.Dispose()

/// Where a kernel listens and what signs its messages.
type Ports =
    { Shell: int
      Control: int
      Stdin: int
      IOPub: int
      Heartbeat: int
      Key: string }

/// A message from the kernel.
type Received =
    { Kind: string
      Parent: string
      Content: JsonElement }

    member this.Text(name: string) = this.Content.GetProperty(name).GetString()

/// What running a cell has brought.
type Run =
    { Reply: Received
      Outputs: Received list }

    member this.Status = this.Reply.Text "status"

    member this.Printed(stream: string) =
        this.Outputs
        |> Seq.filter (fun o -> o.Kind = "stream" && o.Text "name" = stream)
        |> Seq.map _.Text("text")
        |> String.concat ""

    member this.Of kind = this.Outputs |> List.filter (fun o -> o.Kind = kind)

    /// The forms of all results and displays: kind of message, form, value.
    member this.Forms =
        [ for output in this.Outputs do
              match output.Content.TryGetProperty "data" with
              | true, data ->
                  for form in data.EnumerateObject() do
                      output.Kind, form.Name, string form.Value
              | _ -> () ]

    member this.Form mime =
        this.Forms |> List.tryPick (fun (_, name, value) -> if name = mime then Some value else None)

/// A cell of several lines.
let lines (code: string list) = String.concat "\n" code

type Client(ports: Ports) =
    let session = Guid.NewGuid().ToString "N"
    let shell = new Socket(ports.Shell, "DEALER", session)
    let control = new Socket(ports.Control, "DEALER", session)
    let stdin = new Socket(ports.Stdin, "DEALER", session)
    let iopub = new Socket(ports.IOPub, "SUB", "")

    let signature (key: string) (parts: byte[] list) =
        HMACSHA256.HashData(Encoding.UTF8.GetBytes key, Array.concat parts) |> Convert.ToHexStringLower

    let utf8 (value: obj) = JsonSerializer.SerializeToUtf8Bytes value

    let parse (frames: byte[] list) =
        let parts = frames |> List.skipWhile (fun f -> f <> "<IDS|MSG>"B) |> List.skip 2
        let signed = frames |> List.skipWhile (fun f -> f <> "<IDS|MSG>"B) |> List.item 1

        if Encoding.ASCII.GetString signed <> signature ports.Key parts then
            failwith "The kernel's signature is wrong."

        let element (index: int) = JsonSerializer.Deserialize<JsonElement>(parts[index])

        { Kind = (element 0).GetProperty("msg_type").GetString()
          Parent =
            match (element 1).TryGetProperty "msg_id" with
            | true, id -> id.GetString()
            | _ -> ""
          Content = element 3 }

    let frames key (id: string) (kind: string) (content: obj) =
        let header =
            dict
                [ "msg_id", box id
                  "session", session
                  "username", "test"
                  "date", DateTime.UtcNow.ToString "o"
                  "msg_type", kind
                  "version", "5.3" ]

        let parts = [ utf8 header; "{}"B; "{}"B; utf8 content ]
        "<IDS|MSG>"B :: Encoding.ASCII.GetBytes(signature key parts) :: parts

    let rec await (socket: Socket) kind parent =
        let message = parse (socket.Receive())
        if message.Kind = kind && message.Parent = parent then message else await socket kind parent

    /// Sends a request on a socket; returns its id.
    let send (socket: Socket) kind content =
        let id = Guid.NewGuid().ToString "N"
        socket.Send(frames ports.Key id kind content)
        id

    member _.Shell = shell
    member _.Control = control
    member _.IOPub = iopub

    /// The frames of a message signed with another key.
    member _.Forged kind content = frames "another key" (Guid.NewGuid().ToString "N") kind content

    /// The frames of a properly signed message.
    member _.Signed kind content = frames ports.Key (Guid.NewGuid().ToString "N") kind content

    /// A request on the shell socket and its answer.
    member _.Ask(kind: string, content: obj) =
        let id = send shell (kind + "_request") content
        await shell (kind + "_reply") id

    /// A request on the control socket and its answer.
    member _.Command(kind: string, content: obj) =
        let id = send control (kind + "_request") content
        await control (kind + "_reply") id

    /// Starts a cell; returns the id of the request.
    member _.Start(code: string) =
        send shell "execute_request" (dict [ "code", box code; "silent", false; "store_history", true; "allow_stdin", true; "stop_on_error", true ])

    /// The next output that belongs to the request.
    member this.NextOutput(id: string) : Received =
        let message = parse (iopub.Receive())
        if message.Parent = id then message else this.NextOutput id

    /// Outputs of the request up to and without the one that fits.
    member this.OutputsUntil(id: string, fits: Received -> bool) =
        let rec collect outputs =
            let message = this.NextOutput id
            if fits message then List.rev outputs else collect (message :: outputs)

        collect []

    /// Waits for the end of a cell that was started.
    member this.Finish(id: string) =
        let outputs =
            this.OutputsUntil(id, fun o -> o.Kind = "status" && o.Text "execution_state" = "idle")

        { Reply = await shell "execute_reply" id
          Outputs = outputs }

    /// Runs a cell.
    member this.Run(code: string) = this.Finish(this.Start code)

    /// The next question to the user.
    member _.Question() =
        let question = parse (stdin.Receive())

        if question.Kind <> "input_request" then
            failwith $"Instead of a question came {question.Kind}."

        question.Text "prompt"

    /// An answer to whatever was asked.
    member _.Reply(value: string) =
        send stdin "input_reply" (dict [ ("value", value) ]) |> ignore

    /// Answers the next question to the user; returns the question.
    member this.Answer(value: string) =
        let question = this.Question()
        this.Reply value
        question

    interface IDisposable with
        member _.Dispose() =
            for socket in [ shell; control; stdin; iopub ] do
                (socket :> IDisposable).Dispose()

/// The kernel that was built with the tests.
let builtKernel = Path.Combine(AppContext.BaseDirectory, "boxteacher-kernel.dll")

/// A kernel in a process of its own, as Jupyter starts it.
type KernelProcess(program: string) =
    let folder = Directory.CreateTempSubdirectory "kernel-test-"

    let freePorts count =
        let listeners = List.init count (fun _ -> new TcpListener(IPAddress.Loopback, 0))
        listeners |> List.iter _.Start()
        let ports = listeners |> List.map (fun l -> (l.LocalEndpoint :?> IPEndPoint).Port)
        listeners |> List.iter _.Stop()
        ports

    let ports =
        match freePorts 5 with
        | [ shell; control; stdin; iopub; heartbeat ] ->
            { Shell = shell
              Control = control
              Stdin = stdin
              IOPub = iopub
              Heartbeat = heartbeat
              Key = Guid.NewGuid().ToString() }
        | _ -> failwith "no ports"

    let file = Path.Combine(folder.FullName, "connection.json")

    do
        let content =
            dict
                [ "ip", box "127.0.0.1"
                  "transport", "tcp"
                  "signature_scheme", "hmac-sha256"
                  "shell_port", ports.Shell
                  "control_port", ports.Control
                  "stdin_port", ports.Stdin
                  "iopub_port", ports.IOPub
                  "hb_port", ports.Heartbeat
                  "key", ports.Key ]

        File.WriteAllText(file, JsonSerializer.Serialize content)

    let start () =
        let info = ProcessStartInfo("dotnet", [ program; file ], WorkingDirectory = folder.FullName)
        info.RedirectStandardError <- true
        Process.Start info

    let mutable kernel = start ()

    let rec untilListening attempts =
        try
            use probe = new TcpClient()
            probe.Connect(IPAddress.Loopback, ports.Heartbeat)
        with :? SocketException when attempts > 0 && not kernel.HasExited ->
            Threading.Thread.Sleep 100
            untilListening (attempts - 1)

    do untilListening 600

    member _.Ports = ports
    member _.Folder = folder.FullName
    member _.Process = kernel

    /// A new client, known to the kernel: its subscription has arrived.
    member _.Connect() =
        let client = new Client(ports)
        // A message on iopub shows that the subscription is in force.
        let rec greet () =
            client.Ask("kernel_info", dict []) |> ignore
            if not client.IOPub.Raw.DataAvailable then
                Threading.Thread.Sleep 20
                greet ()

        greet ()
        client

    /// Starts the kernel again on the same ports, as Jupyter does after a death.
    member _.Restart() =
        kernel <- start ()
        untilListening 600

    interface IDisposable with
        member _.Dispose() =
            if not kernel.HasExited then
                kernel.Kill()
                kernel.WaitForExit()

            folder.Delete true
