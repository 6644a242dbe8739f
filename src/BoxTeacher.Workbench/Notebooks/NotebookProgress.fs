namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics
open System.Threading
open BoxTeacher.Structures
open BoxTeacher.Training
open Microsoft.AspNetCore.Html

/// What is shown of a run: how far it is, the losses of its steps by iteration, and its end.
type private RunView =
    { State: RunState
      Losses: List<int * float>
      End: RunEnd option
      /// The process that has the run; None: this one, or none.
      Elsewhere: string option }

/// Progress in a notebook's output: a bar, figures and the time left for each run, and the loss curves so far, redrawn in place
/// at most once in an interval, and in a three-hundredth of the time so far. show puts a value on the page and returns what replaces it.
type NotebookProgress(show: obj -> (obj -> unit), interval: TimeSpan) =

    static let escape = BoxTeacher.Properties.Html.escape

    // A short drawn curve is as telling as one of every step, and is drawn five times a second.
    static let drawnPoints = 120

    static let row clock (run: PlannedRun) (view: RunView option) =
        let state = match view with Some view -> view.State | None -> RunState.start

        let iteration, remark =
            match view |> Option.bind _.End with
            | Some(RunEnd.Trained result) -> run.Iterations, "done in " + CellText.Duration(TimeSpan.FromSeconds result.Seconds)
            | Some(RunEnd.Cached _) -> run.Iterations, "finished before"
            | Some(RunEnd.Elsewhere _) -> run.Iterations, "finished by another process"
            | Some RunEnd.Lost -> state.Iteration, "taken over by another process"
            | Some(RunEnd.Stopped iteration) -> iteration, "stopped, with a checkpoint"
            | Some RunEnd.Waiting -> 0, "not begun"
            | Some(RunEnd.Failed error) -> state.Iteration, "failed: " + error.Message
            | None when view.IsNone -> 0, "waiting"
            | None when view.Value.Elsewhere.IsSome -> 0, $"in {view.Value.Elsewhere.Value}"
            | None when state.Iteration >= run.Iterations -> state.Iteration, "evaluating"
            | None ->
                match RunState.timeLeft clock run.Iterations state with
                | Some left -> state.Iteration, CellText.Duration left + " left"
                | None -> state.Iteration, "starting"

        let share = 100.0 * float iteration / float run.Iterations
        let number (format: string) (value: float) = value.ToString(format, Globalization.CultureInfo.InvariantCulture)
        let loss = state.Step |> Option.map (fun step -> number "F3" step.Total) |> Option.defaultValue ""
        let metric = state.Evaluation |> Option.map Words.metric |> Option.defaultValue ""

        $"""<tr><td style="text-align:left">{escape run.Label}</td><td><div style="width:160px;height:9px;border-radius:4px;background:#d8dee4"><div style="width:%.0f{share}%%;height:9px;border-radius:4px;background:#0072b2"></div></div></td><td>{iteration}/{run.Iterations}</td><td>{loss}</td><td>{metric}</td><td style="text-align:left">{escape remark}</td></tr>"""

    static let chart (runs: (PlannedRun * RunView) list) =
        AblationCharts.lossesOfRuns drawnPoints [ for run, view in runs -> run.Label, lock view.Losses (fun () -> List.ofSeq view.Losses) ]

    interface IProgressDisplay with
        member _.Show(runs, work) =
            let clock = Stopwatch.StartNew()
            let runs = runs |> List.distinctBy _.Key
            let views = ConcurrentDictionary<string, RunView>()
            let changed = ref true

            let change (run: PlannedRun) update =
                let first _ = update { State = RunState.start; Losses = List(); End = None; Elsewhere = None }
                views.AddOrUpdate(run.Key, first, (fun _ view -> update view)) |> ignore
                Volatile.Write(&changed.contents, true)

            let known (run: PlannedRun) = match views.TryGetValue run.Key with | true, view -> Some view | _ -> None
            let curves () = chart [ for run in runs do match known run with Some view -> run, view | None -> () ]

            // A picture of a chart takes longer than a step: only what stays has one.
            let page isLast =
                let rows = runs |> List.map (fun run -> row clock.Elapsed run (known run)) |> String.concat "\n"

                let curves =
                    match curves () with
                    | Some chart when not (NotebookFormatters.chartsArePictures ()) ->
                        NotebookFormatters.chart (if isLast then ChartPng.tryRender chart else None) chart
                    | _ -> ""

                HtmlString $"<div><table><thead><tr><th style=\"text-align:left\">run</th><th></th><th>iteration</th><th>loss</th><th></th><th></th></tr></thead><tbody>\n{rows}\n</tbody></table>{curves}</div>"

            let update = show (page false)

            let listener =
                { new IMatrixListener with
                    member _.Started run = change run (fun view -> { view with End = None; Elsewhere = None })

                    member _.Progressed(run, happened) =
                        change run (fun view ->
                            let steps =
                                match happened with
                                | :? Resumed as resumed -> System.Linq.Enumerable.OfType<StepFinished> resumed.History
                                | :? StepFinished as step -> [ step ]
                                | _ -> []

                            lock view.Losses (fun () -> for step in steps do view.Losses.Add((step.Iteration, step.Total)))
                            { view with State = RunState.after clock.Elapsed happened view.State })

                    member _.Ended(run, how) = change run (fun view -> { view with End = Some how })
                    member _.Waits others = for run, holder in others do change run (fun view -> { view with Elsewhere = Some holder }) }

            use stop = new ManualResetEventSlim()

            let redraw () =
                // The kernel keeps all that a cell has shown until it ends: what takes long is drawn less often.
                while not (stop.Wait(max interval (clock.Elapsed / 300.0))) do
                    if Interlocked.Exchange(&changed.contents, false) then
                        // A page that cannot be drawn is no reason to end a training.
                        try
                            update (page false)
                        with _ ->
                            ()

            // A thread of its own: the pool may be busy with loading, and drawing must not hold up a training step.
            let painter = Thread(redraw, IsBackground = true, Name = "notebook progress")
            painter.Start()

            try
                work listener
            finally
                stop.Set()
                painter.Join()
                update (page false)
                update (page true)

                if NotebookFormatters.chartsArePictures () then
                    curves () |> Option.iter (fun chart -> show (chart :> obj) |> ignore)
