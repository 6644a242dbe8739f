namespace BoxTeacher.Workbench

open System
open BoxTeacher.Methods
open BoxTeacher.Training

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
    let asSupervised (r: Recipe) = r |> Recipe.labelledAlone (SupervisedRecipe((methodOf r).Sees))
