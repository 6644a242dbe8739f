namespace BoxTeacher.Workbench

open System
open System.Diagnostics
open System.Runtime.InteropServices
open System.Threading

/// Ctrl-C and SIGTERM as a wish to stop in good order; the same again ends the process. Disposing it lets signals do what they
/// did before.
type internal StopSignals(stop: CancellationTokenSource) =

    // A signal to a whole process group comes twice at once: the host of a script passes its own on.
    let echo = TimeSpan.FromSeconds 1.0
    let gate = obj ()
    let mutable first = None

    let hear (context: PosixSignalContext) =
        lock gate (fun () ->
            match first with
            | None ->
                first <- Some(Stopwatch.GetTimestamp())
                context.Cancel <- true
                stop.Cancel()
                eprintfn "stopping after the step or evaluation in progress; once more ends at once"
            | Some since when Stopwatch.GetElapsedTime since < echo -> context.Cancel <- true
            | Some _ -> ())

    let registrations = [ for signal in [ PosixSignal.SIGINT; PosixSignal.SIGTERM ] -> PosixSignalRegistration.Create(signal, hear) ]

    interface IDisposable with
        member _.Dispose() = registrations |> List.iter _.Dispose()
