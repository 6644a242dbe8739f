namespace BoxTeacher.Workbench

open TorchSharp
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Torch
open BoxTeacher.Training

/// <summary>
/// Naive self-training in two stages, what BoxTeacher is compared with (Cheng et al. 2023, section 3.1): a network learns as in
/// BoxInst; then it is frozen, and a fresh one learns from boxes and from the frozen one's masks. Both stages share the budget
/// of one run. The optimizer's moments and the course of its learning rate go on from the first to the second stage.
/// </summary>
/// <param name="method">BoxTeacher with a teacher of momentum 1: what it copies at its step 0 stays. Disposed with this method.</param>
/// <param name="switchAt">The step, counted from 0, that the second stage begins with.</param>
type internal TwoStageMethod(method: BoxTeacherMethod, switchAt: int64) =

    // What a student begins with; a copy, since training changes the student in place.
    let fresh =
        use _ = torch.no_grad ()
        [ for pair in method.Student.state_dict () -> pair.Key, pair.Value.clone().DetachFromDisposeScope() ]

    let startAgain () =
        use _ = torch.no_grad ()
        let student = method.Student.state_dict ()

        for name, tensor in fresh do
            student[name].copy_ tensor |> ignore

    let withoutMasks (batch: TrainingBatch) =
        let scene = method.Scene batch
        scene, PseudoMaskBatch(torch.zeros_like scene.BoxMasks, torch.zeros ([| int64 scene.Count |], device = scene.BoxMasks.device))

    interface IBoxTeacherBased with
        member _.BoxTeacher = method

    interface ITeachingMethod with
        member _.Student = method.Student
        member _.Teacher = method.Teacher

        member _.BeforeStep iteration =
            if iteration = switchAt then
                method.BeforeStep 0L
                startAgain ()
            elif iteration > switchAt then
                method.BeforeStep(iteration - switchAt)

        member _.Step(batch, iteration) =
            if iteration < switchAt then
                use scope = torch.NewDisposeScope()
                let scene, none = withoutMasks batch
                method.Step(batch, iteration, scene, none).MoveToOuterDisposeScope()
            else
                method.Step(batch, iteration - switchAt)

        member _.Dispose() =
            method.Dispose()
            fresh |> List.iter (fun (_, tensor) -> tensor.Dispose())

/// Methods for ablations, beside those that a recipe names.
[<RequireQualifiedAccess>]
module Method =

    /// Naive self-training: half of the budget as BoxInst, half on the masks of the network that came of it, in one run. Two runs
    /// with budgets and schedules of their own, and masks in a file between them, are SelfTraining.Run of the core.
    let selfTraining (recipe: Recipe) classes root : ITeachingMethod =
        match Build.Method(recipe, classes, root, MethodParts(Momentum = Momentum.Constant 1.0)) with
        | :? BoxTeacherMethod as method -> new TwoStageMethod(method, int64 recipe.Budget.Iterations / 2L)
        | other ->
            other.Dispose()
            invalidArg (nameof recipe) "self-training is built from a recipe of BoxTeacher"
