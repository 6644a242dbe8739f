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

    let figures (progress: RunProgress) =
        [ match progress.Loss with
          | Some loss -> $"loss {loss:F3}"
          | None -> ()
          match progress.Metric with
          | Some(name, value) -> $"{name} {value:F1}"
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
            let running = ConcurrentDictionary<string, PlannedRun * TimeSpan * int option * RunProgress>()
            let gate = obj ()

            let write (text: string) =
                lock gate (fun () ->
                    writer.WriteLine $"[{int clock.Elapsed.TotalMinutes:D2}:{clock.Elapsed.Seconds:D2}] {text}"
                    writer.Flush())

            let line (run: PlannedRun, began: TimeSpan, first: int option, progress: RunProgress) =
                let left =
                    match first with
                    | _ when progress.Iteration >= run.Iterations -> ", evaluating"
                    // A resumed run's pace counts from where it went on.
                    | Some first when progress.Iteration > first ->
                        let pace = (clock.Elapsed - began) / float (progress.Iteration - first)
                        let left = pace * float (run.Iterations - progress.Iteration)
                        $", {CellText.Duration left} left"
                    | _ -> ""

                let figures = match Words.figures progress with "" -> "" | text -> "  " + text
                $"{run.Label}: {progress.Iteration}/{run.Iterations}{figures}{left}"

            let listener =
                { new IMatrixListener with
                    member _.Started run =
                        running[run.Key] <- (run, clock.Elapsed, None, { Iteration = 0; Loss = None; Metric = None })
                        write $"{run.Label}: {run.Iterations} iterations"

                    member _.Progressed(run, progress) =
                        match running.TryGetValue run.Key with
                        | true, (_, _, None, _) -> running[run.Key] <- (run, clock.Elapsed, Some progress.Iteration, progress)
                        | true, (_, began, first, last) ->
                            running[run.Key] <- (run, began, first, { progress with Metric = progress.Metric |> Option.orElse last.Metric; Loss = progress.Loss |> Option.orElse last.Loss })
                        | false, _ -> ()

                    member _.Ended(run, how) =
                        running.TryRemove run.Key |> ignore
                        write (Words.ended run how) }

            use _ =
                new Timer(TimerCallback(fun _ -> running.Values |> Seq.sortBy (fun (run, _, _, _) -> run.Label) |> Seq.iter (line >> write)), null, every, every)

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

                    let latest = ConcurrentDictionary<string, RunProgress>()

                    let listener =
                        { new IMatrixListener with
                            member _.Started run = tasks[run.Key].StartTask()

                            member _.Progressed(run, progress) =
                                let known =
                                    latest.AddOrUpdate(
                                        run.Key,
                                        progress,
                                        fun _ last ->
                                            { progress with
                                                Metric = progress.Metric |> Option.orElse last.Metric
                                                Loss = progress.Loss |> Option.orElse last.Loss }
                                    )

                                let task = tasks[run.Key]
                                task.Description <- Markup.Escape $"{run.Label}  {Words.figures known}"
                                task.Value <- float progress.Iteration

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
