namespace BoxTeacher.Workbench

open System
open System.IO
open System.Threading
open BoxTeacher.Processes
open BoxTeacher.Torch
open BoxTeacher.Training

/// One run of one recipe, as `boxteacher train` does it.
[<RequireQualifiedAccess>]
module SingleRun =

    /// The run of a recipe, of so many steps, as progress displays know it.
    let internal planned (recipe: Recipe) iterations =
        { Variant = recipe.Name
          Seed = recipe.Seed
          Key = recipe.Name
          Iterations = iterations
          Recipe = RecipeJson.Write recipe }

    let private trainAfter
        claim
        (processes: IProcessGroup)
        (hear: Action<TrainingEvent>)
        (recipe: Recipe)
        dataRoot
        (folder: RunFolder)
        (threads: Nullable<int>)
        =
        let warnings = recipe.Device.Open() |> recipe.Precision.Warnings

        for warning in (if processes.IsFirst() then warnings else Seq.empty) do
            eprintfn $"{recipe.Name}: {warning}"

        printfn $"{recipe.Name}: reading {Path.Combine(dataRoot, recipe.Dataset.TrainAnnotations)}"
        let data = Recipe.data dataRoot recipe
        let images, batch = data.Training.Images.Count, recipe.Budget.BatchSize

        if batch > images then
            eprintfn $"{recipe.Name}: a batch of {batch} has each of the {images} images more than once (budget.batchSize)"

        use stop = new CancellationTokenSource()
        use _ = new StopSignals(stop)
        use method = recipe.BuildMethod(data.Training.Categories.Count, dataRoot, loaded = fun report -> printfn "%O" report)
        TrainingRun.RefuseSharing(recipe, method, processes)
        // What is wrong with recipe, data or weights is known by now, and nothing of the folder has changed.
        use _ = if processes.IsFirst() then folder.Lock() else { new IDisposable with member _.Dispose() = () }

        let threads =
            if processes.IsFirst() then
                claim folder (recipe, data)
                folder.Threads(threads, Peers.own.Value.Cores, processes.Size)
            else
                0

        let threads = int (processes.SumOf(float threads))
        TorchRuntime.UseThreads threads
        printfn $"{RunSummary.line recipe method data processes.Size threads folder.Path}"
        let run, history = planned recipe recipe.Budget.Iterations, RunHistory()
        let mutable result, skipped = Unchecked.defaultof<TrainingResult>, 0

        ProgressDisplay.automatic().Show([ run ], fun listener ->
            let listen (happened: TrainingEvent) =
                history.Add happened
                hear.Invoke happened

                match happened with
                | :? StepFinished as step when not step.GradientNorm.HasValue -> skipped <- skipped + 1
                | _ -> ()

                listener.Progressed(run, happened)

            listener.Started run
            result <- TrainingRun(recipe, method, data, folder, processes).Run(Action<TrainingEvent> listen, stop.Token)
            listener.Ended(run, (if result.Finished then RunEnd.Trained(history.Result run) else RunEnd.Stopped result.Iteration)))

        if skipped > 0 then
            eprintfn $"{recipe.Name}: {skipped} steps taught nothing, their gradients being no numbers (precision.training)"

        result

    /// Trains to the end of the budget, from the newest checkpoint of the folder if there is one, and shows its progress. Ctrl-C,
    /// SIGTERM, SIGUSR1 and SIGHUP end it after the step or evaluation in progress, with a checkpoint. The processes take each step
    /// together and the first of them writes; ProcessGroups.One is this process alone. The listener is told what happens. threads are
    /// those of each tensor operation; null: those that the run began with, which are the process's share of all cores. Raises
    /// RecipeException when the folder holds another run or one of other data, IOException when another process is at work in it.
    [<CompiledName "Train">]
    let train processes hear recipe dataRoot folder threads =
        trainAfter (fun (run: RunFolder) -> run.Claim) processes hear recipe dataRoot folder threads

    /// Makes the folder's run as long as the recipe says and trains it like train. Raises RecipeException also when the run cannot be
    /// extended.
    [<CompiledName "Extend">]
    let extend processes hear recipe dataRoot folder threads =
        trainAfter (fun (run: RunFolder) -> run.Extend) processes hear recipe dataRoot folder threads
