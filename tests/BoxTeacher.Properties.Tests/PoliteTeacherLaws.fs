/// Laws of Polite Teacher's mask losses, filters and forms, and of CenterMask's parts.
module BoxTeacher.Properties.Tests.PoliteTeacherLaws

open System
open Xunit
open TorchSharp
open BoxTeacher.Detectors
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs
open BoxTeacher.Structures

/// Shares of N objects that are visible, from 0.05 to 1, no two alike.
let private visibleOf (target: Target) (Share share) =
    tensorOf [ target.N ] (Array.init target.N (fun i -> 0.05 + 0.95 * ((share + 0.37 * float i) % 1.0)))

let private all (target: Target) = torch.ones (int64 target.N, dtype = torch.float64)

let private iou (logits: Tensor) truth visible = MaskIouLoss.Target(logits, truth, visible)

/// Logits that are above 0 where a mask is 1.
let private sure (masks: Tensor) = masks * 2.0.ToScalar() - 1.0.ToScalar()

[<Property>]
let ``the IoU of masks is a share`` (Binary t, share) =
    use _ = torch.NewDisposeScope()
    let answer = iou t.X t.T (visibleOf t share)
    check (answer.shape = [| int64 t.N |] && answer.dtype = torch.float64) "one number of double precision per mask"
    within 0.0 1.0 "IoU" answer

[<Property>]
let ``a mask that is its visible object has an IoU of 1, or of the visible share`` (Binary t, share) =
    use _ = torch.NewDisposeScope()
    closeAll 0.0 "whole" (all t) (iou (sure t.T) t.T (all t))
    let visible = visibleOf t share
    closeAll 1e-12 "in part" visible (iou (sure t.T) t.T visible)

[<Property>]
let ``the IoU of masks never grows when less of an object is visible`` (Binary t, share, Between 0.01 1.0 part) =
    use _ = torch.NewDisposeScope()
    let more = visibleOf t share
    let less = more * part.ToScalar()
    for a, b in Array.zip (Tensors.values (iou t.X t.T less)) (Tensors.values (iou t.X t.T more)) do
        check (a <= b) $"{a} with less, {b} with more"

[<Property>]
let ``prediction and object may change places where all is visible`` (Binary t) =
    use _ = torch.NewDisposeScope()
    let predicted = t.X.gt(0.0.ToScalar()).``to`` torch.float64
    closeAll 0.0 "IoU" (iou t.X t.T (all t)) (iou (sure t.T) predicted (all t))

[<Property>]
let ``the IoU of masks knows neither order nor side`` (Binary t, share) =
    use _ = torch.NewDisposeScope()
    let visible = visibleOf t share
    let plain = iou t.X t.T visible
    closeAll 0.0 "order" (plain.flip 0L) (iou (t.X.flip 0L) (t.T.flip 0L) (visible.flip 0L))
    for side in [ 1L; 2L ] do
        closeAll 0.0 "side" plain (iou (t.X.flip side) (t.T.flip side) visible)

/// Predicted and true IoUs of n masks; every third is 0.
let private iousOf (d: Distances) =
    let predicted = (d.P.select (1L, 0L) / 12.0.ToScalar()).clone ()
    let truth = (d.Q.select (1L, 0L) / 12.0.ToScalar()).clone ()
    for i in 2L .. 3L .. truth.shape[0] - 1L do
        truth[i] <- torch.tensor (0.0, dtype = torch.float64)
    predicted, truth

let private quality (predicted: Tensor) truth = MaskIouLoss.Term(predicted, truth).Value()

[<Property>]
let ``the loss of predicted IoUs is their squared error`` (d: Distances, Between 0.0 3.0 factor) =
    use _ = torch.NewDisposeScope()
    let predicted, truth = iousOf d
    let error = predicted - truth
    check (Tensors.number (quality predicted truth) >= 0.0) "negative"
    close 0.0 "at the target" 0.0 (Tensors.number (quality truth truth))
    let scaled = quality (truth + error * factor.ToScalar()) truth
    closeAll 1e-9 "error times a factor" (quality predicted truth * (factor * factor).ToScalar()) scaled
    gradientAgrees (fun p -> quality p truth) predicted (d.P.select (1L, 1L) / 12.0.ToScalar())

