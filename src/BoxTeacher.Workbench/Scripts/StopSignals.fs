namespace BoxTeacher.Workbench

open System
open System.Diagnostics
open System.Runtime.InteropServices
open System.Threading

/// The wish to stop in good order: Ctrl-C, SIGTERM, SIGHUP of a terminal that is closed, and SIGUSR1, which launchers pass on without a
/// word and Slurm sends ahead of a job's end; of these the same again ends the process. In a notebook Jupyter's Interrupt, which comes as
/// SIGCONT. Disposing it lets signals do what they did before.
type StopSignals(stop: CancellationTokenSource) =

    // A signal to a whole process group comes twice at once: the host of a script passes its own on.
    let echo = TimeSpan.FromSeconds 1.0
    // .NET has no name for it, and takes the system's number.
    let userSignal = enum<PosixSignal> (if OperatingSystem.IsLinux() then 10 else 30)
    let gate = obj ()
    let mutable first = None
    let mutable isOver = false

    let signals, onceMore =
        if Notebook.isRunning () then
            [ PosixSignal.SIGCONT; PosixSignal.SIGTERM; PosixSignal.SIGHUP ], ""
        else
            [ PosixSignal.SIGINT; PosixSignal.SIGTERM; PosixSignal.SIGHUP; if not (OperatingSystem.IsWindows()) then userSignal ],
            "; once more ends at once"

    // What is printed belongs to the cell or script that waits here, and signals come on a thread of their own.
    let context = ExecutionContext.Capture() |> Option.ofObj
    let print (text: string) = eprintfn "%s" text
    let say text = match context with Some context -> ExecutionContext.Run(context, (fun _ -> print text), null) | None -> print text

    let hear (signal: PosixSignalContext) =
        lock gate (fun () ->
            match first with
            | _ when isOver -> ()
            | None ->
                first <- Some(Stopwatch.GetTimestamp())
                signal.Cancel <- true
                stop.Cancel()
                say $"stopping after the step or evaluation in progress{onceMore}"
            | Some since when Stopwatch.GetElapsedTime since < echo -> signal.Cancel <- true
            | Some _ -> ())

    // A run that SIGHUP stops has time for its checkpoint.
    do Terminal.outlive ()

    let registrations = [ for signal in signals -> PosixSignalRegistration.Create(signal, hear) ]

    interface IDisposable with
        member _.Dispose() =
            registrations |> List.iter _.Dispose()
            // One that has come already is heard before the source is disposed, or not at all.
            lock gate (fun () -> isOver <- true)
