namespace BoxTeacher.Kernel.Tests

open System
open System.IO
open System.Net
open System.Text
open System.Threading
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Text
open Xunit
open BoxTeacher.Kernel

type DirectivesTests() =

    [<Fact>]
    member _.``a cell without directives is one piece of code``() =
        Assert.Equal(Ok [ Code "let x = 1\nx" ], Directives.split "let x = 1\r\nx")

    [<Fact>]
    member _.``code keeps its line numbers``() =
        Assert.Equal(Ok [ Time; Code "\nx" ], Directives.split "#!time\nx")

        Assert.Equal(
            Ok [ Code "a"; Markup(Markdown, "# b"); Code "\n\n\n\nc" ],
            Directives.split "a\n#!markdown\n# b\n#!fsharp\nc"
        )

    [<Fact>]
    member _.``an unknown directive is an error on its line``() =
        match Directives.split "1\n#!what" with
        | Error problem ->
            Assert.Equal(2, problem.Line)
            Assert.Contains("#!what", problem.Message)
        | Ok pieces -> failwith $"{pieces}"

    [<Fact>]
    member _.``every directive that is listed is known``() =
        for name, _ in Directives.known do
            let argument = if name = "#!import" then " file.fsx" else ""

            match Directives.split $"{name}{argument}\nbody" with
            | Ok pieces -> Assert.NotEmpty pieces
            | Error problem -> failwith problem.Message

    [<Theory>]
    [<InlineData("#!time 5")>]
    [<InlineData("#!fsharp --help")>]
    member _.``an argument that nobody reads is an error``(line: string) =
        match Directives.split line with
        | Error problem -> Assert.Contains("takes no argument", problem.Message)
        | Ok pieces -> failwith $"{pieces}"

    [<Fact>]
    member _.``the compiler's help points to what shows something``() =
        match Directives.split "#help \"List.map\"" with
        | Error problem -> Assert.Contains("Shift+Tab", problem.Message)
        | Ok pieces -> failwith $"{pieces}"

    [<Theory>]
    [<InlineData("let s = \"\"\"\n#!time\n\"\"\"")>]
    [<InlineData("let s = @\"\n#!time\n\"")>]
    [<InlineData("(*\n#!time\n*)")>]
    member _.``within a string or a comment there are no directives``(code: string) =
        Assert.Equal(Ok [ Code code ], Directives.split code)
        Assert.Equal(Ok [ Code code; Time ], Directives.split (code + "\n#!time"))

type ProtocolUnits() =

    [<Fact>]
    member _.``half of a surrogate pair makes a request malformed``() =
        let content = Text.Json.JsonDocument.Parse("{\"code\": \"\\ud800\"}").RootElement
        let message = { Kind = "execute_request"; Header = [||]; Content = content; Prefix = [] }

        match Protocol.parse message with
        | Malformed _ -> ()
        | other -> failwith $"{other}"