[<Property>]
let ``masks that miss their objects do not teach what they are worth`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let predicted, truth = iousOf d
    let missed = (truth.eq (0.0.ToScalar())).``to`` torch.float64
    let gradient = Tensors.gradient (fun p -> quality p truth) predicted
    closeAll 0.0 "gradient" (torch.zeros_like truth) (gradient * missed)
    check (Tensors.values (gradient * (truth - predicted)) |> Array.forall (fun push -> push <= 0.0)) "away from the target"
    let nothing = torch.zeros_like truth
    close 0.0 "without any" 0.0 (Tensors.number (quality predicted nothing))
    closeAll 0.0 "gradient without any" nothing (Tensors.gradient (fun p -> quality p nothing) predicted)

let private masks (logits: Tensor) (truth: Tensor) (weights: Tensor) = RoiMaskHead.OwnLoss(logits, truth, weights)

[<Property>]
let ``masks of weight 1 are masks without weights`` (Smooth t) =
    use _ = torch.NewDisposeScope()
    closeAll 1e-12 "loss" (RoiMaskHead.OwnLoss(t.X, t.T).Value()) ((masks t.X t.T (all t)).Value())

[<Property>]
let ``a mask of weight 0 has no gradient and is counted`` (Smooth t, share) =
    use _ = torch.NewDisposeScope()
    let isOut = tensorOf [ t.N ] (Array.init t.N (fun i -> float (i % 2)))
    let weights = visibleOf t share * (1.0.ToScalar() - isOut)
    let gradient = Tensors.gradient (fun x -> (masks x t.T weights).Value()) t.X
    closeAll 0.0 "gradient" (torch.zeros_like gradient) (gradient * isOut.view (-1L, 1L, 1L))
    for given in [ weights; torch.zeros_like weights; all t ] do
        close 0.0 "divisor" (float (t.N * t.H * t.W)) (Tensors.number (masks t.X t.T given).Normalizer)

[<Property>]
let ``the mask loss is linear in its weights`` (Smooth t, first, second, Between 0.0 3.0 a, Between 0.0 3.0 b) =
    use _ = torch.NewDisposeScope()
    let v, w = visibleOf t first, visibleOf t second
    let loss weights = (masks t.X t.T weights).Value()
    let sum = loss v * a.ToScalar() + loss w * b.ToScalar()
    closeAll 1e-9 "loss" sum (loss (v * a.ToScalar() + w * b.ToScalar()))

let private levels (boxes: Tensor) size = Tensors.values (RoiLevels.ByImageShare([| boxes |], [| size |], 3))

/// n boxes with sides of 1 to 125 pixels at a corner of the image, which they may leave.
let private boxesOf (d: Distances) =
    let sides = d.P.narrow (1L, 0L, 2L) * 10.0.ToScalar() + 1.0.ToScalar()
    torch.cat ([| torch.zeros_like sides; sides |], 1L)

[<Property>]
let ``a larger box is read from no finer level`` (d: Distances, Between 1.0 4.0 factor) =
    use _ = torch.NewDisposeScope()
    let size = ImageSize(96, 128)
    for small, large in Array.zip (levels (boxesOf d) size) (levels (boxesOf d * factor.ToScalar()) size) do
        check (0.0 <= small && small <= large && large <= 2.0) $"level {small}, of the larger box {large}"

[<Property>]
let ``levels know the share of the image alone`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let boxes = boxesOf d
    let plain = levels boxes (ImageSize(96, 128))
    check ((levels (boxes * 2.0.ToScalar()) (ImageSize(192, 256))) = plain) "twice as large"
    // At half and a quarter of the image rounding decides.
    let sides = Tensors.values boxes |> Array.chunkBySize 4 |> Array.map (fun box -> box[2] * box[3] / (96.0 * 128.0))
    let others = levels (boxes * 3.0.ToScalar()) (ImageSize(288, 384))
    Array.iteri2 (fun i (share: float) level ->
        if abs (share - 0.5) > 1e-6 && abs (share - 0.25) > 1e-6 then
            check (level = plain[i]) "three times as large"
            check (level = (if share > 0.5 then 2.0 elif share > 0.25 then 1.0 else 0.0)) "half and quarter") sides others

[<Property>]
let ``attention lets through no more than there is`` (t: Target) =
    use _ = torch.NewDisposeScope()
    use attention = new SpatialAttention()
    use _ = torch.no_grad ()
    let input = t.X.``to``(torch.float32).clamp(-1e6.ToScalar(), 1e6.ToScalar()).unsqueeze 0L
    let output = attention.call input
    check (output.shape = input.shape) "shape"
    check (output.abs().le(input.abs()).all().item<bool> ()) "larger than its input"
    check ((output * input).ge(0.0.ToScalar()).all().item<bool> ()) "another sign"

let private labelled (d: Distances) =
    let score = d.P.select (1L, 0L) / 12.0.ToScalar()
    let boxes = torch.cat ([| torch.zeros_like (d.P.narrow (1L, 0L, 2L)); d.P.narrow (1L, 2L, 2L) |], 1L)
    PseudoLabels(
        Instances(boxes, torch.zeros (boxes.shape[0], dtype = torch.int64), score), null, d.Q.select (1L, 0L) / 12.0.ToScalar())

