/// Laws of Soft Teacher's losses, transports and indicators.
module BoxTeacher.Properties.Tests.SoftTeacherLaws

open System
open Xunit
open TorchSharp
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs
open BoxTeacher.Structures

let private classes = 3

/// n boxes within 100 x 100 pixels, with sides of 1 to 13 pixels.
let private boxesOf (d: Distances) =
    let corner, sides = d.P * 6.0.ToScalar(), d.Q + 1.0.ToScalar()
    torch.cat ([| corner.narrow (1, 0, 2); corner.narrow (1, 0, 2) + sides.narrow (1, 0, 2) |], 1L)

let private count (d: Distances) = d.Prediction.Length / 4

/// Logits of n boxes over three classes and background, all different.
let private logitsOf (d: Distances) = d.P - d.Q

/// In turns background and each class.
let private labelsOf (d: Distances) = torch.tensor (Array.init (count d) (fun i -> int64 (i % (classes + 1))))

/// In (0, 1].
let private weightsOf (d: Distances) = (d.Q.select (1L, 3L) / 12.0.ToScalar()).clamp (max = 1.0.ToScalar())

let private samples (logits: Tensor) (d: Distances) (weights: Tensor) =
    WeightedSamples.Of((fun logits labels -> SoftmaxLosses.CrossEntropy(logits, labels)), logits, labelsOf d, weights)

let private forms =
    [ "over weights", WeightedClassLoss ClassLosses.OverWeights
      "over count and weights", WeightedClassLoss ClassLosses.OverCountAndWeights
      "of two means", WeightedClassLoss ClassLosses.OfTwoMeans ]

let private value (form: WeightedClassLoss) logits d weights = form.Invoke(samples logits d weights).Value()

[<Property>]
let ``a box without weight has no gradient`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    // Every second box; in the form of two means a foreground box always counts.
    let isOut = torch.tensor (Array.init (count d) (fun i -> i % 2 = 1))
    let isBackground = (labelsOf d).eq (classes.ToScalar())
    for name, form in forms do
        let silent = if name = "of two means" then isOut.logical_and isBackground else isOut
        let weights = (weightsOf d).masked_fill (silent, 0.0.ToScalar())
        let gradient = Tensors.gradient (fun logits -> value form logits d weights) (logitsOf d)
        closeAll 0.0 name (torch.zeros_like gradient) (gradient * silent.unsqueeze(1L).``to`` gradient.dtype)

[<Property>]
let ``only the shares of weights matter where they are many`` (d: Distances, Between 1.0 5.0 factor) =
    use _ = torch.NewDisposeScope()
    let weights = weightsOf d + 1.0.ToScalar()
    for name, form in forms |> List.take 2 do
        let expected, actual = value form (logitsOf d) d weights, value form (logitsOf d) d (weights * factor.ToScalar())
        closeAll 1e-9 name expected actual

[<Property>]
let ``of background only the shares of reliability matter`` (d: Distances, Between 0.01 1.0 factor) =
    use _ = torch.NewDisposeScope()
    let isBackground = (labelsOf d).eq (classes.ToScalar())
    let scaled = torch.where (isBackground, weightsOf d * factor.ToScalar(), weightsOf d)
    closeAll 1e-9 "loss" (value (snd forms[2]) (logitsOf d) d (weightsOf d)) (value (snd forms[2]) (logitsOf d) d scaled)

[<Property>]
let ``with full weights the codes take the plain mean`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let full = torch.ones (int64 (count d), dtype = torch.float64)
    let mean = SoftmaxLosses.CrossEntropy(logitsOf d, labelsOf d).mean ()
    for name, form in forms |> List.take 2 do
        closeAll 1e-12 name mean (value form (logitsOf d) d full)

[<Property>]
let ``class losses pull along their gradient`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    for _, form in forms do
        gradientAgrees (fun logits -> value form logits d (weightsOf d)) (logitsOf d) (d.Q / 12.0.ToScalar())

/// Probabilities of n boxes over three classes and background.
let private scoresOf (d: Distances) =
    let boxes = boxesOf d
    BackgroundScores((logitsOf d).softmax 1L, (d.Q - d.P).softmax 1L, boxes, boxes, weightsOf d / 2.0.ToScalar())

[<Property>]
let ``each indicator is a share of one`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let all =
        [ Reliability.BackgroundOfTeacher; Reliability.BackgroundOfStudent; Reliability.PredictionDifference
          Reliability.Iou; Reliability.ReverseIou; Reliability.None ]
    for indicator in all do
        let answer = indicator.Invoke(scoresOf d)
        check (answer.shape = [| int64 (count d) |]) "one number per box"
        within 0.0 1.0 "reliability" answer

