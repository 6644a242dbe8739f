namespace BoxTeacher.Workbench

open BoxTeacher.Augmentation
open BoxTeacher.Methods
open BoxTeacher.Training

/// Changes of Polite Teacher's part of a recipe: of its method, or of the last of its stages. All raise RecipeException for a recipe of
/// another method.
[<RequireQualifiedAccess>]
module PoliteTeacher =

    // The mutual learning, and how it is put back.
    let private opened (r: Recipe) =
        let refused (other: MethodRecipe) = raise (RecipeException $"{r.Name}: {other.GetType().Name} has no mutual learning")

        match r.Method with
        | :? PoliteTeacherRecipe as method -> method, (fun changed -> r |> Recipe.taughtBy changed)
        | :? StagedRecipe as staged ->
            let last = Seq.last staged.Stages

            match last.Method with
            | :? PoliteTeacherRecipe as method ->
                let first = Array.ofSeq (Seq.take (staged.Stages.Count - 1) staged.Stages)

                method,
                (fun changed ->
                    let stages = Array.append first [| StageRecipe(last.Start, changed, last.RestartsStudent) |]
                    r |> Recipe.taughtBy (StagedRecipe stages))
            | other -> refused other
        | other -> refused other

    let private methodOf r = fst (opened r)

    let private change (edit: PoliteTeacherRecipe -> PoliteTeacherRecipe) r =
        let method, put = opened r
        put (edit method)

    // With masks, since it is what a CenterMask learns from.
    let private supervised (method: PoliteTeacherRecipe) = SupervisedRecipe(Supervision.Masks, method.Views)

    /// Score above which detections are pseudo-labels.
    let score (threshold: float) = change _.With((fun m -> m.PseudoLabels.Score), threshold)

    /// Predicted IoU above which masks teach masks; None: all do.
    let maskIou (threshold: float option) = change _.With((fun m -> m.PseudoLabels.MaskIou), Option.toNullable threshold)

    /// All masks teach masks, however good they are predicted to be.
    let withoutMaskScoring (r: Recipe) = r |> maskIou None

    /// Weight of all losses on unlabelled images.
    let weight (weight: float) = change _.With((fun m -> m.Unlabelled.Weight), weight)

    /// Pseudo-labels teach classes, and no masks.
    let boxesAlone (r: Recipe) = r |> change _.With((fun m -> m.Unlabelled.LearnsMasks), false)

    /// Unlabelled images without any pseudo-label are left out; else they teach that all is background.
    let withoutEmptyImages (r: Recipe) = r |> change _.With((fun m -> m.PseudoLabels.DropsEmptyImages), true)

    /// Largest momentum of the teacher; 0 is no average at all: the student teaches itself.
    let momentumCap (cap: float) = change _.With((fun m -> m.Teacher.MomentumCap), cap)

    /// How the momentum begins.
    let momentum (form: MomentumForm) = change _.With((fun m -> m.Teacher.Momentum), form)

    /// The network that is evaluated.
    let evaluate (network: Network) = change _.With((fun m -> m.Teacher.Evaluate), network)

    /// What the published code does where it loses something: masks take the detour over contours, and the last image of a batch decides
    /// whether masks are filtered.
    let asPublished (r: Recipe) =
        let published (m: PoliteTeacherRecipe) =
            m.With((fun m -> m.PseudoLabels.Shape), PseudoMaskShape.Contours).With((fun m -> m.PseudoLabels.AsksLastImageForFlags), true)

        r |> change published

    /// Mutual learning from the first step on, for runs that begin with given weights.
    let mutualAlone (r: Recipe) = r |> Recipe.taughtBy (methodOf r)

    /// Both stages in one run: a share of it, above 0 and below 1, on the labelled images alone, then mutual learning.
    let inOneRun (share: float) (r: Recipe) =
        let method = methodOf r
        r |> Recipe.taughtBy (StagedRecipe [| StageRecipe(0.0, supervised method); StageRecipe(share, method) |])

    /// The labelled images alone, as many per step as the recipe's batches have on average.
    let asSupervised (r: Recipe) = r |> Recipe.labelledAlone (supervised (methodOf r))
