namespace BoxTeacher.Kernel

// ControlledExecution carries SYSLIB0046: an abort may leave shared state half changed. It is the only way to stop a
// loop that asks nobody, and what a notebook's user wants when asking for it.
#nowarn "44"

open System
open System.Runtime
open System.Threading

/// How a piece of work ended.
type internal Outcome<'T> =
    | Completed of 'T
    | Interrupted

/// The interruption of one running cell, in steps. First a token is cancelled: a computation that has read it gets time
/// to end between two steps, and its cell then ends like any other, with its value. Who does not is stopped: the thread
/// is aborted and woken from waits. A second request skips the first step.
type internal Interruption() =
    // For computations that watch the token: one step of training has to fit in.
    let courtesy = TimeSpan.FromSeconds 30.0
    let wake = TimeSpan.FromMilliseconds 150.0
    let gate = obj ()
    let polite = new CancellationTokenSource()
    let compiler = new CancellationTokenSource()
    let force = new CancellationTokenSource()
    let ended = new ManualResetEventSlim()
    let mutable watched = false
    let mutable requests = 0
    let mutable running: Thread option = None

    let wakeUp () =
        lock gate (fun () -> running |> Option.iter _.Interrupt())

    let start name (body: unit -> unit) =
        Thread(body, IsBackground = true, Name = "kernel: " + name).Start()

    let escalate () =
        // A compiler at work is better cancelled, and a wait better ended by its own exception, than aborted.
        compiler.Cancel()
        wakeUp ()

        if not (ended.Wait wake) then
            // Cancelling waits until the abort has been delivered, hence a thread of its own.
            start "abort" force.Cancel

            // An aborted thread that waits in an exception handler has to be woken once more.
            let rec wakeRepeatedly times =
                if times > 0 && not (ended.Wait(TimeSpan.FromSeconds 1.0)) then
                    wakeUp ()
                    wakeRepeatedly (times - 1)

            wakeRepeatedly 10

    let insist () =
        polite.Cancel()
        Async.CancelDefaultToken()

        if not (watched && ended.Wait courtesy) then
            escalate ()

    /// The token for what cannot end half-way in a useful state: the compiler, a question to the user.
    member _.CompilerToken = compiler.Token

    /// The token for computations. Reading it asks for the time to end by oneself.
    member _.Token =
        watched <- true
        polite.Token

    /// Whether an interruption has been asked for.
    member _.IsRequested = polite.IsCancellationRequested

    /// Asks the cell to end; returns at once.
    member _.Request() =
        match Interlocked.Increment &requests with
        | 1 -> start "interrupt" insist
        | _ -> start "interrupt" escalate

    /// Runs work on this thread until it completes, throws, or is interrupted.
    member this.Run(work: unit -> 'T) : Outcome<'T> =
        let mutable result = Unchecked.defaultof<'T>
        running <- Some Thread.CurrentThread

        try
            try
                ControlledExecution.Run((fun () -> result <- work ()), force.Token)
                Completed result
            with
            | :? OperationCanceledException
            | :? ThreadInterruptedException when this.IsRequested -> Interrupted
        finally
            lock gate (fun () -> running <- None)
            ended.Set()

            // A wake-up that came too late must not hit the next wait of this thread.
            if this.IsRequested then
                try
                    Thread.Sleep 1
                with :? ThreadInterruptedException ->
                    ()
