namespace BoxTeacher.Workbench

open System
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Methods
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

    /// Other unlabelled images to learn from, as in learningFrom. Raises RecipeException for a recipe without such.
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

    /// The Soft Teacher recipe of a data set, at the scale of a CPU: a tenth of the images labelled. Data of one's own are the labelled
    /// part, and name unlabelled images beside it. Raises RecipeException where there are none.
    let rec softTeacher choice =
        match choice with
        | DataChoice.Shapes
        | DataChoice.Files _ -> Recipes.ShapesSoftTeacher
        | DataChoice.PennFudan _ -> Recipes.PennFudanSoftTeacher
        | DataChoice.Own({ Unlabelled = Some(annotations, images) } as own, like) ->
            let recipe =
                softTeacher like
                |> learningFrom own.TrainAnnotations own.TrainImages
                |> evaluatedOn own.ValidationAnnotations own.ValidationImages

            recipe |> learningUnlabelled annotations images
        | DataChoice.Own _ ->
            raise (RecipeException "Soft Teacher learns from unlabelled images too: --unlabelled-json FILE --unlabelled-images DIR")

    /// No data set to evaluate on.
    let notEvaluated (r: Recipe) =
        r.With((fun r -> r.Dataset.ValidationAnnotations), null).With((fun r -> r.Dataset.ValidationImages), null)

    /// Images resized to a short side of so many pixels in training and in tests, the long side to at most twice that.
    let resized shortSide (r: Recipe) =
        r.With((fun r -> r.Augmentation), r.Augmentation.Resized(shortSide, 2 * shortSide))

    /// The student sees the teacher's colors.
    let withoutStrongColors (r: Recipe) = r.With((fun r -> r.Augmentation), r.Augmentation.WithoutStrongColors())

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

/// Changes of BoxTeacher's part of a recipe. All raise RecipeException for a recipe of another method.
[<RequireQualifiedAccess>]
module BoxTeacher =

    let private change (edit: BoxTeacherRecipe -> BoxTeacherRecipe) (r: Recipe) =
        match r.Method with
        | :? BoxTeacherRecipe as method -> r |> Recipe.taughtBy (edit method)
        | other -> raise (RecipeException $"{r.Name}: {other.GetType().Name} has no pseudo masks")

    /// Another form of the pseudo masks' confidence.
    let confidence (form: ConfidenceForm) = change _.With((fun m -> m.PseudoMasks.Confidence), form)

    /// Another assignment of predictions to boxes.
    let assignment (form: AssignmentForm) = change _.With((fun m -> m.PseudoMasks.Assignment), form)

    /// Foreground probability of a pseudo mask; None: soft masks.
    let maskThreshold (threshold: float option) = change _.With((fun m -> m.PseudoMasks.MaskThreshold), Option.toNullable threshold)

    /// Weight of the noise-aware dice loss.
    let maskWeight (weight: float) = change _.With((fun m -> m.PseudoMasks.MaskWeight), weight)

    /// Weight of the noise-reduced affinity loss.
    let affinityWeight (weight: float) = change _.With((fun m -> m.PseudoMasks.AffinityWeight), weight)

    /// Smallest mask affinity of a pair that counts; None: the affinity itself is the pair's weight.
    let affinityThreshold (threshold: float option) = change _.With((fun m -> m.PseudoMasks.AffinityThreshold), Option.toNullable threshold)

    /// The losses on pseudo masks come in over so many iterations; 0: at once.
    let warmUp (iterations: int) = change _.With((fun m -> m.PseudoMasks.WarmUpIterations), iterations)

    /// Largest momentum of the teacher; 0 is no average at all: the student teaches itself.
    let momentumCap (cap: float) = change _.With((fun m -> m.Teacher.MomentumCap), cap)

    /// How the momentum begins.
    let momentum (form: MomentumForm) = change _.With((fun m -> m.Teacher.Momentum), form)

    /// The network that is evaluated.
    let evaluate (network: BoxTeacher.Methods.Network) = change _.With((fun m -> m.Teacher.Evaluate), network)

    /// Naive self-training: half of the run as BoxInst; then what was learned is frozen as the teacher of a fresh student, which is
    /// evaluated. Both stages share budget and learning rate; two runs with their own, and masks in a file between them, are
    /// SelfTraining.Run of the core.
    let asSelfTraining (r: Recipe) =
        let frozen = r |> momentumCap 1.0 |> momentum MomentumForm.Constant |> evaluate BoxTeacher.Methods.Network.Student
        r |> Recipe.taughtBy (StagedRecipe [| StageRecipe(0.0, (Recipe.asBoxInst r).Method); StageRecipe(0.5, frozen.Method, true) |])

