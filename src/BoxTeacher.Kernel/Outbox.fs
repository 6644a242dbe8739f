namespace BoxTeacher.Kernel

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Json.Nodes
open System.Threading

/// Something on its way to all clients. The parent is the header of the request that caused it.
type internal Output =
    | Stream of name: string * text: string
    | Other of kind: string * content: JsonObject
    /// Set once everything before it has been handed to the clients.
    | Mark of ManualResetEventSlim

/// Collects what cells produce and publishes it in order on a thread of its own: printed text is gathered for 50 ms,
/// so that 200,000 lines are a few messages; everything else goes out at once.
type internal Outbox(publish: byte[] -> string -> JsonObject -> unit) =
    let gathering = 50
    // Characters and messages that may wait before a cell that produces more has to wait too.
    let textLimit = 4_000_000
    let countLimit = 200_000
    let gate = obj ()
    let waiting = Queue<struct (byte[] * Output)>()
    let mutable size = 0
    let mutable urgent = false
    let mutable parent: byte[] = [||]

    let isFull () = size > textLimit || waiting.Count > countLimit

    let add (header: byte[]) output =
        Critical.run (fun () ->
            lock gate (fun () ->
                waiting.Enqueue(struct (header, output))

                match output with
                | Stream(_, text) -> size <- size + text.Length
                | _ -> urgent <- true

                if urgent || waiting.Count = 1 || isFull () then
                    Monitor.PulseAll gate))

    let takeAll () =
        lock gate (fun () ->
            while waiting.Count = 0 do
                Monitor.Wait gate |> ignore

            let deadline = Environment.TickCount64 + int64 gathering

            while not urgent && not (isFull ()) && Environment.TickCount64 < deadline do
                Monitor.Wait(gate, int (deadline - Environment.TickCount64) |> max 1) |> ignore

            let batch = waiting.ToArray()
            waiting.Clear()
            size <- 0
            urgent <- false
            Monitor.PulseAll gate
            batch)

    /// A message that cannot be written is lost, and the ones behind it are not.
    let publishSafely header kind content =
        try
            publish header kind content
        with problem ->
            publish header "stream" (Protocol.stream "stderr" $"A message ({kind}) could not be sent: {problem.Message}\n")

    /// Neighbouring pieces of one stream become one message.
    let rec send (batch: ReadOnlyMemory<struct (byte[] * Output)>) =
        if not batch.IsEmpty then
            let struct (header, output) = batch.Span[0]

            match output with
            | Other(kind, content) ->
                publishSafely header kind content
                send (batch.Slice 1)
            | Mark reached ->
                reached.Set()
                send (batch.Slice 1)
            | Stream(name, _) ->
                let text = StringBuilder()

                let rec gather index =
                    if index < batch.Length then
                        match batch.Span[index] with
                        | struct (other, Stream(same, piece)) when same = name && obj.ReferenceEquals(other, header) ->
                            text.Append piece |> ignore
                            gather (index + 1)
                        | _ -> index
                    else
                        index

                let next = gather 0
                publishSafely header "stream" (Protocol.stream name (text.ToString()))
                send (batch.Slice next)

    let rec work () =
        send (ReadOnlyMemory(takeAll ()))
        work ()

    do Thread(work, IsBackground = true, Name = "kernel: outbox").Start()

    /// The header of the request that outputs belong to from now on.
    member _.Parent
        with get () = parent
        and set header = parent <- header

    /// Adds printed text; waits while too much is on its way already.
    member _.Write(name: string, text: string) =
        if text.Length > 0 then
            lock gate (fun () ->
                while isFull () do
                    Monitor.Wait gate |> ignore)

            add parent (Stream(name, text))

    /// Adds a message that belongs to the present request.
    member _.Add(kind: string, content: JsonObject) = add parent (Other(kind, content))

    /// Adds a message that belongs to the given request.
    member _.AddFor(header: byte[], kind: string, content: JsonObject) = add header (Other(kind, content))

    /// Waits until everything added before has been handed to the clients, at most the given time.
    member _.Drain(milliseconds: int) =
        use reached = new ManualResetEventSlim()
        add parent (Mark reached)
        reached.Wait milliseconds |> ignore

/// A console writer whose text goes to the clients.
type internal OutboxWriter(outbox: Outbox, name: string) =
    inherit TextWriter()
    override _.Encoding = Encoding.UTF8
    override _.Write(value: char) = outbox.Write(name, string value)
    override _.Write(value: string) = outbox.Write(name, value |> Option.ofObj |> Option.defaultValue "")
    override _.Write(buffer: char[], index: int, count: int) = outbox.Write(name, String(buffer, index, count))
    override _.Write(buffer: ReadOnlySpan<char>) = outbox.Write(name, String buffer)
    override this.WriteLine(value: string) = this.Write(value + "\n")
    override this.WriteLine() = this.Write "\n"
