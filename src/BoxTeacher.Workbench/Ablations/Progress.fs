namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Globalization
open System.IO
open System.Threading
open Spectre.Console

/// Shows a matrix at work.
type IProgressDisplay =
    /// Shows the runs while the work goes on; returns when it does.
    abstract Show: runs: PlannedRun list * work: (IMatrixListener -> unit) -> unit

module private Words =

    let figures (state: RunState) =
        [ match state.Loss with
          | Some loss -> $"loss %.3f{loss}"
          | None -> ()
          match state.Metric with
          | Some(name, value) -> $"{name} %.1f{value}"
          | None -> () ]
        |> String.concat "  "

    let ended (run: PlannedRun) how =
        match how with
        | RunEnd.Trained result -> $"{run.Label}: done in {CellText.Duration(TimeSpan.FromSeconds result.Seconds)}"
        | RunEnd.Cached _ -> $"{run.Label}: finished before"
        | RunEnd.Stopped iteration -> $"{run.Label}: stopped after {iteration} of {run.Iterations} iterations, checkpoint written"
        | RunEnd.Waiting -> $"{run.Label}: not begun"
        | RunEnd.Failed error -> $"{run.Label}: failed: {error.Message}"

/// Progress as lines of text, for output that goes to a file or a log: one when a run begins or ends, and one for each running
/// run every so often.
type PlainProgress(writer: TextWriter, every: TimeSpan) =

    interface IProgressDisplay with
        member _.Show(_, work) =
            let clock = Stopwatch.StartNew()
            let running = ConcurrentDictionary<string, PlannedRun * RunState>()
            let gate = obj ()

            let write (text: string) =
                lock gate (fun () ->
                    writer.WriteLine $"[{int clock.Elapsed.TotalMinutes:D2}:{clock.Elapsed.Seconds:D2}] {text}"
                    writer.Flush())

            let line (run: PlannedRun, state) =
                let left =
                    if state.Iteration >= run.Iterations then
                        ", evaluating"
                    else
                        match RunState.timeLeft clock.Elapsed run.Iterations state with
                        | Some left -> $", {CellText.Duration left} left"
                        | None -> ""

                let figures = match Words.figures state with "" -> "" | text -> "  " + text
                $"{run.Label}: {state.Iteration}/{run.Iterations}{figures}{left}"

            let listener =
                { new IMatrixListener with
                    member _.Started run =
                        running[run.Key] <- (run, RunState.start)
                        write $"{run.Label}: {run.Iterations} iterations"

                    member _.Progressed(run, progress) =
                        match running.TryGetValue run.Key with
                        | true, (_, state) -> running[run.Key] <- (run, RunState.after clock.Elapsed progress state)
                        | false, _ -> ()

                        match progress with
                        | RunProgress.Resumed(iteration, _) -> write $"{run.Label}: goes on after {iteration} iterations"
                        | _ -> ()

                    member _.Ended(run, how) =
                        running.TryRemove run.Key |> ignore
                        write (Words.ended run how) }

            use _ =
                new Timer(TimerCallback(fun _ -> running.Values |> Seq.sortBy (fun (run, _) -> run.Label) |> Seq.iter (line >> write)), null, every, every)

            work listener

/// Progress bars with the time left, redrawn in place; for a terminal.
type LiveProgress(console: IAnsiConsole) =

    interface IProgressDisplay with
        member _.Show(runs, work) =
            let columns: ProgressColumn array =
                [| SpinnerColumn(); TaskDescriptionColumn(Alignment = Justify.Left); ProgressBarColumn(); PercentageColumn(); RemainingTimeColumn() |]

            let progress = Progress(console, AutoClear = false, HideCompleted = false)

            progress
                .Columns(columns)
                .Start(fun context ->
                    let tasks =
                        runs
                        |> List.distinctBy _.Key
                        |> List.map (fun run -> run.Key, context.AddTask(Markup.Escape run.Label, false, float run.Iterations))
                        |> dict

                    let states = ConcurrentDictionary<string, RunState>()

                    let listener =
                        { new IMatrixListener with
                            member _.Started run = tasks[run.Key].StartTask()

                            member _.Progressed(run, progress) =
                                // The bar reckons the time left by itself.
                                let next = RunState.after TimeSpan.Zero progress
                                let state = states.AddOrUpdate(run.Key, (fun _ -> next RunState.start), (fun _ state -> next state))
                                let task = tasks[run.Key]
                                task.Description <- Markup.Escape $"{run.Label}  {Words.figures state}"
                                task.Value <- float state.Iteration

                            member _.Ended(run, how) =
                                let task = tasks[run.Key]

                                match how with
                                | RunEnd.Trained _
                                | RunEnd.Cached _ -> task.Value <- float run.Iterations
                                | _ -> ()

                                task.Description <- Markup.Escape(Words.ended run how)
                                task.StopTask() }

                    work listener)

/// No progress at all.
type SilentProgress() =
    interface IProgressDisplay with
        member _.Show(_, work) =
            work
                { new IMatrixListener with
                    member _.Started _ = ()
                    member _.Progressed(_, _) = ()
                    member _.Ended(_, _) = () }

/// The display that suits where the output goes.
[<RequireQualifiedAccess>]
module ProgressDisplay =

    /// Bars in a terminal, else a line for each running run every five seconds.
    let automatic () : IProgressDisplay =
        let console = Terminal.console ()

        if console.Profile.Capabilities.Ansi && console.Profile.Capabilities.Interactive then
            LiveProgress console
        else
            PlainProgress(Console.Out, TimeSpan.FromSeconds 5.0)
