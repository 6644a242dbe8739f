namespace BoxTeacher.Workbench

open System
open BoxTeacher.Training

/// Changes of recipes, to be piped.
[<RequireQualifiedAccess>]
module Recipe =

    let private copy (r: Recipe) name dataset teaching budget seed =
        Recipe(name, dataset, r.Detector, teaching, r.Augmentation, r.Solver, budget, seed)

    /// The BoxTeacher recipe of a data set, at the scale of a CPU.
    let boxTeacher choice =
        match choice with
        | DataChoice.Shapes -> Recipes.ShapesBoxTeacher
        | DataChoice.PennFudan _ -> Recipes.PennFudanBoxTeacher

    /// Another name.
    let named name (r: Recipe) = copy r name r.Dataset r.Teaching r.Budget r.Seed

    /// Another seed.
    let seeded seed (r: Recipe) = copy r r.Name r.Dataset r.Teaching r.Budget seed

    /// Another method of teaching.
    let taughtBy teaching (r: Recipe) = copy r r.Name r.Dataset teaching r.Budget r.Seed

    /// One value changed by its key, such as "teaching.pseudoMasks.maskWeight"; the value is JSON or a plain word.
    /// Raises RecipeException when there is no such key or the value does not fit.
    let set key (value: string) (r: Recipe) = RecipeJson.Set(r, key, value)

    /// BoxInst with the recipe's own pairwise term: the same without a teacher.
    /// Raises ArgumentException for a recipe that does not learn from boxes.
    let asBoxInst (r: Recipe) =
        match r.Teaching with
        | :? BoxTeacherTeaching as teaching -> r |> taughtBy (BoxInstTeaching teaching.Pairwise)
        | :? BoxInstTeaching -> r
        | other -> invalidArg (nameof r) $"{other.GetType().Name} has no pairwise term to keep"

    /// CondInst with full masks: the upper bound.
    let asCondInst (r: Recipe) = r |> taughtBy (CondInstTeaching())

    /// BoxTeacher's pseudo masks changed. Raises ArgumentException for a recipe without a teacher.
    let pseudoMasks (change: PseudoMaskRecipe -> PseudoMaskRecipe) (r: Recipe) =
        match r.Teaching with
        | :? BoxTeacherTeaching as t -> r |> taughtBy (BoxTeacherTeaching(t.Pairwise, change t.PseudoMasks, t.Teacher))
        | other -> invalidArg (nameof r) $"{other.GetType().Name} has no pseudo masks"

    /// Another form of confidence of the pseudo masks.
    let confidence form r =
        r
        |> pseudoMasks (fun p ->
            PseudoMaskRecipe(form, p.Assignment, p.IouThreshold, p.ScoreThreshold, p.MaskThreshold, p.MaskWeight, p.AffinityWeight, p.AffinityThreshold, p.AverageWeight, p.Normaliser, p.WarmUpIterations))

    /// A run of another length. Warm-ups of the losses keep their share of the run, and so does the time from one evaluation or
    /// checkpoint to the next; the learning rate's schedule follows the budget by itself.
    let iterations count (r: Recipe) =
        let scaled (iterations: int) =
            if iterations = 0 then 0
            else max 1 (int (Math.Round(float iterations * float count / float r.Budget.Iterations)))

        let pairwise (p: PairwiseRecipe) = PairwiseRecipe(p.Dilation, p.ColorThreshold, scaled p.WarmUpIterations, p.BottomRows)

        let teaching: TeachingRecipe =
            match r.Teaching with
            | :? BoxTeacherTeaching as t ->
                let p = t.PseudoMasks

                let masks =
                    PseudoMaskRecipe(p.Confidence, p.Assignment, p.IouThreshold, p.ScoreThreshold, p.MaskThreshold, p.MaskWeight, p.AffinityWeight, p.AffinityThreshold, p.AverageWeight, p.Normaliser, scaled p.WarmUpIterations)

                BoxTeacherTeaching(pairwise t.Pairwise, masks, t.Teacher)
            | :? BoxInstTeaching as t -> BoxInstTeaching(pairwise t.Pairwise)
            | other -> other

        let b = r.Budget
        let budget = BudgetRecipe(count, b.BatchSize, scaled b.EvaluateEvery, scaled b.CheckpointEvery)
        copy r r.Name r.Dataset teaching budget r.Seed

    /// Evaluations so many iterations apart, and a checkpoint at each.
    let evaluatedEvery count (r: Recipe) =
        copy r r.Name r.Dataset r.Teaching (BudgetRecipe(r.Budget.Iterations, r.Budget.BatchSize, count, count)) r.Seed
