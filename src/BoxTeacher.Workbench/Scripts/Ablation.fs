namespace BoxTeacher.Workbench

open System
open System.Diagnostics
open System.IO
open System.Threading
open BoxTeacher.Methods
open BoxTeacher.Torch
open BoxTeacher.Training

/// A run of an ablation failed.
type AblationException(message: string, finished: AblationResult, inner: exn) =
    inherit Exception(message, inner)

    // What a person can mend is said in one line, in a notebook too; a fault keeps its trace.
    override _.StackTrace = if InputError.Is inner then "" else base.StackTrace
    override failed.ToString() = if InputError.Is inner then failed.Message else base.ToString()

    /// What the runs measured that did finish.
    member _.Finished = finished

/// What a notebook shows of an error that a person can mend: its message.
type internal RefusedException(refused: exn) =
    inherit Exception(InputError.Text refused)
    override _.StackTrace = ""
    override error.ToString() = error.Message

/// An ablation was stopped before its last run was finished.
type AblationStoppedException(message: string, finished: AblationResult) =
    inherit OperationCanceledException(message)

    // It was asked for: where it happened is nobody's concern, and a notebook would show it.
    override _.StackTrace = ""
    override stopped.ToString() = stopped.Message

    /// What the runs measured that did finish.
    member _.Finished = finished

/// A question, and the variants that are to answer it.
type Ablation =
    { Question: string
      Base: Recipe
      Variants: Variant list
      /// The variant that the others are compared with; None: the first.
      Reference: string option
      Seeds: int64 list
      /// Iterations of a run with --quick; None: a quarter of the recipe's.
      QuickIterations: int option }

