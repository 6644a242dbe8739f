namespace BoxTeacher.Workbench

open System
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Detectors
open BoxTeacher.Methods
open BoxTeacher.Training

/// Changes of recipes, to be piped.
[<RequireQualifiedAccess>]
module Recipe =

    let private copy (r: Recipe) name dataset teaching budget seed =
        Recipe(name, dataset, r.Detector, teaching, r.Augmentation, r.Solver, budget, seed, r.Notes)

    /// The BoxTeacher recipe of a data set, at the scale of a CPU. For files of one's own it is that of Shapes, and has to be told
    /// where they are; see learningFrom and evaluatedOn.
    let boxTeacher choice =
        match choice with
        | DataChoice.Shapes
        | DataChoice.Files _ -> Recipes.ShapesBoxTeacher
        | DataChoice.PennFudan _ -> Recipes.PennFudanBoxTeacher

    /// Another name.
    let named name (r: Recipe) = copy r name r.Dataset r.Teaching r.Budget r.Seed

    /// Another seed.
    let seeded seed (r: Recipe) = copy r r.Name r.Dataset r.Teaching r.Budget seed

    /// Another data set to learn from: an instances file in COCO's format and the folder of its images, relative to the data root.
    let learningFrom annotations images (r: Recipe) =
        let d = r.Dataset
        copy r r.Name (DatasetRecipe(annotations, images, d.ValidationAnnotations, d.ValidationImages, d.GroupByAspect)) r.Teaching r.Budget r.Seed

    /// Another data set to evaluate on, as in learningFrom.
    let evaluatedOn annotations images (r: Recipe) =
        let d = r.Dataset
        copy r r.Name (DatasetRecipe(d.TrainAnnotations, d.TrainImages, annotations, images, d.GroupByAspect)) r.Teaching r.Budget r.Seed

    /// Images resized to a short side of so many pixels in training and in tests, the long side to at most twice that.
    let resized shortSide (r: Recipe) =
        let geometry = GeometryAugmentation([| shortSide |], 2 * shortSide, r.Augmentation.Geometry.FlipProbability)
        Recipe(r.Name, r.Dataset, r.Detector, r.Teaching, AugmentationRecipe(geometry, r.Augmentation.Strong, shortSide, 2 * shortSide), r.Solver, r.Budget, r.Seed)

    /// Another method of teaching.
    let taughtBy teaching (r: Recipe) = copy r r.Name r.Dataset teaching r.Budget r.Seed

    /// One value changed by its key, such as "teaching.pseudoMasks.maskWeight"; the value is JSON or a plain word.
    /// Raises RecipeException when there is no such key or the value does not fit.
    let set key (value: string) (r: Recipe) = RecipeJson.Set(r, key, value)

    /// BoxInst with the recipe's own pairwise term: the same without a teacher.
    /// Raises ArgumentException for a recipe that does not learn from boxes.
    let asBoxInst (r: Recipe) =
        match r.Teaching with
        | :? BoxTeacherTeaching as teaching -> r |> taughtBy (BoxInstTeaching(teaching.Pairwise, MaxProposals = teaching.MaxProposals))
        | :? BoxInstTeaching -> r
        | other -> invalidArg (nameof r) $"{other.GetType().Name} has no pairwise term to keep"

    /// CondInst with full masks: the upper bound.
    let asCondInst (r: Recipe) = r |> taughtBy (CondInstTeaching())

    /// BoxTeacher's pseudo masks changed. Raises ArgumentException for a recipe without a teacher.
    let pseudoMasks (change: PseudoMaskRecipe -> PseudoMaskRecipe) (r: Recipe) =
        match r.Teaching with
        | :? BoxTeacherTeaching as t -> r |> taughtBy (BoxTeacherTeaching(t.Pairwise, change t.PseudoMasks, t.Teacher, MaxProposals = t.MaxProposals))
        | other -> invalidArg (nameof r) $"{other.GetType().Name} has no pseudo masks"

    /// Another form of confidence of the pseudo masks.
    let confidence form r =
        r
        |> pseudoMasks (fun p ->
            PseudoMaskRecipe(form, p.Assignment, p.IouThreshold, p.ScoreThreshold, p.MaskThreshold, p.MaskWeight, p.AffinityWeight, p.AffinityThreshold, p.AverageWeight, p.Normalizer, p.WarmUpIterations))

    /// A run of another length. The time from one evaluation or checkpoint to the next keeps its share of the run, and the learning
    /// rate's schedule follows the budget by itself; the warm-ups of the losses stay as they are, as in the published schedules.
    let iterations count (r: Recipe) =
        let b = r.Budget
        let scaled (interval: int) = max 1 (int (Math.Round(float interval * float count / float b.Iterations)))
        copy r r.Name r.Dataset r.Teaching (BudgetRecipe(count, b.BatchSize, scaled b.EvaluateEvery, scaled b.CheckpointEvery)) r.Seed

    /// Evaluations so many iterations apart, and a checkpoint at each.
    let evaluatedEvery count (r: Recipe) =
        copy r r.Name r.Dataset r.Teaching (BudgetRecipe(r.Budget.Iterations, r.Budget.BatchSize, count, count)) r.Seed
