namespace BoxTeacher.Kernel

open System
open System.Collections.Generic
open System.IO
open System.Net.Sockets
open System.Threading

/// Messages on their way to one peer, bounded by their bytes. A sender waits while the queue is full, but no longer
/// than `patience`: a peer that has stopped reading must not stop the kernel.
type internal SendQueue(limit: int64, patience: TimeSpan) =
    let gate = obj ()
    let waiting = Queue<Frames>()
    let mutable size = 0L
    let mutable closed = false

    let bytesOf (message: Frames) = message |> List.sumBy _.LongLength

    /// Adds a message. False: the queue is closed, or stayed full for too long.
    member _.Offer(message: Frames) =
        let length = bytesOf message
        let deadline = Environment.TickCount64 + int64 patience.TotalMilliseconds

        lock gate (fun () ->
            let full () = not closed && size > 0L && size + length > limit
            let left () = deadline - Environment.TickCount64

            while full () && left () > 0L do
                Monitor.Wait(gate, int (left ()) |> max 1) |> ignore

            if closed || full () then
                false
            else
                waiting.Enqueue message
                size <- size + length
                Monitor.PulseAll gate
                true)

    /// The oldest message, waited for; None once the queue is closed and empty.
    member _.Take() =
        lock gate (fun () ->
            while waiting.Count = 0 && not closed do
                Monitor.Wait gate |> ignore

            if waiting.Count = 0 then
                None
            else
                let message = waiting.Dequeue()
                size <- size - bytesOf message
                Monitor.PulseAll gate
                Some message)

    /// True once nothing waits any more, false when that takes longer than the given time.
    member _.WaitEmpty(milliseconds: int) =
        let deadline = Environment.TickCount64 + int64 milliseconds

        lock gate (fun () ->
            while waiting.Count > 0 && not closed && Environment.TickCount64 < deadline do
                Monitor.Wait(gate, 10) |> ignore

            waiting.Count = 0)

    member _.Close() =
        lock gate (fun () ->
            closed <- true
            Monitor.PulseAll gate)

/// One connected client of a socket. Its own thread writes, so that a slow client costs the others nothing.
type internal Peer(client: TcpClient, stream: Stream, identity: byte[]) =
    let queue = SendQueue(64L * 1024L * 1024L, TimeSpan.FromSeconds 10.0)

    let close () =
        queue.Close()
        client.Dispose()

    let rec write () =
        match queue.Take() with
        | Some message ->
            Zmtp.writeMessage stream message
            stream.Flush()
            write ()
        | None -> ()

    do
        let body () =
            try
                write ()
            with _ ->
                // Whatever a connection that has ended says, and closed streams say several things: this client alone is lost.
                close ()

        Thread(body, IsBackground = true, Name = "kernel: peer writer").Start()

    /// The name that the client gave to its socket; the same on its shell and its stdin socket.
    member _.Identity = identity

    /// Queues a message; a client that takes none of its messages for ten seconds is dropped.
    member _.Send(message: Frames) =
        if not (queue.Offer message) then
            close ()

    /// Waits until what was sent has been written, at most the given time.
    member _.Linger(milliseconds: int) = queue.WaitEmpty milliseconds |> ignore

    member _.Close() = close ()
