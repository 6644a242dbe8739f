namespace BoxTeacher.Kernel

open System
open System.Collections.Generic
open System.Security.Cryptography
open System.Text
open System.Text.Json
open System.Text.Json.Nodes

/// One multipart message of the transport.
type internal Frames = byte[] list

/// A message from a client. `Header` is kept as it came: it is the parent header of every answer, byte for byte.
type internal Message =
    { Kind: string
      Header: byte[]
      Content: JsonElement
      /// The frames in front of the delimiter, which route the answer.
      Prefix: Frames }

/// Signs and verifies messages with HMAC-SHA256 under the key of the connection file; an empty key switches both off.
/// A signature is accepted once, so that a recorded message cannot be played again.
type internal Signer(key: string) =
    let secret = Encoding.UTF8.GetBytes key
    let remembered = 65536
    let seen = HashSet<string>()
    let order = Queue<string>()

    let firstTime signature =
        lock seen (fun () ->
            let isNew = seen.Add signature
            if isNew then
                order.Enqueue signature
                if order.Count > remembered then
                    seen.Remove(order.Dequeue()) |> ignore
            isNew)

    /// The signature of header, parent header, metadata and content, in lower-case hexadecimal.
    member _.Sign(parts: Frames) =
        if secret.Length = 0 then
            ""
        else
            use hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret)
            parts |> List.iter hash.AppendData
            hash.GetHashAndReset() |> Convert.ToHexStringLower

    member this.Verify(signature: byte[], parts: Frames) =
        secret.Length = 0
        || (let expected = this.Sign parts
            CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes expected, signature) && firstTime expected)

/// The Jupyter wire format (messaging protocol 5.3): identities, delimiter, signature, and four JSON frames.
module internal Wire =

    let protocolVersion = "5.3"
    let private delimiter = "<IDS|MSG>"B
    let private nothing = "{}"B

    let rec private splitAtDelimiter prefix frames =
        match frames with
        | frame :: rest when frame.AsSpan().SequenceEqual(ReadOnlySpan delimiter) -> Some(List.rev prefix, rest)
        | frame :: rest -> splitAtDelimiter (frame :: prefix) rest
        | [] -> None

    let private parse (frame: byte[]) =
        use document = JsonDocument.Parse(ReadOnlyMemory frame)
        document.RootElement.Clone()

    /// Reads a message; what is malformed or wrongly signed comes back as the reason to ignore it.
    let decode (signer: Signer) (frames: Frames) : Result<Message, string> =
        match splitAtDelimiter [] frames with
        | Some(prefix, signature :: (header :: _parent :: _metadata :: content :: _ as parts)) ->
            if not (signer.Verify(signature, List.truncate 4 parts)) then
                Error "its signature is wrong or was used before"
            else
                try
                    Ok
                        { Kind = parse header |> Json.textOr "" "msg_type"
                          Header = header
                          Content = parse content
                          Prefix = prefix }
                with :? JsonException as problem ->
                    Error $"it is not JSON: {problem.Message}"
        | _ -> Error "it does not have the frames of a Jupyter message"

    /// The frames of an outgoing message behind its routing prefix. An empty parent stands for "nobody asked".
    let encode (signer: Signer) (session: string) kind (parent: byte[]) (content: JsonObject) : Frames =
        let header =
            Json.node
                [ "msg_id", Json.text (Guid.NewGuid().ToString "N")
                  "session", Json.text session
                  "username", Json.text "kernel"
                  "date", Json.text (DateTime.UtcNow.ToString "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'")
                  "msg_type", Json.text kind
                  "version", Json.text protocolVersion ]

        let parts =
            [ Json.utf8 header
              (if parent.Length = 0 then nothing else parent)
              nothing
              Json.utf8 content ]

        delimiter :: Encoding.ASCII.GetBytes(signer.Sign parts) :: parts
