/// Laws of assignments, schedules and targets.
module BoxTeacher.Properties.Tests.TeachingLaws

open System
open Xunit
open TorchSharp
open BoxTeacher.Detectors
open BoxTeacher.Layers
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs
open BoxTeacher.Structures

let private ranked (scores: float32[]) = scores |> Array.mapi (fun i score -> RankedPrediction(i, score))

let private assign (assignment: PseudoMaskAssignment) (o: Overlaps) = assignment.Invoke(ranked o.Scores, o.Iou)

[<Property>]
let ``each prediction goes to one box at most, and overlaps it enough`` (o: Overlaps) =
    let rows = assign (Assignment.OneToOne(0.5, 0.3)) o
    check (rows.Length = Array2D.length2 o.Iou) "one entry per box"
    let taken = rows |> Array.filter (fun row -> row >= 0)
    check (Array.distinct taken = taken) "a prediction was given twice"
    rows |> Array.iteri (fun box row ->
        if row >= 0 then
            check (o.Iou[row, box] >= 0.5f) "overlap below the threshold"
            check (o.Scores[row] >= 0.3f) "score below the threshold")

[<Property>]
let ``no box stays free that an unused prediction overlaps enough`` (o: Overlaps) =
    let rows = assign (Assignment.OneToOne 0.5) o
    for box in 0 .. rows.Length - 1 do
        for row in 0 .. o.Scores.Length - 1 do
            check (rows[box] >= 0 || o.Iou[row, box] < 0.5f || Array.contains row rows) $"box {box} could have prediction {row}"

[<Property>]
let ``the best prediction gets its best box`` (o: Overlaps) =
    if o.Scores.Length > 0 && Array2D.length2 o.Iou > 0 then
        let best = o.Scores |> Array.indexed |> Array.maxBy snd |> fst
        let overlaps = o.Iou[best, *]
        if Array.max overlaps >= 0.5f then
            let box = overlaps |> Array.findIndexBack (fun overlap -> overlap = Array.max overlaps)
            check ((assign (Assignment.OneToOne 0.5) o)[box] = best) "it does not hold it"

[<Property>]
let ``the order of predictions does not matter one to one`` (o: Overlaps) =
    let n, g = Array2D.length1 o.Iou, Array2D.length2 o.Iou
    let reversed = { Iou = Array2D.init n g (fun i j -> o.Iou[n - 1 - i, j]); Scores = Array.rev o.Scores }
    let expected = assign (Assignment.OneToOne 0.5) o
    let actual = assign (Assignment.OneToOne 0.5) reversed |> Array.map (fun row -> if row < 0 then -1 else n - 1 - row)
    expected = actual

[<Property>]
let ``the published slip concerns the first prediction alone`` (o: Overlaps) =
    // Numbered from 1, no prediction is the teacher's first.
    let predictions = o.Scores |> Array.mapi (fun i score -> RankedPrediction(i + 1, score))
    (Assignment.Published 0.5).Invoke(predictions, o.Iou) = assign (Assignment.OneToOne 0.5) o

[<Property>]
let ``momentum grows from zero to its cap`` (Between 0.5 0.9999 cap) =
    let momentum = Momentum.Capped cap
    let all = [ for t in 0L .. 200L -> momentum.Invoke t ]
    check (all.Head = 0.0) "it does not begin at zero"
    check (List.pairwise all |> List.forall (fun (a, b) -> a <= b && b <= cap)) "it falls or passes the cap"

/// A detector of one weight, which sees nothing.
type private OneWeight() as this =
    inherit Detector("one weight")
    let weight = new Modules.Parameter(torch.zeros 1L)
    do this.register_parameter ("weight", weight)
    member _.Weight = weight
    override _.HasMasks = false
    override _.Losses(_, _) = LossTerms [||]
    override _.Detect(_, _) = [||]

[<Property>]
let ``before the cap the teacher is the mean of all students`` (Smooth m) =
    use _ = torch.NewDisposeScope()
    use teacher = new OneWeight()
    use student = new OneWeight()
    let ema = EmaTeacher(teacher, student, Momentum.Capped 1.0)
    let students = Tensors.values m.X |> Array.map float32
    students |> Array.iteri (fun t value ->
        (use _ = torch.no_grad ()
         student.Weight.fill_ (value.ToScalar()) |> ignore)
        ema.Update(int64 t))
    close 1e-4 "teacher" (Array.averageBy float students) (Tensors.number teacher.Weight)

[<Property>]
let ``warm-ups rise to one`` (Between 1.0 500.0 steps) =
    let factor = WarmUp.Linear(int64 steps)
    let all = [ for t in 0L .. int64 steps + 2L -> factor.Invoke t ]
    check (List.pairwise all |> List.forall (fun (a, b) -> a <= b)) "it falls"
    check (List.last all = 1.0 && factor.Invoke(int64 steps - 1L) = 1.0) "it does not end at one"

/// A box within 64 x 64 pixels, from the first distances of a case.
let private boxOf (d: Distances) =
    let x, y = d.Prediction[0] * 4.0, d.Prediction[1] * 4.0
    [| float32 x; float32 y; float32 (x + d.Truth[0]); float32 (y + d.Truth[1]) |]

