// How good must pseudo masks be to pay? BoxTeacher with true masks in the place of the teacher's, whole or worn down to a given IoU, and
// with the teacher's own masks weighted by their true IoU instead of a confidence. These variants see what no method of boxes sees: they say
// what better pseudo masks, or better confidences, could bring. On images of 96 pixels, which are faster.
//
//   dotnet fsi experiments/mask-quality.fsx --quick
//   dotnet fsi experiments/mask-quality.fsx --seeds 3 --iterations 1200 --parallel 2
#load "refs.fsx"

open System
open BoxTeacher.Augmentation
open BoxTeacher.Detectors
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training
open BoxTeacher.Workbench
open TorchSharp

type Tensor = torch.Tensor

/// Overlap of masks [.., G, h, w] with those of the truth [G, h, w]: [.., G].
let iou (masks: Tensor) (truth: Tensor) =
    let area (m: Tensor) = m.sum [| -2L; -1L |]
    let both = area (masks * truth)
    both / (area masks + area truth - both).clamp_min 1

/// A random field over the mask grid, smooth over some three cells, of mean 0 and variance 1 in each mask.
let smoothNoise (shape: int64[]) (random: RandomStream) (device: torch.Device) =
    use generator = new torch.Generator(random.NextBits(), torch.CPU)
    let white = torch.randn(shape, generator = generator).``to`` device
    let smooth = torch.nn.functional.avg_pool2d (white, 3L, stride = 1L, padding = 1L)
    smooth / smooth.std([| -2L; -1L |], unbiased = true, keepdim = true)

/// Masks [G, h, w] worn at their borders: of 41 amounts of noise on the smoothed mask the one whose result is nearest to the IoU.
let worn (target: float) (truth: Tensor) (boxes: Tensor) (random: RandomStream) =
    use scope = torch.NewDisposeScope()
    let signed = 2 * torch.nn.functional.avg_pool2d (truth, 3L, stride = 1L, padding = 1L) - 1
    let amounts = torch.linspace(0, 4, 41, device = truth.device).view (-1L, 1L, 1L, 1L)
    let all = (signed + amounts * smoothNoise truth.shape random truth.device).gt((0).ToScalar()).``to``(truth.dtype) * boxes
    let nearest = (iou all truth - target).abs().argmin 0L
    all[nearest, torch.arange (truth.size 0, device = truth.device)].MoveToOuterDisposeScope()

/// What a step learns from in the place of the teacher's masks, from them, the true masks and the boxes on the mask grid. Without an IoU
/// they are the teacher's, and what they are worth is known; with one every box has a mask of that IoU, and it counts in full.
let otherMasks (target: float option) (labels: PseudoMasks) (truth: Tensor) (grid: MaskGrid) (step: Step) =
    match target with
    | None -> PseudoMasks(labels.Masks, iou labels.Masks truth * labels.Confidence.gt((0).ToScalar()).``to`` truth.dtype)
    | Some target ->
        let masks = if target = 1 then truth else worn target truth grid.BoxMasks step.Random
        PseudoMasks(masks, torch.ones (masks.size 0, device = masks.device))

/// BoxTeacher with other masks than its teacher's.
type OtherMasks(inner: BoxTeacherMethod, student: MaskDetector, target: float option) =
    interface ITrainingMethod with
        member _.Student = student
        member _.Teacher = inner.Teacher
        member _.Evaluated = inner.Evaluated
        member _.PseudoLabelling = inner
        member _.Dispose() = inner.Dispose()

        member _.Losses(batch, step) =
            use scope = torch.NewDisposeScope()
            let views = batch.Labelled.OfOneGeometry()
            let grid = inner.Grid views.Weak
            let truth = MaskTargets.Of(views.Weak, grid.Stride) * grid.BoxMasks
            let labels = otherMasks target (inner.Label(views.Weak, grid)) truth grid step
            inner.Losses(student.Learn(views.Strong, step), grid, labels, step).MoveToOuterDisposeScope()

[<RecipeKind "otherMasks">]
type OtherMasksRecipe(boxTeacher: BoxTeacherRecipe, iou: Nullable<float>) =
    inherit MethodRecipe()
    member _.BoxTeacher = boxTeacher
    member _.Iou = iou
    override _.Supervision = Supervision.Masks
    override _.Evaluated = boxTeacher.Evaluated
    override _.Problems() = boxTeacher.Problems()
    override _.``<Clone>$``() = OtherMasksRecipe(boxTeacher, iou)

    override _.Build(context, _) =
        let own = boxTeacher.Build(context, null) :?> BoxTeacherMethod
        new OtherMasks(own, context.As<MaskDetector> context.Student, Option.ofNullable iou)

let masksOf name (iou: float option) =
    let change (recipe: Recipe) = recipe |> Recipe.taughtBy (OtherMasksRecipe(recipe.Method :?> BoxTeacherRecipe, Option.toNullable iou))
    Variant.Of(name, change, fun recipe classes root -> recipe.BuildMethod(classes, root))

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "How good must pseudo masks be?" (Recipe.boxTeacher options.Data |> Recipe.resized 96)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher" id
    |> Ablation.add (masksOf "true IoU as confidence" None)
    |> Ablation.add (masksOf "true masks" (Some 1.0))
    |> Ablation.add (masksOf "IoU 0.9" (Some 0.9))
    |> Ablation.add (masksOf "IoU 0.8" (Some 0.8))
    |> Ablation.add (masksOf "IoU 0.7" (Some 0.7))
    |> Ablation.add (masksOf "IoU 0.6" (Some 0.6))
    |> Ablation.comparedWith "BoxInst"
    |> Ablation.quickIterations 300
    |> Ablation.run options)