/// Changes of Soft Teacher's part of a recipe. All raise RecipeException for a recipe of another method.
[<RequireQualifiedAccess>]
module SoftTeacher =

    let private methodOf (r: Recipe) =
        match r.Method with
        | :? SoftTeacherRecipe as method -> method
        | other -> raise (RecipeException $"{r.Name}: {other.GetType().Name} has no pseudo boxes")

    let private change (edit: SoftTeacherRecipe -> SoftTeacherRecipe) (r: Recipe) = r |> Recipe.taughtBy (edit (methodOf r))

    /// How far background is trusted.
    let reliability (form: ReliabilityForm) = change _.With((fun m -> m.Unlabelled.Reliability), form)

    /// What the weighted class loss is divided by.
    let classLoss (form: ClassLossForm) = change _.With((fun m -> m.Unlabelled.ClassLoss), form)

    /// Weight of all losses on unlabelled images.
    let weight (weight: float) = change _.With((fun m -> m.Unlabelled.Weight), weight)

    /// Score above which pseudo boxes teach proposals and classes.
    let score (threshold: float) =
        change (fun m -> m.With((fun m -> m.PseudoBoxes.RpnScore), threshold).With((fun m -> m.PseudoBoxes.ClassScore), threshold))

    /// Mean deviation below which pseudo boxes teach boxes.
    let deviation (threshold: float) = change _.With((fun m -> m.PseudoBoxes.MaxDeviation), Nullable threshold)

    /// Jittered copies of each pseudo box.
    let jitterTimes (times: int) = change _.With((fun m -> m.PseudoBoxes.JitterTimes), times)

    /// No jitter: boxes learn from the pseudo boxes that classes learn from.
    let withoutJitter (r: Recipe) =
        let without (m: SoftTeacherRecipe) =
            m.With((fun m -> m.PseudoBoxes.JitterTimes), 0)
                .With((fun m -> m.PseudoBoxes.MaxDeviation), Nullable())
                .With((fun m -> m.PseudoBoxes.BoxScore), Nullable m.PseudoBoxes.ClassScore)

        change without r

    /// Largest momentum of the teacher; 0 is no average at all: the student teaches itself.
    let momentumCap (cap: float) = change _.With((fun m -> m.Teacher.MomentumCap), cap)

    /// How the momentum begins.
    let momentum (form: MomentumForm) = change _.With((fun m -> m.Teacher.Momentum), form)

    /// The network that is evaluated.
    let evaluate (network: BoxTeacher.Methods.Network) = change _.With((fun m -> m.Teacher.Evaluate), network)

    /// Pseudo-labels made end to end by an EMA teacher, their background trusted fully, their boxes not jittered: table 5's last row.
    let asEndToEnd (r: Recipe) = r |> withoutJitter |> reliability ReliabilityForm.None

    /// The same in two stages: half of the run on labelled images alone; then what was learned is frozen as the teacher of a fresh student,
    /// which is evaluated (STAC; table 5's second row).
    let asMultiStage (r: Recipe) =
        let frozen = r |> asEndToEnd |> momentumCap 1.0 |> momentum MomentumForm.Constant |> evaluate BoxTeacher.Methods.Network.Student
        let labelled: MethodRecipe = SupervisedRecipe((methodOf r).Sees)
        r |> Recipe.taughtBy (StagedRecipe [| StageRecipe(0.0, labelled); StageRecipe(0.5, frozen.Method, true) |])

    /// The labelled images alone, as many per step as the recipe's batches have on average.
    let asSupervised (r: Recipe) =
        let composition = (Recipe.unlabelled r).Composition
        let share = float composition.Labelled / float (composition.Labelled + composition.Unlabelled)
        let labelled = max 1 (int (Math.Round(share * float r.Budget.BatchSize)))

        r
        |> Recipe.taughtBy (SupervisedRecipe((methodOf r).Sees))
        |> _.With((fun r -> r.Dataset.Unlabelled), null).With((fun r -> r.Budget.BatchSize), labelled)
