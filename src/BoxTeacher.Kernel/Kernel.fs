namespace BoxTeacher.Kernel

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Threading
open System.Threading.Tasks
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Formatting

/// A client's request with the way back to it.
type internal Call =
    { Message: Message
      Request: Request
      Peer: Peer }

/// <summary>The kernel: five sockets, one F# session, one cell at a time.</summary>
/// <param name="connection">Where to listen.</param>
/// <param name="directory">The notebook's folder, where relative names begin.</param>
/// <param name="log">Takes remarks for whoever started the kernel.</param>
type internal NotebookKernel(connection: Connection, directory: string, log: string -> unit) =
    let version = typeof<Call>.Assembly.GetName().Version.ToString 3
    let id = Guid.NewGuid().ToString "N"
    let signer = Signer connection.Key

    let shell = Router(connection.Address, connection.Shell)
    let control = Router(connection.Address, connection.Control)
    let stdin = Router(connection.Address, connection.Stdin)
    let publisher = Publisher(connection.Address, connection.IOPub)
    let heartbeat = Echo(connection.Address, connection.Heartbeat)

    let outbox =
        Outbox(fun parent kind content ->
            let topic = Encoding.ASCII.GetBytes $"kernel.{id}.{kind}"
            publisher.Publish(topic :: Wire.encode signer id kind parent content))

    let printed = new OutboxWriter(outbox, "stdout")
    let problems = new OutboxWriter(outbox, "stderr")
    let native = NativeOutput.Start(fun text -> outbox.Write("stdout", text))
    let history = List<Past>()
    let ended = new ManualResetEventSlim()
    let mutable count = 0
    [<VolatileField>]
    let mutable running: (Call * Interruption) option = None

    // The session takes about a second to start; meanwhile the kernel answers what needs no session.
    let session =
        let source = TaskCompletionSource<Session>()

        let create () =
            try
                source.SetResult(Session directory)
            with problem ->
                source.SetException problem

        Thread(create, 64 * 1024 * 1024, IsBackground = true, Name = "kernel: session").Start()
        source.Task

    let started () = session.GetAwaiter().GetResult()

    let reply (call: Call) kind content =
        call.Peer.Send(call.Message.Prefix @ Wire.encode signer id kind call.Message.Header content)

    let decode (struct (peer, frames)) =
        match Wire.decode signer frames with
        | Ok message -> Some { Message = message; Request = Protocol.parse message; Peer = peer }
        | Error reason ->
            log $"A message was ignored: {reason}."
            None

    /// Everything that was printed or shown so far is on its way to the clients before anything that follows.
    let settle milliseconds =
        native |> Option.iter _.Drain()
        outbox.Drain milliseconds

    // Clients that are slower than this get later what they have missed.
    let patience = 10_000

    /// An answer to a question of a cell that was interrupted meanwhile is no answer to the next one.
    let rec discardOldAnswers () =
        if (stdin.TryReceive()).IsSome then
            discardOldAnswers ()

    let ask (prompt: string) password =
        match running with
        | Some({ Request = Execute { AllowStdin = true } } as call, interruption) ->
            match stdin.Find call.Peer.Identity with
            | None -> raise (InvalidOperationException "The client that runs this cell is not there to answer.")
            | Some peer ->
                settle patience
                discardOldAnswers ()
                let content = Protocol.inputRequest prompt password
                peer.Send(call.Message.Prefix @ Wire.encode signer id "input_request" call.Message.Header content)

                let rec answer () =
                    match decode (stdin.Receive interruption.CompilerToken) with
                    | Some { Message = { Kind = "input_reply" } as message } -> Json.textOr "" "value" message.Content
                    | _ -> answer ()

                answer ()
        | _ -> raise (InvalidOperationException "This client does not answer questions.")

    let pairs (forms: FormattedValue list) =
        forms |> List.map (fun form -> form.MimeType, form.Value)

    let stage =
        { new IStage with
            member _.Show(id, forms) =
                native |> Option.iter _.Drain()
                outbox.Add("display_data", Protocol.display id (pairs forms))

            member _.Replace(id, forms) =
                outbox.Add("update_display_data", Protocol.display id (pairs forms))

            member _.Ask(prompt, password) = ask prompt password }

    let questions = new QuestionReader(fun () -> stage.Ask("", false))

    /// For each cell anew: one before it may have redirected the console and been interrupted before it undid that.
    let connectConsole () =
        Console.SetOut printed
        Console.SetError problems
        Console.SetIn questions

    /// The cell's value, and those of the expressions that are asked for besides.
    let evaluate (request: ExecuteRequest) (interruption: Interruption) =
        let run () =
            let surroundings: Cell.Surroundings =
                { Session = started ()
                  Interruption = interruption
                  Directory = directory
                  Warn = fun text -> outbox.Write("stderr", text) }

            Cell.run surroundings ("cell-" + string count) request.Code
            |> Result.map (fun forms -> forms, Cell.expressions surroundings request.Expressions)

        try
            match interruption.Run run with
            | Completed(Error failure) when interruption.IsRequested && Diagnostics.isCancellation failure ->
                Error Diagnostics.interrupted
            | Completed result -> result
            | Interrupted -> Error Diagnostics.interrupted
        with
        | _ when interruption.IsRequested -> Error Diagnostics.interrupted
        | problem -> Error(Diagnostics.thrown problem)

    /// The requests that have arrived by now.
    let takeWaiting () =
        let rec take calls =
            match shell.TryReceive() with
            | ValueSome arrival -> take (Option.toList (decode arrival) @ calls)
            | ValueNone -> List.rev calls

        take []

    /// Runs a cell. What comes back are the requests that were waiting when it failed.
    let execute (call: Call) (request: ExecuteRequest) =
        if request.StoreHistory then
            count <- count + 1

        if not request.Silent then
            outbox.Add("execute_input", Protocol.executeInput request.Code count)

        connectConsole ()
        let interruption = Interruption()
        running <- Some(call, interruption)
        KernelInvocationContext.Enter(KernelInvocationContext(request.Code, fun () -> interruption.Token))
        let result = evaluate request interruption
        KernelInvocationContext.Enter null
        running <- None
        settle patience

        if request.StoreHistory then
            let plain (forms: FormattedValue list) =
                forms |> List.tryFind (fun form -> form.MimeType = "text/plain") |> Option.map _.Value

            let output = result |> Result.toOption |> Option.bind (fst >> plain)
            history.Add { Line = count; Code = request.Code; Output = output }

        match result with
        | _ when request.Silent -> ()
        | Ok([], _) -> ()
        | Ok(forms, _) -> outbox.Add("execute_result", Protocol.result count (pairs forms))
        | Error failure -> outbox.Add("error", Protocol.error failure)

        outbox.Drain patience

        match result with
        | Ok(_, expressions) ->
            let values = expressions |> List.map (fun (name, value) -> name, Result.map pairs value)
            reply call "execute_reply" (Protocol.executed count values)
            []
        | Error failure ->
            // Taken before the reply: what a client sends once it knows of the failure is meant to run.
            let waiting = if request.StopOnError then takeWaiting () else []
            reply call "execute_reply" (Protocol.executionFailed count failure)
            waiting

    let complete (call: Call) code cursor =
        let names, first, last = Editor.complete (started ()) code cursor
        reply call "complete_reply" (Protocol.completions names first last)

    let inspect (call: Call) code cursor =
        let found = Editor.inspect (started ()) code cursor |> Option.toList
        reply call "inspect_reply" (Protocol.inspection (found |> List.map (fun text -> "text/plain", text)))

    let isComplete (call: Call) code =
        let status, indent =
            match Editor.completeness (started ()) code with
            | Complete -> "complete", None
            | Incomplete indent -> "incomplete", Some indent
            | Invalid -> "invalid", None

        let fields = ("status", Json.text status) :: (indent |> Option.map (fun i -> "indent", Json.text i) |> Option.toList)
        reply call "is_complete_reply" (Json.fields fields)

    let past (call: Call) range withOutput =
        let entries =
            match range with
            | Tail wanted -> history |> Seq.skip (max 0 (history.Count - wanted)) |> List.ofSeq
            | Range(start, stop) -> history |> Seq.filter (fun past -> past.Line >= start && past.Line < stop) |> List.ofSeq
            | Search(pattern, wanted) ->
                let fits past = Enumeration.FileSystemName.MatchesSimpleExpression(pattern, past.Code, false)
                history |> Seq.filter fits |> Seq.rev |> Seq.truncate wanted |> Seq.rev |> List.ofSeq

        reply call "history_reply" (Protocol.history withOutput entries)

    let refuse (call: Call) failure =
        reply call (call.Message.Kind.Replace("_request", "_reply")) (Protocol.failed failure)

    let interrupt () =
        running |> Option.iter (fun (_, interruption) -> interruption.Request())

    let shutDown (call: Call) restart =
        reply call "shutdown_reply" (Protocol.shutdown restart)
        interrupt ()
        ended.Set()

    /// Answers a request. What comes back are requests behind it whose cells are to be given up.
    let answer (call: Call) =
        let simply () = []

        match call.Request with
        | Execute request -> execute call request
        | KernelInfo -> reply call "kernel_info_reply" (Protocol.kernelInfo version) |> simply
        | Completion(code, cursor) -> complete call code cursor |> simply
        | Inspection(code, cursor) -> inspect call code cursor |> simply
        | CompletenessCheck code -> isComplete call code |> simply
        | History(range, withOutput) -> past call range withOutput |> simply
        | CommInfo -> reply call "comm_info_reply" (Protocol.noComms ()) |> simply
        | Shutdown restart -> shutDown call restart |> simply
        | Interrupt ->
            interrupt ()
            reply call "interrupt_reply" (Protocol.empty ()) |> simply
        | Malformed reason -> refuse call { Name = "MalformedRequest"; Value = reason; Traceback = [ reason ] } |> simply
        | Unknown _ -> []

    /// Answers a request between the states "busy" and "idle". No request ends the kernel by an exception, and none
    /// leaves its client waiting.
    let serve (call: Call) =
        let header = call.Message.Header
        outbox.AddFor(header, "status", Protocol.status "busy")

        let waiting =
            try
                answer call
            with problem ->
                log $"The kernel failed to answer {call.Message.Kind}: {problem}"
                refuse call (Diagnostics.thrown problem)
                []

        outbox.AddFor(header, "status", Protocol.status "idle")
        waiting

    /// Answers a request that waited behind a cell that failed: cells are given up, the rest is answered.
    let serveOrGiveUp (call: Call) =
        match call.Request with
        | Execute _ ->
            outbox.AddFor(call.Message.Header, "status", Protocol.status "busy")
            reply call "execute_reply" (Protocol.aborted ())
            outbox.AddFor(call.Message.Header, "status", Protocol.status "idle")
        | _ -> serve call |> ignore

    let serveShell () =
        let rec next () =
            match decode (shell.Receive CancellationToken.None) with
            | None -> ()
            | Some call ->
                outbox.Parent <- call.Message.Header
                serve call |> List.iter serveOrGiveUp

            next ()

        next ()

    let serveControl () =
        let rec next () =
            decode (control.Receive CancellationToken.None) |> Option.iter (serve >> ignore)
            next ()

        next ()

    /// Asks the running cell to end.
    member _.Interrupt() = interrupt ()

    /// Sends what still waits; for the end of the process.
    member _.Flush() =
        settle 2000
        publisher.Linger 2000
        [ shell; control ] |> List.iter _.Linger(1000)

    /// Serves until a client asks for the end.
    member this.Run() =
        Stage.set stage
        connectConsole ()
        outbox.Add("status", Protocol.status "starting")
        Thread(serveControl, IsBackground = true, Name = "kernel: control").Start()
        Thread(serveShell, 64 * 1024 * 1024, IsBackground = true, Name = "kernel: shell").Start()
        ended.Wait()
