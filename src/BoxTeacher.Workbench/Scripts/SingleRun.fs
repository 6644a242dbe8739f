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

    let private trainAfter claim (recipe: Recipe) (dataRoot: string) (folder: RunFolder) (threads: Nullable<int>) =
        use _ = folder.Lock()
        recipe.Device.Open() |> ignore
        let training, validation = recipe.Dataset.ReadTraining dataRoot, recipe.Dataset.ReadValidation dataRoot
        use stop = new CancellationTokenSource()
        use _ = new StopSignals(stop)
        use method = recipe.BuildMethod(training.Categories.Count, dataRoot, loaded = fun report -> printfn "%O" report)
        let run, history = planned recipe, RunHistory()
        let mutable result = Unchecked.defaultof<TrainingResult>

        ProgressDisplay.automatic().Show([ run ], fun listener ->
            let listen (happened: TrainingEvent) =
                history.Add happened
                listener.Progressed(run, happened)

            listener.Started run
            // Before anything of the folder changes.
            claim folder (recipe, training, validation)
            TorchRuntime.UseThreads(folder.Threads(threads, Environment.ProcessorCount))
            result <- TrainingRun(recipe, method, training, validation, folder).Run(Action<TrainingEvent> listen, stop.Token)
            listener.Ended(run, (if result.Finished then RunEnd.Trained(history.Result run) else RunEnd.Stopped result.Iteration)))

        result

    /// Trains to the end of the budget, from the newest checkpoint of the folder if there is one, and shows its progress. Ctrl-C,
    /// SIGTERM and SIGHUP end it after the step or evaluation in progress, with a checkpoint. threads are those of each tensor operation;
    /// null: those that the run began with, which are all cores. Raises RecipeException when the folder holds another run or one of other
    /// data, IOException when another process is at work in it.
    [<CompiledName "Train">]
    let train recipe dataRoot folder threads = trainAfter (fun (run: RunFolder) -> run.Claim) recipe dataRoot folder threads

    /// Makes the folder's run as long as the recipe says and trains it like train. Raises RecipeException also when the run cannot be
    /// extended.
    [<CompiledName "Extend">]
    let extend recipe dataRoot folder threads = trainAfter (fun (run: RunFolder) -> run.Extend) recipe dataRoot folder threads
