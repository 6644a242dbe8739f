namespace BoxTeacher.Workbench

open System
open BoxTeacher.Methods
open BoxTeacher.Training

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
