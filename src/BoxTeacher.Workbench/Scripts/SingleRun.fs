namespace BoxTeacher.Workbench

open System
open System.IO
open System.Threading
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

    /// Trains to the end of the budget, from the newest checkpoint of the folder if there is one, and shows its progress. Ctrl-C and
    /// SIGTERM end it after the step in progress, with a checkpoint. threads are those of each tensor operation; null: those that the run
    /// began with, which are all cores. The listener is told what happens. Raises RecipeException when the folder holds another run.
    [<CompiledName "TrainListening">]
    let trainListening (hear: Action<TrainingEvent>) (recipe: Recipe) (dataRoot: string) (folder: RunFolder) (threads: Nullable<int>) =
        recipe.Device.Open() |> ignore
        printfn $"{recipe.Name}: reading {Path.Combine(dataRoot, recipe.Dataset.TrainAnnotations)}"
        let training = recipe.Dataset.ReadTraining dataRoot
        let validation = if recipe.Dataset.HasValidation then Some(recipe.Dataset.ReadValidation dataRoot) else None
        use stop = new CancellationTokenSource()
        use _ = new StopSignals(stop)
        use method = recipe.BuildMethod(training.Categories.Count, dataRoot, loaded = fun report -> printfn "%O" report)
        // Before anything of the folder changes.
        folder.Claim(recipe, training.Categories)
        let threads = folder.Threads(threads, Environment.ProcessorCount)
        TorchRuntime.UseThreads threads
        printfn $"{RunSummary.line recipe method training validation threads folder.Path}"
        let run, history = planned recipe recipe.Budget.Iterations, RunHistory()
        let mutable result = Unchecked.defaultof<TrainingResult>

        ProgressDisplay.automatic().Show([ run ], fun listener ->
            let listen (happened: TrainingEvent) =
                history.Add happened
                hear.Invoke happened
                listener.Progressed(run, happened)

            listener.Started run
            result <- TrainingRun(recipe, method, training, Option.toObj validation, folder).Run(Action<TrainingEvent> listen, stop.Token)
            listener.Ended(run, (if result.Finished then RunEnd.Trained(history.Result run) else RunEnd.Stopped result.Iteration)))

        result

    /// The same without a listener.
    let train recipe dataRoot folder threads = trainListening (Action<TrainingEvent> ignore) recipe dataRoot folder threads