[<Property>]
let ``a network that agrees with itself is trusted fully`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let scores = scoresOf d
    let alike = BackgroundScores(scores.Teacher, scores.Teacher, scores.Boxes, scores.TeacherBoxes, scores.Overlap)
    closeAll 0.0 "reliability" (torch.ones_like scores.Overlap) (Reliability.PredictionDifference.Invoke alike)

let private noiseOf (d: Distances) copies =
    torch.stack [| for j in 1 .. copies -> (d.P * (float j).ToScalar()).sin () |]

[<Property>]
let ``jitter without noise changes nothing`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let boxes, noise = boxesOf d, noiseOf d 3
    let still = boxes.unsqueeze(0L).repeat [| 3L; 1L; 1L |]
    closeAll 0.0 "no noise" still (BoxJitter.Apply(boxes, torch.zeros_like noise, 0.06))
    closeAll 0.0 "no scale" still (BoxJitter.Apply(boxes, noise, 0.0))

[<Property>]
let ``jitter moves by sides`` (d: Distances, Between 1.0 4.0 factor) =
    use _ = torch.NewDisposeScope()
    let boxes, noise = boxesOf d, noiseOf d 3
    closeAll 1e-9 "enlarged" (BoxJitter.Apply(boxes, noise) * factor.ToScalar()) (BoxJitter.Apply(boxes * factor.ToScalar(), noise))

[<Property>]
let ``deviations know neither place nor size`` (d: Distances, Between 1.0 4.0 factor, Between -50.0 50.0 shift) =
    use _ = torch.NewDisposeScope()
    let boxes = boxesOf d
    // Refined boxes whose mean has sides of at least a pixel.
    let refined = BoxJitter.Apply(boxes, noiseOf d 4, 0.01)
    let wide = torch.cat ([| refined.narrow (2, 0, 2); refined.narrow (2, 2, 2) + 1.0.ToScalar() |], 2L)
    for name, variance in [ "mean sides", BoxJitter.OverMeanSides; "half sides", BoxJitter.OverHalfSides ] do
        let moved (t: Tensor) = t * factor.ToScalar() + shift.ToScalar()
        closeAll 1e-6 name (variance.Invoke(wide, boxes)) (variance.Invoke(moved wide, moved boxes))