[<Property>]
let ``a box mask is the box, sampled`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let box = boxOf d
    let boxes = torch.tensor (box, ReadOnlySpan [| 1L; 4L |])
    let full = BoxRaster.Masks(boxes, 64, 64, 1)
    let expected =
        [| for y in 0 .. 63 do
               for x in 0 .. 63 ->
                   if x >= int box[0] && x < int (box[2] + 1.0f) && y >= int box[1] && y < int (box[3] + 1.0f) then 1.0 else 0.0 |]
    closeAll 0.0 "full size" (tensorOf [ 1; 64; 64 ] expected) full
    closeAll 0.0 "sampled" (full.slice(1, 2, 64, 4).slice (2, 2, 64, 4)) (BoxRaster.Masks(boxes, 16, 16, 4))

[<Property>]
let ``a pair region holds all pairs with an end in the box`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let box, pairs = boxOf d, PixelPairs()
    let mask = BoxRaster.Masks(torch.tensor (box, ReadOnlySpan [| 1L; 4L |]), 16, 16, 4)
    let touched = ((mask.unsqueeze -3L + pairs.Second mask) * pairs.Inside mask).sum [| 0L; 1L |]
    let region = BoxRaster.PairRegion(ReadOnlySpan box, 16, 16, 4, pairs)
    let outside = touched.clone ()
    if region.Height > 0 && region.Width > 0 then
        outside.narrow(0, int64 region.Top, int64 region.Height).narrow(1, int64 region.Left, int64 region.Width).zero_ () |> ignore
    outside |> within 0.0 0.0 "pairs outside the region"

[<Property>]
let ``colors of a uniform picture are all alike`` (Between 0.0 255.0 level) =
    use _ = torch.NewDisposeScope()
    let picture = torch.full ([| 1L; 3L; 6L; 6L |], level.ToScalar(), dtype = torch.float32)
    let pairs = PixelPairs()
    let similarity = ColorSimilarity.OfPairs(ColorSimilarity.Lab picture, pairs)
    closeAll 1e-4 "similarity" ((pairs.Inside picture).unsqueeze 0L) similarity

[<Property>]
let ``confidence scores lie between zero and one`` (m: Target) =
    use _ = torch.NewDisposeScope()
    let boxes = torch.tensor (Array.init (4 * m.N) (fun i -> if i % 4 < 2 then 0.0f else float32 (if i % 4 = 2 then m.W else m.H) - 1.0f), ReadOnlySpan [| int64 m.N; 4L |])
    let scores = m.V.abs().amax [| 1L; 2L |]
    let predicted = TeacherMasks(boxes.``to``(torch.float64), scores, m.X.sigmoid ())
    for score in [ Confidence.Published; Confidence.Paper; Confidence.Off ] do
        score.Invoke predicted |> within 0.0 1.0 "confidence"

[<Fact>]
let ``each part may be an F# function`` () =
    use _ = torch.NewDisposeScope()
    let masks = TeacherMasks(torch.tensor ([| 0.0f; 0.0f; 3.0f; 3.0f |], ReadOnlySpan [| 1L; 4L |]), torch.tensor [| 0.5f |], torch.full ([| 1L; 4L; 4L |], 0.8.ToScalar(), dtype = torch.float32))
    let squared = ConfidenceScore(fun masks -> masks.Scores * masks.Quality().square ())
    close 1e-5 "confidence" 0.32 (Tensors.number (squared.Invoke masks))

    let strict =
        PseudoMaskAssignment(fun _ iou ->
            Array.init (Array2D.length2 iou) (fun box ->
                let overlaps = iou[*, box]
                if overlaps.Length = 0 || Array.max overlaps < 0.8f then -1
                else Array.findIndex ((=) (Array.max overlaps)) overlaps))
    check (strict.Invoke([||], Array2D.zeroCreate 0 2) = [| -1; -1 |]) "an assignment of nothing"
    check (strict.Invoke(ranked [| 0.1f; 0.2f |], array2D [ [ 0.7f; 0.9f ]; [ 0.1f; 0.85f ] ]) = [| -1; 0 |]) "an assignment"

    let slow = MomentumSchedule(fun t -> if t < 500L then 0.0 else 0.9996)
    check (slow.Invoke 499L = 0.0 && slow.Invoke 500L = 0.9996) "momentum"

    let everywhere = PairAffinity(fun grid _ pairs -> (pairs.Inside grid.BoxMasks).expand([| int64 grid.Count; -1L; -1L; -1L |]).clone())
    let pixels = torch.zeros ([| 1L; 3L; 16L; 16L |], dtype = torch.uint8)
    let truth = Instances(torch.tensor ([| 0.0f; 0.0f; 15.0f; 15.0f |], ReadOnlySpan [| 1L; 4L |]), torch.zeros ([| 1L |], dtype = torch.int64))
    let size = ImageSize(16, 16)
    let view = View(ImageBatch(pixels.``to`` torch.float32, [| size |]), [| Homography.Identity |], [| size |], [| truth |], pixels)
    let grid = MaskGrid.Of(view, 4, 0)
    let pairs = PixelPairs(3, 1)
    // 4 x 4 cells: each of the 42 pairs counts from both ends.
    close 1e-9 "pairs" 84.0 (Tensors.number (grid.PairWeights(everywhere.Invoke(grid, grid.BoxMasks, pairs), pairs).sum ()))

    // Where a method asks for its parts, a function is enough.
    let parts =
        BoxTeacherParts(
            Confidence = (fun masks -> torch.full_like (masks.Scores, 0.5.ToScalar())),
            Assignment = strict,
            MaskAffinity = everywhere,
            ColorAffinity = (fun _ masks pairs -> Affinity.OfMasks(masks, pairs)),
            Momentum = (fun t -> if t < 500L then 0.0 else 0.9996)
        )

    close 1e-6 "confidence" 0.5 (Tensors.number (parts.Confidence.Invoke masks))
    parts.Try torch.CPU
    check (List.ofSeq parts.Names = [ "Confidence"; "Assignment"; "MaskAffinity"; "ColorAffinity"; "Momentum" ]) "names of the parts"