/// Ablations, to be piped: from a question and a base recipe over variants to a run.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Ablation =

    /// An ablation of a base recipe, without variants yet, with three seeds.
    let from question recipe : Ablation =
        { Question = question
          Base = recipe
          Variants = []
          Reference = None
          Seeds = [ 1L; 2L; 3L ]
          QuickIterations = None }

    /// Adds a variant. Raises ArgumentException when its name is taken.
    let add (variant: Variant) (ablation: Ablation) =
        if ablation.Variants |> List.exists (fun other -> other.Name = variant.Name) then
            invalidArg (nameof variant) $"there are two variants called '{variant.Name}'"

        { ablation with Variants = ablation.Variants @ [ variant ] }

    /// Adds a variant that differs from the base by a change of the recipe.
    let variant name change ablation =
        ablation |> add (Variant(name, change, (fun recipe classes root -> recipe.BuildMethod(classes, root))))

    /// Adds a variant for each value of something that is swept.
    let sweep values (name: 'T -> string) (change: 'T -> Recipe -> Recipe) ablation =
        (ablation, values) ||> List.fold (fun ablation value -> variant (name value) (change value) ablation)

    /// Adds a variant for each pair of values of two keys of the recipe, as for a heat map.
    let grid (firstKey: string, firstValues: string list) (secondKey: string, secondValues: string list) ablation =
        let last (key: string) = key.Substring(key.LastIndexOf '.' + 1)

        ablation
        |> sweep
            (List.allPairs firstValues secondValues)
            (fun (a, b) -> $"{last firstKey} {a}, {last secondKey} {b}")
            (fun (a, b) -> Recipe.set firstKey a >> Recipe.set secondKey b)

    /// Names the variant that the others are compared with.
    let comparedWith name (ablation: Ablation) = { ablation with Reference = Some name }

    /// Other seeds.
    let seeds seeds (ablation: Ablation) = { ablation with Seeds = seeds }

    /// Another number of iterations with --quick.
    let quickIterations count (ablation: Ablation) = { ablation with QuickIterations = Some count }

    /// The recipe of a variant under the options, without a seed.
    let private recipeOf (options: ExperimentOptions) (ablation: Ablation) (variant: Variant) =
        let count =
            match options.Iterations, options.Quick with
            | Some count, _ -> count
            | None, true -> ablation.QuickIterations |> Option.defaultValue (max 1 (ablation.Base.Budget.Iterations / 4))
            | None, false -> ablation.Base.Budget.Iterations

        let onDevice = options.Device |> Option.map Recipe.onDevice |> Option.defaultValue id
        let beginning = options.Weights |> Option.map Recipe.beginningWith |> Option.defaultValue id
        ablation.Base |> Recipe.iterations count |> onDevice |> beginning |> variant.Change |> Recipe.named variant.Name

    /// The data of each variant, read once for all that share them.
    let private dataOf (options: ExperimentOptions) (ablation: Ablation) =
        let recipes = [ for variant in ablation.Variants -> recipeOf options ablation variant ]
        let datasets = [ for variant, recipe in List.zip ablation.Variants recipes -> variant, recipe.Dataset ]
        let evaluated (dataset: DatasetRecipe) = dataset.ValidationAnnotations, dataset.ValidationImages

        for recipe in recipes do
            if not recipe.Dataset.HasValidation then
                raise (RecipeException $"{recipe.Name}: dataset.validationAnnotations: is null; variants are compared by an evaluation")

        match datasets |> List.tryFind (fun (_, dataset) -> evaluated dataset <> evaluated (snd datasets.Head)) with
        | Some(variant, dataset) ->
            invalidArg
                (nameof ablation)
                $"'{variant.Name}' is evaluated on {dataset.ValidationAnnotations} and '{(fst datasets.Head).Name}' on {(snd datasets.Head).ValidationAnnotations}; what is compared is evaluated on the same images"
        | None ->
            let distinct = datasets |> List.map snd |> List.distinct

            // There must be masks where any variant looks at them.
            let mostDemanding dataset =
                recipes |> List.filter (fun recipe -> recipe.Dataset = dataset) |> List.maxBy _.Method.Supervision

            let loaded = [ for dataset in distinct -> dataset, LoadedData.read options.DataRoot (mostDemanding dataset) None ]
            [ for variant, dataset in datasets -> variant.Name, loaded |> List.find (fst >> (=) dataset) |> snd ] |> Map.ofList

    /// The runs of an ablation, seed after seed so that every variant gets somewhere when time runs out.
    let private plan (options: ExperimentOptions) (ablation: Ablation) (data: Map<string, LoadedData>) =
        let seeds =
            match options.Seeds, options.Quick with
            | Some count, _ -> [ for seed in 1 .. count -> int64 seed ]
            | None, true -> List.truncate 1 ablation.Seeds
            | None, false -> ablation.Seeds

        seeds,
        [ for seed in seeds do
              for variant in ablation.Variants do
                  let recipe = recipeOf options ablation variant |> Recipe.seeded seed

                  // A variant may be renamed without being trained again.
                  let content = [ RecipeJson.Write(Recipe.named "" recipe); Origin.kinds recipe; Origin.weights options.DataRoot recipe ]

                  { Variant = variant.Name
                    Seed = seed
                    Key = RunStore.Fingerprint(content @ [ data[variant.Name].Fingerprint; Origin.codeFingerprint.Value ])
                    Iterations = recipe.Budget.Iterations
                    Recipe = RecipeJson.Write recipe },
                  (variant, recipe) ]

    /// Builds the method of each variant that has something to train, so that a wrong value, part, device or weights file is known
    /// before the first run begins. Raises PartException or RecipeException naming the variant.
    let private tryEach (options: ExperimentOptions) (data: Map<string, LoadedData>) (store: RunStore) planned =
        let waiting = planned |> List.filter (fun (run, _) -> (store.TryRead run).IsNone)

        for _, (variant: Variant, recipe: Recipe) in waiting |> List.distinctBy (fun (run, _) -> run.Variant) do
            try
                (variant.Method recipe data[variant.Name].Training.Categories.Count options.DataRoot).Dispose()
            with
            | :? PartException as error -> raise (PartException($"{variant.Name}: {error.Message}", error))
            | :? RecipeException as error -> raise (RecipeException($"{variant.Name}: {error.Message}", error))
            // Any other failure is the run's own, and does not hold up the others.
            | _ -> ()

    /// Trains what is not trained yet, showing progress, and shares the runs with all processes that do the same with the same options.
    /// Ctrl-C stops it with checkpoints; the same call goes on from there.
    /// Raises AblationStoppedException when it was stopped and AblationException when a run failed; both hold what is finished.
    let runWith (display: IProgressDisplay) (cancellation: CancellationToken) (options: ExperimentOptions) (ablation: Ablation) =
        if ablation.Variants.IsEmpty then
            invalidArg (nameof ablation) "an ablation needs a variant"

        let reference = ablation.Reference |> Option.defaultValue ablation.Variants.Head.Name

        if ablation.Variants |> List.forall (fun variant -> variant.Name <> reference) then
            invalidArg (nameof ablation) $"there is no variant '{reference}' to compare with"

        let clock = Stopwatch.StartNew()
        let datasets = [ for variant in ablation.Variants -> (recipeOf options ablation variant).Dataset ]
        DataSets.prepareFor options.Takeover options.DataRoot options.Data datasets
        let data = dataOf options ablation
        let baseData = data[reference]
        let gallery = RunTraining.galleryImages RunTraining.galleryCount baseData.Validation
        let seeds, planned = plan options ablation data
        let byKey = planned |> List.map (fun (run, how) -> run.Key, how) |> dict
        let store = RunStore(Path.Combine(options.Out, "runs"), options.Takeover)

        let degree = max 1 (min options.Parallel planned.Length)
        let threads = options.Threads |> Option.defaultValue (max 1 (Peers.own.Value.Cores / degree))

        let train (context: RunContext) =
            // Of this thread alone: each run has its share of the machine.
            TorchRuntime.UseThreads(context.Folder.Threads(Option.toNullable options.Threads, threads))
            let variant, recipe = byKey[context.Run.Key]
            let methodOf recipe classes = variant.Method recipe classes options.DataRoot
            RunTraining.train data[variant.Name] gallery recipe methodOf context

        tryEach options data store planned
        use stop = CancellationTokenSource.CreateLinkedTokenSource cancellation
        use _ = new StopSignals(stop)
        let runs = planned |> List.map fst
        let mutable ends = []
        display.Show(runs, fun listener -> ends <- Matrix.run degree store listener train stop.Token runs)

        let results =
            [ for _, how in ends do
                  match how with
                  | RunEnd.Trained result
                  | RunEnd.Cached result
                  | RunEnd.Elsewhere result -> result
                  | _ -> () ]

        let finished =
            { Question = ablation.Question
              Data = LoadedData.describe options.Data baseData (Map.values data |> Seq.map _.Unlabelled |> Seq.max)
              Variants = ablation.Variants |> List.map _.Name
              Base = reference
              Seeds = seeds
              Metrics = RunTraining.tableMetrics (results |> List.collect (fun run -> List.map fst run.Metrics) |> List.distinct)
              Categories = [ for category in baseData.Training.Categories -> category.Name ]
              Runs = results
              Gallery = gallery |> List.map RunTraining.galleryImage
              Provenance =
                { Command = options.Command
                  Finished = DateTimeOffset.UtcNow
                  Code = Origin.code
                  Machine = Origin.machine.Value
                  Degree = degree
                  Threads = threads
                  WallSeconds = clock.Elapsed.TotalSeconds } }

        match ends |> List.tryPick (fun (run, how) -> match how with RunEnd.Failed error -> Some(run, error) | _ -> None) with
        | Some(run, error) -> raise (AblationException($"{run.Label}: {error.Message}", finished, error))
        | None when results.Length < runs.Length ->
            raise (
                AblationStoppedException(
                    $"stopped; {results.Length} of {runs.Length} runs are finished, and the same command goes on from here",
                    finished
                )
            )
        | None -> finished

    /// How often a notebook's output is redrawn.
    let private redrawing = TimeSpan.FromSeconds 0.2

    /// Trains what is not trained yet. Progress shows itself in the running cell of a notebook, which may be interrupted; as bars
    /// in a terminal; as lines elsewhere.
    let run options ablation =
        if Notebook.isRunning () then
            try
                runWith (NotebookProgress(Notebook.display, redrawing)) CancellationToken.None options ablation
            with error when InputError.Is error ->
                raise (RefusedException error)
        else
            runWith (ProgressDisplay.automatic ()) CancellationToken.None options ablation
