namespace BoxTeacher.Workbench

open System
open System.IO
open System.Threading
open Plotly.NET
open Plotly.NET.LayoutObjects
open BoxTeacher.Files
open BoxTeacher.Training

/// The learning rate range test of a recipe (Smith 2017, section 3.3).
[<RequireQualifiedAccess>]
module LearningRate =

    let private shown (rate: float) = $"%.2g{rate}"

    /// Trains a little at rising rates, with the recipe's data below a root; Ctrl-C ends it early. Nothing is written.
    let private test (recipe: Recipe) dataRoot (range: RateRange) (listen: TrainingEvent -> unit) (stop: CancellationTokenSource) =
        range.Check()
        recipe.Device.Open() |> ignore
        use _ = new StopSignals(stop)
        let data = Recipe.data dataRoot recipe
        use method = recipe.BuildMethod(data.Training.Categories.Count, dataRoot)
        LearningRateFinder.Run(recipe, method, data, range, Action<TrainingEvent> listen, stop.Token)

    /// The losses of a few steps at rising rates, with the recipe's data below a root. Ctrl-C or Interrupt ends it early; nothing is
    /// written. Raises RecipeException for a range that is none.
    let find (recipe: Recipe) dataRoot (range: RateRange) =
        use stop = new CancellationTokenSource()
        test recipe dataRoot range ignore stop

    /// The rates that a test suggests.
    let suggestions (curve: RateCurve) =
        [ "where the loss falls steepest", curve.Steepest; "a tenth of that with the lowest loss", curve.TenthOfLowest ]
        |> List.choose (fun (name, rate) -> Option.ofNullable rate |> Option.map (fun rate -> name, rate))

    let private named (recipe: Recipe) (curve: RateCurve) =
        suggestions curve @ [ "of the recipe", recipe.Solver.Optimizer.LearningRate ]

    /// The suggestions beside the recipe's own rate.
    let table (recipe: Recipe) (curve: RateCurve) =
        named recipe curve
        |> Table.ofRows $"{recipe.Name}: {curve.Points.Count} steps" [ Column.text "learning rate" fst; Column.text "value" (snd >> shown) ]

    /// Losses over rates, with the suggestions and, where the test came to it, the recipe's own rate.
    let chart (recipe: Recipe) (curve: RateCurve) =
        let rates = [ for point in curve.Points -> point.LearningRate ]
        let smoothedAt rate = (curve.Points |> Seq.minBy (fun point -> abs (log (point.LearningRate / rate)))).Smoothed

        let line index name value =
            Chart.Line(x = rates, y = [ for point in curve.Points -> value point ], Name = name, Line = ChartStyle.line index)

        let marked =
            [ for index, (name, rate) in List.indexed (named recipe curve) do
                  if rate >= List.min rates && rate <= List.max rates then
                      let name = $"{shown rate}, {name}"
                      name, Chart.Point(x = [ rate ], y = [ smoothedAt rate ], Name = name, Marker = ChartStyle.points (index + 2)) ]

        line 6 "loss" _.Loss :: line 0 "smoothed loss" _.Smoothed :: List.map snd marked
        |> Chart.combine
        |> Chart.withXAxis (LinearAxis.init (AxisType = StyleParam.AxisType.Log, ExponentFormat = StyleParam.ExponentFormat.Power))
        |> ChartStyle.titled
            (ChartStyle.label $"{recipe.Name}, {curve.Points.Count} steps" + "<br>" + ChartStyle.label recipe.Dataset.TrainAnnotations)
            "learning rate"
            "loss"
        |> ChartStyle.apply ChartStyle.plotHeight ("loss" :: "smoothed loss" :: List.map fst marked)

    /// As `boxteacher lr` does it: shows its progress and the table, writes the chart as a page and, where a browser is, as a picture
    /// beside it. Tells whether it went to its end.
    [<CompiledName "Show">]
    let show (recipe: Recipe) dataRoot (range: RateRange) (page: string) =
        use stop = new CancellationTokenSource()
        let run, history = SingleRun.planned recipe range.Steps, RunHistory()
        let mutable curve = Unchecked.defaultof<RateCurve>

        ProgressDisplay.automatic().Show([ run ], fun listener ->
            let listen (happened: TrainingEvent) =
                history.Add happened
                listener.Progressed(run, happened)

            listener.Started run
            curve <- test recipe dataRoot range listen stop
            let stopped = stop.IsCancellationRequested
            listener.Ended(run, (if stopped then RunEnd.Stopped curve.Points.Count else RunEnd.Trained(history.Result run))))

        if curve.Points.Count > 1 then
            let chart = chart recipe curve
            AtomicFile.WriteText(page, ChartHtml.page $"{recipe.Name}: learning rates" [ chart ])
            Terminal.print (table recipe curve)
            printfn $"{page}"
            let picture: string = nonNull (Path.ChangeExtension(page, ".png"))
            ChartPng.tryRender chart |> Option.iter (fun png -> AtomicFile.Write(picture, ReadOnlyMemory<byte> png))

        not stop.IsCancellationRequested
