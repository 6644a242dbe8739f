namespace BoxTeacher.Workbench

open System
open System.IO
open System.Threading
open BoxTeacher.Torch
open BoxTeacher.Training

/// One run of one recipe, as `boxteacher train` does it.
[<RequireQualifiedAccess>]
module SingleRun =

    let private planned (recipe: Recipe) =
        { Variant = recipe.Name
          Seed = recipe.Seed
          Key = recipe.Name
          Iterations = recipe.Budget.Iterations
          Recipe = RecipeJson.Write recipe }

    /// Trains to the end of the budget, from the newest checkpoint of the folder if there is one, and shows its progress. Ctrl-C and
    /// SIGTERM end it after the step in progress, with a checkpoint. threads are those of each tensor operation; null: those that the run
    /// began with, which are all cores. Raises RecipeException when the folder holds another run.
    [<CompiledName "Train">]
    let train (recipe: Recipe) (dataRoot: string) (folder: RunFolder) (threads: Nullable<int>) =
        recipe.Device.Open() |> ignore
        let data = Recipe.data dataRoot recipe
        use stop = new CancellationTokenSource()
        use _ = new StopSignals(stop)
        use method = recipe.BuildMethod(data.Training.Categories.Count, dataRoot, loaded = fun report -> printfn "%O" report)
        let run, history = planned recipe, RunHistory()
        let mutable result = Unchecked.defaultof<TrainingResult>

        ProgressDisplay.automatic().Show([ run ], fun listener ->
            let listen (happened: TrainingEvent) =
                history.Add happened
                listener.Progressed(run, happened)

            listener.Started run
            // Before anything of the folder changes.
            folder.Claim(recipe, data.Training.Categories)
            TorchRuntime.UseThreads(folder.Threads(threads, Environment.ProcessorCount))
            result <- TrainingRun(recipe, method, data.Training, data.Validation, folder).Run(Action<TrainingEvent> listen, stop.Token)
            listener.Ended(run, (if result.Finished then RunEnd.Trained(history.Result run) else RunEnd.Stopped result.Iteration)))

        result
