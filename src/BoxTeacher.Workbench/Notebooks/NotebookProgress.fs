namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics
open System.Net
open System.Threading
open BoxTeacher.Charts
open Plotly.NET

/// What is known of a run while it trains.
type private RunState =
    { Began: TimeSpan
      /// The iteration that this call went on from.
      First: int option
      Latest: RunProgress
      Losses: List<int * float>
      End: RunEnd option }

/// Progress in a notebook's output: a bar, figures and the time left for each run, and the loss curves so far, redrawn in place
/// at most once in an interval. show puts a value on the page and returns what replaces it.
type NotebookProgress(show: obj -> (obj -> unit), interval: TimeSpan) =

    static let escape (text: string) = string (WebUtility.HtmlEncode text)

    // A short drawn curve is as telling as one of every step, and is drawn five times a second.
    static let drawnPoints = 120

    static let start began = { Began = began; First = None; Latest = { Iteration = 0; Loss = None; Metric = None }; Losses = List(); End = None }

    static let left (clock: TimeSpan) (run: PlannedRun) state =
        match state.End, state.First with
        | Some _, _ -> ""
        | None, _ when state.Latest.Iteration >= run.Iterations -> "evaluating"
        | None, Some first when state.Latest.Iteration > first ->
            let pace = (clock - state.Began) / float (state.Latest.Iteration - first)
            CellText.Duration(pace * float (run.Iterations - state.Latest.Iteration)) + " left"
        | None, _ -> "starting"

    static let row clock (run: PlannedRun) state =
        let state = state |> Option.defaultValue (start clock)

        let iteration, remark =
            match state.End with
            | Some(RunEnd.Trained result) -> run.Iterations, "done in " + CellText.Duration(TimeSpan.FromSeconds result.Seconds)
            | Some(RunEnd.Cached _) -> run.Iterations, "finished before"
            | Some(RunEnd.Stopped iteration) -> iteration, "stopped, with a checkpoint"
            | Some RunEnd.Waiting -> 0, "not begun"
            | Some(RunEnd.Failed error) -> state.Latest.Iteration, "failed: " + error.Message
            | None when state.First.IsNone -> 0, "waiting"
            | None -> state.Latest.Iteration, left clock run state

        let share = 100.0 * float iteration / float run.Iterations
        let number (format: string) (value: float) = value.ToString(format, Globalization.CultureInfo.InvariantCulture)
        let loss = state.Latest.Loss |> Option.map (number "F3") |> Option.defaultValue ""
        let metric = state.Latest.Metric |> Option.map (fun (name, value) -> name + " " + number "F1" value) |> Option.defaultValue ""

        $"""<tr><td style="text-align:left">{escape run.Label}</td><td><div style="width:160px;height:9px;border-radius:4px;background:#d8dee4"><div style="width:{share:F0}%%;height:9px;border-radius:4px;background:#0072b2"></div></div></td><td>{iteration}/{run.Iterations}</td><td>{loss}</td><td>{metric}</td><td style="text-align:left">{escape remark}</td></tr>"""

    static let chart (runs: (PlannedRun * RunState) list) =
        match AblationCharts.lossesOfRuns drawnPoints [ for run, state in runs -> run.Label, lock state.Losses (fun () -> List.ofSeq state.Losses) ] with
        | None -> ""
        | Some chart ->
            let picture = Svg.ofFigure Palette.Light (GenericChart.toFigureJson chart)
            $"<img alt=\"loss curves\" src=\"{Svg.toDataUri picture}\"/>"

    interface IProgressDisplay with
        member _.Show(runs, work) =
            let clock = Stopwatch.StartNew()
            let runs = runs |> List.distinctBy _.Key
            let states = ConcurrentDictionary<string, RunState>()
            let changed = ref true

            let change (run: PlannedRun) update =
                states.AddOrUpdate(run.Key, (fun _ -> update (start clock.Elapsed)), (fun _ state -> update state)) |> ignore
                Volatile.Write(&changed.contents, true)

            let page () =
                let known (run: PlannedRun) = match states.TryGetValue run.Key with | true, state -> Some state | _ -> None
                let rows = runs |> List.map (fun run -> row clock.Elapsed run (known run)) |> String.concat "\n"
                let curves = chart [ for run in runs do match known run with Some state -> run, state | None -> () ]
                HtmlText $"<div><table><thead><tr><th>run</th><th></th><th>iteration</th><th>loss</th><th></th><th></th></tr></thead><tbody>\n{rows}\n</tbody></table>{curves}</div>"

            let update = show (page ())

            let listener =
                { new IMatrixListener with
                    member _.Started run = change run id

                    member _.Progressed(run, progress) =
                        change run (fun state ->
                            progress.Loss |> Option.iter (fun loss -> lock state.Losses (fun () -> state.Losses.Add((progress.Iteration, loss))))

                            { state with
                                First = state.First |> Option.orElse (Some progress.Iteration)
                                Latest =
                                    { progress with
                                        Metric = progress.Metric |> Option.orElse state.Latest.Metric
                                        Loss = progress.Loss |> Option.orElse state.Latest.Loss } })

                    member _.Ended(run, how) = change run (fun state -> { state with End = Some how }) }

            use stop = new ManualResetEventSlim()

            let redraw () =
                while not (stop.Wait interval) do
                    if Interlocked.Exchange(&changed.contents, false) then
                        // A page that cannot be drawn is no reason to end a training.
                        try
                            update (page ())
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
                update (page ())
