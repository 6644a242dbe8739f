namespace BoxTeacher.Workbench

open System
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Methods
open BoxTeacher.Torch
open BoxTeacher.Training

/// Changes of recipes, to be piped. What has no function here is changed by its typed key, r.With((fun r -> r.Budget.BatchSize), 4), or by
/// its name, Recipe.set.
[<RequireQualifiedAccess>]
module Recipe =

    /// The recipe's data under a root, read and checked; what should be known of them is told on the error stream. Raises
    /// DataCheckException when they cannot be used.
    let data (root: string) (r: Recipe) = RecipeData.Read(r, root, DataNews.tell)

    /// Another name.
    let named (name: string) (r: Recipe) = r.With((fun r -> r.Name), name)

    /// Another seed.
    let seeded (seed: int64) (r: Recipe) = r.With((fun r -> r.Seed), seed)

    /// Another device.
    let onDevice (device: DeviceName) (r: Recipe) = r.With((fun r -> r.Device), device)

    /// Another precision of convolutions and matrix products: of the student, of a teacher and in evaluations.
    let precision (all: Precision) (r: Recipe) = r.With((fun r -> r.Precision), PrecisionRecipe.Of all)

    /// Another precision of a teacher as it makes pseudo-labels.
    let teacherPrecision (precision: Precision) (r: Recipe) = r.With((fun r -> r.Precision.Teacher), precision)

    /// Weights that the networks begin with, relative to the data root.
    let beginningWith (weights: string) (r: Recipe) = r.With((fun r -> r.Detector.Weights), weights)

    /// Another data set to learn from: an instances file in COCO's format and the folder of its images, relative to the data root.
    let learningFrom (annotations: string) (images: string) (r: Recipe) =
        r.With((fun r -> r.Dataset.TrainAnnotations), annotations).With((fun r -> r.Dataset.TrainImages), images)

    /// Another data set to evaluate on, as in learningFrom.
    let evaluatedOn (annotations: string) (images: string) (r: Recipe) =
        r.With((fun r -> r.Dataset.ValidationAnnotations), annotations).With((fun r -> r.Dataset.ValidationImages), images)

    /// The unlabelled images of the recipe. Raises RecipeException where it names none.
    let internal unlabelled (r: Recipe) =
        match r.Dataset.Unlabelled with
        | null -> raise (RecipeException $"{r.Name}: dataset.unlabelled: is null")
        | named -> named

    /// Other unlabelled images to learn from, as in learningFrom; annotations may also be a list of names, or null for all pictures of the
    /// folder. Raises RecipeException for a recipe without such.
    let learningUnlabelled (annotations: string) (images: string) (r: Recipe) =
        r.With((fun r -> r.Dataset.Unlabelled), UnlabelledRecipe(annotations, images, (unlabelled r).Composition))

    /// The BoxTeacher recipe of a data set, at the scale of a CPU. For files that the recipe is to name it is that of Shapes, and has to be
    /// told where they are; see learningFrom and evaluatedOn.
    let rec boxTeacher choice =
        match choice with
        | DataChoice.Shapes
        | DataChoice.Files _ -> Recipes.ShapesBoxTeacher
        | DataChoice.PennFudan _ -> Recipes.PennFudanBoxTeacher
        | DataChoice.Own(own, like) ->
            boxTeacher like
            |> learningFrom own.TrainAnnotations own.TrainImages
            |> evaluatedOn own.ValidationAnnotations own.ValidationImages

    /// A recipe of BoxTeacher, BoxInst or CondInst on the pretrained ResNet-18 that `make backbone` fetches, with images of 192 to 256
    /// pixels.
    let onResNet18 (r: Recipe) = ResNet18Recipes.OnCondInst r

    // The recipe of scenes or that of photos, by what a choice names.
    let rec private semiSupervised method (scenes: Recipe, photos: Recipe) choice =
        match choice with
        | DataChoice.Shapes
        | DataChoice.Files _ -> scenes
        | DataChoice.PennFudan _ -> photos
        | DataChoice.Own({ Unlabelled = Some(annotations, images) } as own, like) ->
            semiSupervised method (scenes, photos) like
            |> learningFrom own.TrainAnnotations own.TrainImages
            |> evaluatedOn own.ValidationAnnotations own.ValidationImages
            |> learningUnlabelled annotations images
        | DataChoice.Own _ ->
            raise (RecipeException $"{method} learns from unlabelled images too: --unlabelled-json FILE --unlabelled-images DIR")

    /// The Soft Teacher recipe of a data set, at the scale of a CPU: a tenth of the images labelled. Data of one's own are the labelled
    /// part, and name unlabelled images beside it. Raises RecipeException where there are none.
    let softTeacher choice = semiSupervised "Soft Teacher" (Recipes.ShapesSoftTeacher, Recipes.PennFudanSoftTeacher) choice

    /// The Polite Teacher recipe of a data set, at the scale of a CPU, in one run: half of it on the labelled images alone, then mutual
    /// learning. Data are named as in softTeacher. Raises RecipeException where there are no unlabelled images.
    let politeTeacher choice = semiSupervised "Polite Teacher" (Recipes.ShapesPoliteTeacher, Recipes.PennFudanPoliteTeacher) choice

    /// No data set to evaluate on.
    let notEvaluated (r: Recipe) =
        r.With((fun r -> r.Dataset.ValidationAnnotations), null).With((fun r -> r.Dataset.ValidationImages), null)

    /// Images resized to a short side of so many pixels in training and in tests, the long side to at most twice that.
    let resized shortSide (r: Recipe) =
        r.With((fun r -> r.Augmentation), r.Augmentation.Resized(shortSide, 2 * shortSide))

    /// The student sees the teacher's colors.
    let withoutStrongColors (r: Recipe) = r.With((fun r -> r.Augmentation), r.Augmentation.WithoutStrongColors())

    /// One more note for its readers, below the table of an ablation too.
    let noted (note: string) (r: Recipe) =
        r.With((fun r -> r.Notes), Array.append (Option.ofObj r.Notes |> Option.map Array.ofSeq |> Option.defaultValue [||]) [| note |])

    /// Another method.
    let taughtBy (method: MethodRecipe) (r: Recipe) = r.With((fun r -> r.Method), method)

    /// One value changed by its key, such as "method.pseudoMasks.maskWeight"; the value is JSON or a plain word.
    /// Raises RecipeException when there is no such key or the value does not fit.
    let set key (value: string) (r: Recipe) = RecipeJson.Set(r, key, value)

    /// BoxInst with the recipe's own pairwise term: the same without a teacher.
    /// Raises RecipeException for a recipe that does not learn from boxes.
    let asBoxInst (r: Recipe) =
        match r.Method with
        | :? BoxTeacherRecipe as method -> r |> taughtBy (BoxInstRecipe method.Pairwise)
        | :? BoxInstRecipe -> r
        | other -> raise (RecipeException $"{r.Name}: {other.GetType().Name} has no pairwise term to keep")

    /// The detector's own losses on full masks, which is CondInst: the upper bound.
    let asCondInst (r: Recipe) = r |> taughtBy (SupervisedRecipe Supervision.Masks)

    /// A run of another length. The time from one evaluation or checkpoint to the next keeps its share of the run, and so do the steps
    /// of the learning rate; all warm-ups stay as they are, as in the published schedules.
    let iterations count (r: Recipe) =
        let b = r.Budget
        let scaled (interval: int) = max 1 (int (Math.Round(float interval * float count / float b.Iterations)))
        let scaledBudget = BudgetRecipe(count, b.BatchSize, scaled b.EvaluateEvery, scaled b.CheckpointEvery)

        let schedule: LearningRateSchedule =
            match r.Solver.Schedule with
            | :? MultiStepSchedule as s -> MultiStepSchedule(s.WarmUp, s.Steps |> Seq.map scaled |> Seq.distinct |> Array.ofSeq, s.Gamma)
            | other -> other

        r.With((fun r -> r.Budget), scaledBudget).With((fun r -> r.Solver.Schedule), schedule)

    /// Another recipe within the budget of this one, as another row of its ablation: as many iterations and images per step, evaluated as
    /// often, on the same device.
    let replacedBy (other: Recipe) (r: Recipe) =
        (other |> iterations r.Budget.Iterations |> onDevice r.Device).With((fun r -> r.Budget), r.Budget)

    /// The labelled images alone under their own losses, as many per step as the recipe's batches have on average.
    let internal labelledAlone (method: SupervisedRecipe) (r: Recipe) =
        let composition = (unlabelled r).Composition
        let share = float composition.Labelled / float (composition.Labelled + composition.Unlabelled)
        let labelled = max 1 (int (Math.Round(share * float r.Budget.BatchSize)))

        r
        |> taughtBy method
        |> _.With((fun r -> r.Dataset.Unlabelled), null).With((fun r -> r.Budget.BatchSize), labelled)

    /// Evaluations so many iterations apart, and a checkpoint at each.
    let evaluatedEvery (count: int) (r: Recipe) =
        r.With((fun r -> r.Budget.EvaluateEvery), count).With((fun r -> r.Budget.CheckpointEvery), count)

/// Changes of the solver.
[<RequireQualifiedAccess>]
module Solver =

    /// Another base rate.
    let learningRate (rate: float) (r: Recipe) = r.With((fun r -> r.Solver.Optimizer.LearningRate), rate)

    /// Another weight decay.
    let weightDecay (decay: float) (r: Recipe) = r.With((fun r -> r.Solver.Optimizer.WeightDecay), decay)

    /// Gradients scaled down to this 2-norm; None: never.
    let clipNorm (limit: float option) (r: Recipe) = r.With((fun r -> r.Solver.ClipNorm), Option.toNullable limit)