type WireTests() =
    let signer () = Signer "key"
    let encode signer = Wire.encode signer "session" "status" "{}"B (Protocol.status "idle")

    [<Fact>]
    member _.``a message survives the way to the wire and back``() =
        let frames = "id"B :: encode (signer ())

        match Wire.decode (signer ()) frames with
        | Ok message ->
            Assert.Equal("status", message.Kind)
            Assert.Equal<byte[] list>([ "id"B ], message.Prefix)
            Assert.Equal("idle", message.Content.GetProperty("execution_state").GetString())
        | Error reason -> failwith reason

    [<Fact>]
    member _.``one changed byte anywhere is noticed``() =
        let frames = encode (signer ())

        for index in 2 .. frames.Length - 1 do
            let changed =
                frames
                |> List.mapi (fun i frame ->
                    if i = index then
                        frame |> Array.mapi (fun j b -> if j = frame.Length / 2 then b ^^^ 1uy else b)
                    else
                        frame)

            match Wire.decode (signer ()) changed with
            | Ok message -> failwith $"{message}"
            | Error _ -> ()

    [<Fact>]
    member _.``an empty key signs nothing and accepts everything``() =
        let open' = Signer ""
        let frames = encode open'
        Assert.Empty frames[1]
        Assert.True(Result.isOk (Wire.decode open' frames))
        Assert.True(Result.isOk (Wire.decode open' frames))

    [<Fact>]
    member _.``a signature known from RFC 4231 comes out``() =
        // Test case 2 of RFC 4231: key "Jefe".
        let signature = (Signer "Jefe").Sign [ "what do ya want "B; "for nothing?"B ]
        Assert.Equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", signature)

type ZmtpTests() =

    [<Theory>]
    [<InlineData(0)>]
    [<InlineData(255)>]
    [<InlineData(256)>]
    [<InlineData(70000)>]
    member _.``frames of every size survive``(size: int) =
        use stream = new MemoryStream()
        let message: Frames = [ Array.create size 7uy; [||]; Array.create size 9uy ]
        Zmtp.writeMessage stream message
        stream.Position <- 0L
        Assert.Equal<Frames>(message, Zmtp.readMessage stream)

    [<Fact>]
    member _.``a frame over the limit is refused before it is read``() =
        use stream = new MemoryStream([| 2uy; 0uy; 0uy; 1uy; 0uy; 0uy; 0uy; 0uy; 0uy |])
        Assert.Throws<InvalidDataException>(fun () -> Zmtp.readMessage stream |> ignore) |> ignore

    [<Fact>]
    member _.``a full queue makes its sender wait, and gives up on a peer that stands still``() =
        let queue = SendQueue(100L, TimeSpan.FromMilliseconds 200.0)
        Assert.True(queue.Offer [ Array.zeroCreate 1000 ]) // one message goes in, however large
        let clock = Diagnostics.Stopwatch.StartNew()
        Assert.False(queue.Offer [ [| 1uy |] ])
        Assert.True(clock.ElapsedMilliseconds >= 150L)
        queue.Take() |> ignore
        Assert.True(queue.Offer [ [| 1uy |] ])
        queue.Close()
        Assert.True((queue.Take()).IsSome)
        Assert.True((queue.Take()).IsNone)
        Assert.False(queue.Offer [ [| 1uy |] ])

type ConnectionTests() =
    let write (content: string) =
        let file = Path.GetTempFileName()
        File.WriteAllText(file, content)
        file

    [<Fact>]
    member _.``a connection file without a port is refused by name``() =
        let file = write "{\"ip\": \"127.0.0.1\", \"transport\": \"tcp\", \"shell_port\": 1}"
        let problem = Assert.Throws<InvalidDataException>(fun () -> Connection.read file |> ignore)
        Assert.Contains("'control_port'", problem.Message)
        Assert.Contains(file, problem.Message)

    [<Fact>]
    member _.``another transport is refused by name``() =
        let file = write "{\"transport\": \"ipc\"}"
        let problem = Assert.Throws<InvalidDataException>(fun () -> Connection.read file |> ignore)
        Assert.Contains("'ipc'", problem.Message)

/// Tells that it was let go.
type private WatchedClient() =
    inherit System.Net.Sockets.TcpClient()
    let gone = new ManualResetEventSlim()
    member _.Gone = gone

    override _.Dispose disposing =
        base.Dispose disposing
        gone.Set()

type PeerTests() =

    [<Fact>]
    member _.``a connection whose stream is closed in its writer's back costs that client alone``() =
        // What a buffered stream says after its socket was closed: it cannot be written.
        use client = new WatchedClient()
        let peer = Peer(client, new MemoryStream(Array.zeroCreate 8, false), [||])
        peer.Send [ Encoding.ASCII.GetBytes "hello" ]
        Assert.True(client.Gone.Wait 10_000)
        peer.Send [ Encoding.ASCII.GetBytes "later" ]

type DiagnosticsTests() =

    /// An exception with the trace of a deep recursion, which a test better does not run into.
    let thrown (frames: string list) =
        { new Exception("deep") with
            override _.ToString() = String.concat "\n" ("System.Exception: deep" :: frames) }

    let frames problem =
        (Diagnostics.thrown problem).Traceback |> List.tail

    [<Fact>]
    member _.``an error that the compiler places in an earlier cell is one of the present cell``() =
        let place = Range.mkRange "/notebooks/cell-4.fsx" (Position.mkPos 1 0) (Position.mkPos 1 9)
        let error = FSharpDiagnostic.Create(FSharpDiagnosticSeverity.Error, "no such package", 999, place)
        Assert.Equal("cell-5: error FS0999: no such package", (Diagnostics.compilerErrors "cell-5" "#r" [ error ]).Value)

    [<Fact>]
    member _.``a recursion is shown as one turn``() =
        let even, odd, top = "   at even()", "   at odd()", "   at top()"
        Assert.Equal<string list>([ even; "   (the line above 200 times)"; top ], frames (thrown (List.replicate 200 even @ [ top ])))

        Assert.Equal<string list>(
            [ even; odd; "   (the 2 lines above 100 times)"; even; top ],
            frames (thrown (List.concat (List.replicate 100 [ even; odd ]) @ [ even; top ]))
        )

        Assert.Equal<string list>([ even; even; top ], frames (thrown [ even; even; top ]))

type QuestionReaderTests() =

    [<Fact>]
    member _.``an empty answer ends the input that is read as a whole``() =
        let answers = Collections.Generic.Queue [ "a"; "b"; ""; "c" ]
        use reader = new QuestionReader(answers.Dequeue)
        Assert.Equal("a\nb\n", reader.ReadToEnd())
        Assert.Equal("c", reader.ReadLine())

type private Point = { X: float; Label: string }

type ValuesTests() =

    [<Fact>]
    member _.``a sequence is cut at the limit and says so``() =
        let points = List.init 30 (fun i -> { X = float i; Label = "p" })

        match Values.shape 20 points with
        | Table(columns, rows, more) ->
            Assert.Equal<string list>([ "X"; "Label" ], columns)
            Assert.Equal(20, rows.Length)
            // An F# list is no ICollection: how many follow is not known without reading on.
            Assert.Equal(None, more)
        | other -> failwith $"{other}"

        match Values.shape 20 (Array.ofList points) with
        | Table(_, _, more) -> Assert.Equal(Some 10, more)
        | other -> failwith $"{other}"

    [<Fact>]
    member _.``numbers stand at the right``() =
        let html = Values.html (Values.shape 20 [ { X = 1.23456789; Label = "a" } ])
        Assert.Contains("<td style=\"text-align:right\">1.23457</td>", html)
        Assert.Contains("<td style=\"text-align:left\">a</td>", html)

    [<Fact>]
    member _.``an asynchronous computation is no table``() =
        match Values.shape 20 (async { return 1 }) with
        | Plain text -> Assert.Contains("Async", text)
        | other -> failwith $"{other}"

    [<Fact>]
    member _.``a sequence of numbers stays text``() =
        Assert.Equal(Plain "[1; 2]", Values.shape 20 [ 1; 2 ])
