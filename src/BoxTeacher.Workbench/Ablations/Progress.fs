namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Globalization
open System.IO
open System.Threading
open BoxTeacher.Structures
open BoxTeacher.Training
open Spectre.Console

/// Shows a matrix at work.
type IProgressDisplay =
    /// Shows the runs while the work goes on; returns when it does.
    abstract Show: runs: PlannedRun list * work: (IMatrixListener -> unit) -> unit

module internal Words =

    // What could not be measured is a dash.
    let private shown (metric: BoxTeacher.Evaluation.Metric) =
        if Double.IsFinite metric.Value then $"{metric.Name} %.1f{100.0 * metric.Value}" else $"{metric.Name} -"

    /// A metric that stands for an evaluation: the first one.
    let metric (evaluated: Evaluated) = shown evaluated.Metrics[0]

    // A step that waits for its images longer than this share of its time could be faster.
    let private starving = 0.05

    let figures (state: RunState) =
        [ match state.Step with
          | Some step ->
              $"loss %.3f{step.Total}"

              if step.DataShare >= starving then
                  $"waits for data %.0f{100.0 * step.DataShare}%%"
          | None -> ()
          match state.Evaluation with
          | Some evaluated -> metric evaluated
          | None -> () ]
        |> String.concat "  "

    /// The learning rate and each loss of the latest step.
    let details (state: RunState) =
        match state.Step with
        | Some step ->
            let short (name: string) = name.Replace("loss_", "").Replace("fcos_", "")
            let losses = [ for loss in step.Losses -> $"{short loss.Key} %.3f{loss.Value}" ]
            $"""  lr %.3g{step.LearningRate} ({String.Join(' ', losses)})"""
        | None -> ""

    let evaluation (evaluated: Evaluated) =
        let values = [ for metric in evaluated.Metrics -> shown metric ]
        $"""{string(evaluated.Network).ToLowerInvariant()} after {CellText.Counted evaluated.Iteration "iteration"}: {String.Join(", ", values)}"""

    let ended (run: PlannedRun) how =
        match how with
        | RunEnd.Trained result -> $"{run.Label}: done in {CellText.Duration(TimeSpan.FromSeconds result.Seconds)} of training"
        | RunEnd.Cached _ -> $"{run.Label}: finished before"
        | RunEnd.Elsewhere _ -> $"{run.Label}: finished by another process"
        | RunEnd.Lost -> $"{run.Label}: taken over by another process"
        | RunEnd.Stopped iteration -> $"{run.Label}: stopped after {iteration} of {run.Iterations} iterations, checkpoint written"
        | RunEnd.Waiting -> $"{run.Label}: not begun"
        | RunEnd.Failed error -> $"{run.Label}: failed: {error.Message}"

    /// The runs of others, shortened to a line.
    let others (runs: (PlannedRun * string) list) =
        let shown = [ for run, holder in List.truncate 3 runs -> $"{run.Label} ({holder})" ]
        String.Join("; ", shown @ [ if runs.Length > shown.Length then $"{runs.Length - shown.Length} more" ])

/// Progress as lines of text, for output that goes to a file or a log: one when a run begins, is evaluated or ends, and one for each
/// running run every so often. A run by itself tells each of its losses. Of the runs of other processes it says at most once a minute which
/// it waits for. Where several processes have one log, the first of them alone tells what was finished before.
type PlainProgress(writer: TextWriter, every: TimeSpan, ?isFirst: bool) =

    let betweenWaits = TimeSpan.FromMinutes 1.0

    interface IProgressDisplay with
        member _.Show(runs, work) =
            let clock = Stopwatch.StartNew()
            let running = ConcurrentDictionary<string, PlannedRun * RunState>()
            let gate = obj ()
            let mutable waited: (string * TimeSpan) option = None

            let write (text: string) =
                lock gate (fun () ->
                    writer.WriteLine $"[{int clock.Elapsed.TotalMinutes:D2}:{clock.Elapsed.Seconds:D2}] {text}"
                    writer.Flush())

            let line (run: PlannedRun, state) =
                let left =
                    if state.Iteration >= run.Iterations then
                        if state.Evaluation |> Option.exists (fun last -> last.Iteration >= run.Iterations) then "" else ", finishing"
                    else
                        match RunState.timeLeft clock.Elapsed run.Iterations state with
                        | Some left -> $", {CellText.Duration left} left"
                        | None -> ""

                let figures = match Words.figures state with "" -> "" | text -> "  " + text
                let details = match runs with [ _ ] -> Words.details state | _ -> ""
                $"{run.Label}: {state.Iteration}/{run.Iterations}{figures}{details}{left}"

            let listener =
                { new IMatrixListener with
                    member _.Started run =
                        running[run.Key] <- (run, RunState.start)
                        write $"""{run.Label}: {CellText.Counted run.Iterations "iteration"}"""

                    member _.Progressed(run, happened) =
                        match running.TryGetValue run.Key with
                        | true, (_, state) -> running[run.Key] <- (run, RunState.after clock.Elapsed happened state)
                        | false, _ -> ()

                        match happened with
                        | :? Resumed -> write $"""{run.Label}: goes on after {CellText.Counted happened.Iteration "iteration"}"""
                        | :? Evaluated as evaluated -> write $"{run.Label}: {Words.evaluation evaluated}"
                        | :? StepFinished when happened.Iteration = run.Iterations -> write (line running[run.Key])
                        | _ -> ()

                    member _.Ended(run, how) =
                        running.TryRemove run.Key |> ignore

                        match how with
                        // Who finished it has said so.
                        | RunEnd.Elsewhere _ -> ()
                        | RunEnd.Cached _ when isFirst = Some false -> ()
                        | _ -> write (Words.ended run how)

                    member _.Waits others =
                        let text = Words.others others

                        match waited with
                        | Some(before, at) when before = text || clock.Elapsed - at < betweenWaits -> ()
                        | _ ->
                            waited <- Some(text, clock.Elapsed)
                            write $"process {Environment.ProcessId} waits for {text}" }

            let tell _ = running.Values |> Seq.sortBy (fun (run, _) -> run.Label) |> Seq.iter (line >> write)
            use _ = new Timer(TimerCallback tell, null, every, every)

            work listener