[<Property>]
let ``copies that agree have no deviation`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let boxes = boxesOf d
    let same = boxes.unsqueeze(0L).repeat [| 5L; 1L; 1L |]
    for variance in [ BoxJitter.OverMeanSides; BoxJitter.OverHalfSides ] do
        within 0.0 1e-9 "deviation" (variance.Invoke(same, boxes))

let private labelled (d: Distances) =
    PseudoLabels(Instances(boxesOf d, torch.zeros (int64 (count d), dtype = torch.int64), weightsOf d), d.P / 100.0.ToScalar())

let private rows (filter: PseudoLabelFilter) labels = Tensors.values (filter.Invoke labels) |> Set.ofArray

[<Property>]
let ``a stricter filter keeps no other labels`` (d: Distances, Share low, Share more) =
    use _ = torch.NewDisposeScope()
    let labels, high = labelled d, low + more
    check (Set.isSubset (rows (PseudoLabelFilters.Score high) labels) (rows (PseudoLabelFilters.Score low) labels)) "by score"
    let deviation (limit: float) = PseudoLabelFilters.Deviation(limit / 10.0)
    check (Set.isSubset (rows (deviation low) labels) (rows (deviation high) labels)) "by deviation"
    check (Set.isSubset (rows (PseudoLabelFilters.Score(low, 4.0)) labels) (rows (PseudoLabelFilters.Score low) labels)) "by side"

let private sceneSize = ImageSize(200, 200)

let private viewOf (map: Homography) size =
    let nothing = Instances(torch.zeros ([| 0L; 4L |]), torch.zeros ([| 0L |], dtype = torch.int64))
    let images = ImageBatch(torch.zeros ([| 1L; 3L; int64 size; int64 size |]), [| ImageSize(size, size) |])
    View(images, [| map |], [| sceneSize |], [| nothing |])

/// Resized by a factor, mirrored in an image of that width.
let private flipped (factor: float) size = Homography(factor, 0.0, 0.0, 0.0, factor, 0.0).Then(Homography.HorizontalFlip size)

[<Property>]
let ``boxes come back from another view`` (d: Distances, Between 0.5 2.0 factor, Between 0.0 20.0 shift) =
    use _ = torch.NewDisposeScope()
    let map = (flipped factor 400).Then(Homography.Translate(shift, shift))
    let size = ImageSize(1000, 1000)
    let moved = (labelled d).Moved(map, size)
    closeAll 1e-9 "boxes" (boxesOf d) (moved.Moved(map.Inverse(), size).Instances.Boxes)
    closeAll 0.0 "deviations" (labelled d).MeanDeviation moved.MeanDeviation

[<Property>]
let ``a moved box holds what the box held`` (d: Distances, Between -30.0 30.0 angle, Share across, Share down) =
    use _ = torch.NewDisposeScope()
    let boxes, map = boxesOf d, Homography.Translate(-50.0, -50.0).Then(Homography.Rotate angle).Then(Homography.Translate(80.0, 80.0))
    let there = map.Apply(boxes, ImageSize(1000, 1000))
    let outer = Tensors.values there
    Tensors.values boxes |> Array.chunkBySize 4 |> Array.iteri (fun i box ->
        let struct (x, y) = map.Apply(box[0] + across * (box[2] - box[0]), box[1] + down * (box[3] - box[1]))
        check (x >= outer[4 * i] - 1e-9 && x <= outer[4 * i + 2] + 1e-9) "x left the box"
        check (y >= outer[4 * i + 1] - 1e-9 && y <= outer[4 * i + 3] + 1e-9) "y left the box")

[<Property>]
let ``both transports agree where nothing is cut away`` (d: Distances, Between 0.5 2.0 factor) =
    use _ = torch.NewDisposeScope()
    let weak, strong = viewOf (flipped factor (int (200.0 * factor))) 500, viewOf (Homography(1.5, 0.0, 3.0, 0.0, 1.5, 2.0)) 500
    let seen = (labelled d).Moved(weak.FromOriginal[0], ImageSize(500, 500))
    let direct = PseudoLabelTransports.Direct(seen, weak, strong, 0)
    let around = (PseudoLabelTransports.ThroughOriginal()).Invoke(seen, weak, strong, 0)
    closeAll 1e-9 "boxes" direct.Instances.Boxes around.Instances.Boxes
    closeAll 0.0 "scores" direct.Scores around.Scores

[<Property>]
let ``a teacher stays between its steps`` (Between 0.0 20.0 t) =
    let every = (Momentum.Constant 0.5).Every 3
    let t = int64 t
    every.Invoke t = (if t % 3L = 0L then 0.5 else 1.0)

[<Fact>]
let ``each part of Soft Teacher may be an F# function`` () =
    use _ = torch.NewDisposeScope()
    let parts =
        SoftTeacherParts(
            Reliability = (fun scores -> scores.TeacherBackground * (1.0.ToScalar() - scores.Overlap)),
            RpnFilter = (fun labels -> labels.Scores.gt(0.7.ToScalar()).nonzero().squeeze 1L),
            ClassFilter = PseudoLabelFilters.Score 0.8,
            BoxFilter = (fun labels -> labels.MeanDeviation.lt(0.05.ToScalar()).nonzero().squeeze 1L),
            Variance = (fun refined _ -> refined.std 0L),
            ClassLoss = (fun samples -> LossTerm("loss_cls", (samples.Weights * samples.Losses).sum (), 512.0)),
            Momentum = (fun t -> if t < 500L then 0.0 else 0.9996)
        )

    parts.Try torch.CPU
    let names = [ "Reliability"; "RpnFilter"; "ClassFilter"; "BoxFilter"; "Variance"; "ClassLoss"; "Momentum" ]
    check (List.ofSeq parts.Names = names) "names of the parts"
