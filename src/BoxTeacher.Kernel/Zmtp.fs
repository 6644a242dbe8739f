namespace BoxTeacher.Kernel

open System
open System.Buffers.Binary
open System.IO
open System.Text

/// ZMTP 3.0 (rfc.zeromq.org/spec/23) with the NULL mechanism: greeting, handshake and frames on a byte stream.
module internal Zmtp =

    /// The largest frame that is accepted, in bytes: a peer that has not shown a signature yet may not exhaust the memory.
    let frameLimit = 256L * 1024L * 1024L

    type Frame =
        | Command of byte[]
        | Part of body: byte[] * more: bool

    let private more = 1uy
    let private long = 2uy
    let private command = 4uy

    let private greeting =
        let bytes = Array.zeroCreate<byte> 64
        bytes[0] <- 0xFFuy
        bytes[9] <- 0x7Fuy
        bytes[10] <- 3uy
        "NULL"B.CopyTo(bytes, 12)
        bytes

    let private writeFrame (stream: Stream) flags (body: byte[]) =
        if body.Length < 256 then
            stream.WriteByte flags
            stream.WriteByte(byte body.Length)
        else
            let head = Array.zeroCreate<byte> 9
            head[0] <- flags ||| long
            BinaryPrimitives.WriteInt64BigEndian(head.AsSpan 1, int64 body.Length)
            stream.Write(head, 0, head.Length)

        stream.Write(body, 0, body.Length)

    let rec writeMessage (stream: Stream) (frames: Frames) =
        match frames with
        | [] -> ()
        | [ last ] -> writeFrame stream 0uy last
        | head :: rest ->
            writeFrame stream more head
            writeMessage stream rest

    let private readExactly (stream: Stream) (count: int) =
        let bytes = Array.zeroCreate<byte> count
        stream.ReadExactly bytes
        bytes

    let private readByte stream =
        (readExactly stream 1)[0]

    let readFrame (stream: Stream) =
        let flags = readByte stream

        let length =
            if flags &&& long <> 0uy then
                BinaryPrimitives.ReadInt64BigEndian(readExactly stream 8)
            else
                int64 (readByte stream)

        if length < 0L || length > frameLimit then
            raise (InvalidDataException $"A frame of {length} bytes is over the limit of {frameLimit}.")

        let body = readExactly stream (int length)
        if flags &&& command <> 0uy then Command body else Part(body, flags &&& more <> 0uy)

    /// The next multipart message; commands between messages (heartbeats of newer peers) are passed over.
    let readMessage (stream: Stream) : Frames =
        let rec read size parts =
            match readFrame stream with
            | Command _ -> read size parts
            | Part(body, false) -> List.rev (body :: parts)
            | Part(body, true) ->
                // Eight bytes stand for the frame itself, so that empty frames count as well.
                let size = size + body.LongLength + 8L

                if size > frameLimit then
                    raise (InvalidDataException $"A message is over the limit of {frameLimit} bytes.")

                read size (body :: parts)

        read 0L []

    let private property (name: string) (value: byte[]) =
        let length = Array.zeroCreate<byte> 4
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length)
        Array.concat [ [| byte name.Length |]; Encoding.ASCII.GetBytes name; length; value ]

    let private ready socketType =
        Array.concat [ [| 5uy |]; "READY"B; property "Socket-Type" (Encoding.ASCII.GetBytes(socketType: string)) ]

    let rec private properties (bytes: byte[]) =
        if bytes.Length < 5 then
            Map.empty
        else
            let nameEnd = 1 + int bytes[0]
            let length = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(bytes, nameEnd, 4))
            let value = Array.sub bytes (nameEnd + 4) length
            let name = Encoding.ASCII.GetString(bytes, 1, int bytes[0])
            properties (Array.skip (nameEnd + 4 + length) bytes) |> Map.add (name.ToLowerInvariant()) value

    /// Greets the peer, exchanges READY commands and returns the identity that the peer has chosen (empty if none).
    let handshake (input: Stream) (output: Stream) socketType =
        output.Write(greeting, 0, greeting.Length)
        output.Flush()
        let theirs = readExactly input 64

        if theirs[0] <> 0xFFuy || theirs[9] <> 0x7Fuy || theirs[10] < 3uy then
            raise (InvalidDataException "The peer does not speak ZMTP 3.")

        if Encoding.ASCII.GetString(theirs, 12, 20).TrimEnd '\000' <> "NULL" then
            raise (InvalidDataException "The peer asks for a security mechanism other than NULL.")

        writeFrame output command (ready socketType)
        output.Flush()

        match readFrame input with
        | Command body when body.AsSpan().StartsWith("\005READY"B) ->
            properties (Array.skip 6 body) |> Map.tryFind "identity" |> Option.defaultValue [||]
        | _ -> raise (InvalidDataException "The peer did not send READY.")