let private rows (filter: PseudoLabelFilter) labels = Tensors.values (filter.Invoke labels) |> List.ofArray

[<Property>]
let ``a stricter filter of masks keeps no others`` (d: Distances, Share low, Share more) =
    use _ = torch.NewDisposeScope()
    let labels = labelled d
    let loose, strict = rows (PseudoLabelFilters.MaskQuality low) labels, rows (PseudoLabelFilters.MaskQuality(low + more)) labels
    check (Set.isSubset (Set.ofList strict) (Set.ofList loose)) "rows"
    check (rows (PseudoLabelFilters.MaskQuality -1.0) labels = rows PseudoLabelFilters.All labels) "above nothing"

[<Property>]
let ``two filters let pass what each does`` (d: Distances, Share score, Share quality) =
    use _ = torch.NewDisposeScope()
    let labels, first, second = labelled d, PseudoLabelFilters.Score score, PseudoLabelFilters.MaskQuality quality
    let both = rows (PseudoLabelFilters.Both(first, second)) labels
    check (both = (rows first labels |> List.filter (fun row -> List.contains row (rows second labels)))) "rows"

/// Pseudo-labels with masks of 0 and 1.
let private masked (t: Target) =
    let boxes = torch.tensor(Array.create t.N [| 0.0; 0.0; float t.W; float t.H |] |> Array.concat).view (-1L, 4L)
    Instances(boxes, torch.zeros (int64 t.N, dtype = torch.int64), torch.ones (int64 t.N), t.T.``to`` torch.uint8)

[<Property>]
let ``bitmaps are handed on as they are`` (Binary t) =
    use _ = torch.NewDisposeScope()
    let labels = masked t
    check (obj.ReferenceEquals(labels, PseudoMaskForms.Bitmaps labels)) "another one"

/// First and last index at which any of some flags is set.
let private extent (flags: bool[]) = Array.findIndex id flags, Array.findIndexBack id flags

[<Property>]
let ``a mask that went over its contours stays within its bounds and half a pixel up and to the left`` (Binary t) =
    use _ = torch.NewDisposeScope()
    let labels = masked t
    let traced = PseudoMaskForms.Contours labels
    let masks, painted = nonNull labels.Masks, nonNull traced.Masks
    check (painted.shape = masks.shape && (nonNull traced.Outlines).Count = t.N) "one mask and one outline each"
    let before, after = Tensors.values masks, Tensors.values painted
    for n in 0 .. t.N - 1 do
        let at (pixels: float[]) y x = pixels[(n * t.H + y) * t.W + x] > 0.0
        let top, bottom = extent [| for y in 0 .. t.H - 1 -> Seq.exists (at before y) (seq { 0 .. t.W - 1 }) |]
        let left, right = extent [| for x in 0 .. t.W - 1 -> Seq.exists (fun y -> at before y x) (seq { 0 .. t.H - 1 }) |]
        for y in 0 .. t.H - 1 do
            for x in 0 .. t.W - 1 do
                if at after y x then
                    check (y >= top - 1 && y <= bottom && x >= left - 1 && x <= right) $"pixel {x},{y} of {left}..{right},{top}..{bottom}"

[<Property>]
let ``an equalizer begins by making losses alike`` (d: Distances, Between 0.1 8.0 weight) =
    use _ = torch.NewDisposeScope()
    let names = [| "a"; "b"; "c"; "d" |]
    let terms (values: Tensor) = names |> Array.mapi (fun i name -> LossTerm(name, values[0L, int64 i], 2.0))
    use equalizer = new LossEqualizer(names, torch.CPU)
    let plain = terms d.P
    let struct (labelled, pseudo) = equalizer.Apply(plain, (terms d.Q)[.. 2], weight)
    for i in 0 .. 3 do
        closeAll 1e-9 "labelled" (plain[i].Value() / (1.0 + weight).ToScalar()) (labelled[i].Value())
    for i in 0 .. 2 do
        closeAll 1e-9 "pseudo" (plain[i].Value() * (weight / (1.0 + weight)).ToScalar()) (pseudo[i].Value())

[<Fact>]
let ``each part of Polite Teacher may be an F# function`` () =
    use _ = torch.NewDisposeScope()
    let parts =
        PoliteTeacherParts(
            BoxFilter = (fun labels -> labels.Scores.gt(0.7.ToScalar()).nonzero().squeeze 1L),
            MaskFilter = (fun labels -> (labels.Quality * labels.Scores).gt(0.5.ToScalar()).nonzero().squeeze 1L),
            Momentum = (fun t -> if t < 500L then 0.0 else 0.9996)
        )

    parts.Try torch.CPU
    check (List.ofSeq parts.Names = [ "BoxFilter"; "MaskFilter"; "Momentum" ]) "names of the parts"