/// Progress bars with the time left, redrawn in place; for a terminal. Below the bar of a run by itself stands its last evaluation.
type LiveProgress(console: IAnsiConsole) =

    interface IProgressDisplay with
        member _.Show(runs, work) =
            let columns: ProgressColumn array =
                [| SpinnerColumn()
                   TaskDescriptionColumn(Alignment = Justify.Left)
                   ProgressBarColumn()
                   PercentageColumn()
                   RemainingTimeColumn() |]

            let states = ConcurrentDictionary<string, RunState>()
            let progress = Progress(console, AutoClear = false, HideCompleted = false)

            progress
                .Columns(columns)
                .Start(fun context ->
                    let tasks =
                        runs
                        |> List.distinctBy _.Key
                        |> List.map (fun run -> run.Key, context.AddTask(Markup.Escape run.Label, false, float run.Iterations))
                        |> dict

                    let listener =
                        { new IMatrixListener with
                            member _.Started run = if not tasks[run.Key].IsStarted then tasks[run.Key].StartTask()

                            member _.Progressed(run, happened) =
                                // The bar reckons the time left by itself.
                                let next = RunState.after TimeSpan.Zero happened
                                let state = states.AddOrUpdate(run.Key, (fun _ -> next RunState.start), (fun _ state -> next state))
                                let task = tasks[run.Key]
                                task.Description <- Markup.Escape $"{run.Label}  {Words.figures state}"
                                task.Value <- float state.Iteration

                            member _.Ended(run, how) =
                                let task = tasks[run.Key]

                                match how with
                                | RunEnd.Trained _
                                | RunEnd.Cached _
                                | RunEnd.Elsewhere _ -> task.Value <- float run.Iterations
                                | _ -> ()

                                task.Description <- Markup.Escape(Words.ended run how)
                                match how with RunEnd.Lost -> () | _ -> task.StopTask()

                            member _.Waits others =
                                for run, holder in others do
                                    tasks[run.Key].Description <- Markup.Escape $"{run.Label}: in {holder}" }

                    work listener)

            match runs, [ for state in states.Values do yield! Option.toList state.Evaluation ] with
            | [ run ], [ last ] -> console.WriteLine $"{run.Label}: {Words.evaluation last}"
            | _ -> ()

/// No progress at all.
type SilentProgress() =
    interface IProgressDisplay with
        member _.Show(_, work) =
            work
                { new IMatrixListener with
                    member _.Started _ = ()
                    member _.Progressed(_, _) = ()
                    member _.Ended(_, _) = ()
                    member _.Waits _ = () }

/// The display that suits where the output goes.
[<RequireQualifiedAccess>]
module ProgressDisplay =

    /// Bars in a terminal, else a line for each running run every five seconds.
    let automatic () : IProgressDisplay =
        let console = Terminal.console ()

        if console.Profile.Capabilities.Ansi && console.Profile.Capabilities.Interactive then
            LiveProgress console
        else
            PlainProgress(Console.Out, TimeSpan.FromSeconds 5.0, Peers.own.Value.Rank = 0)
