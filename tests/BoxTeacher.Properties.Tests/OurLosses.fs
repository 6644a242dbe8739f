/// Our losses, the laws that they claim, and the laws that they break with the reason why.
module BoxTeacher.Properties.Tests.OurLosses

open TorchSharp
open BoxTeacher.Layers
open BoxTeacher.Structures
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties

type Tensor = torch.Tensor

/// A loss with what is known of it.
type Known =
    { Loss: Loss
      Claims: Law list
      Exceptions: (Law * string) list }

/// A loss claims all laws of its kind but the exceptions; a law given beside stands in for the one of its name, or is claimed as
/// well.
let private known (loss: Loss) (laws: Law list) (exceptions: (string * string) list) =
    let all = Laws.ofKind loss.Kind
    let find name (laws: Law list) = laws |> List.tryFind (fun law -> law.Name = name)
    let isException (law: Law) = exceptions |> List.exists (fun (name, _) -> name = law.Name)
    let claims = all |> List.filter (isException >> not) |> List.map (fun law -> find law.Name laws |> Option.defaultValue law)

    { Loss = loss
      Claims = claims @ (laws |> List.filter (fun law -> (find law.Name all).IsNone))
      Exceptions = [ for name, reason in exceptions -> all |> List.find (fun law -> law.Name = name), reason ] }

let private ofProbabilities name (perInstance: Tensor -> Tensor -> Tensor) =
    Loss.ofMasks name (fun logits truth weights -> weights * perInstance (logits.sigmoid ()) truth)

/// A loss that knows no weights, object by object.
let private oneByOne name (loss: Tensor -> Tensor -> Tensor) =
    Loss.ofMasks name (fun logits truth weights ->
        if logits.size 0 = 0L then logits.sum ()
        else torch.stack [| for i in 0L .. logits.size 0 - 1L -> loss (logits.select (0L, i)) (truth.select (0L, i)) |] * weights)

let private affinity name (pairs: PixelPairs) (affinities: Tensor -> Tensor) =
    Loss.ofMasks name (fun logits truth weights ->
        let pairWeights = affinities truth
        let region = PixelRegion(0, 0, int (logits.size 1), int (logits.size 2))
        let groups = [| for n in 0 .. int (logits.size 0) - 1 -> InstanceGroup(n, n, 1, region) |]
        let sums = PairwiseAffinity.Sums(logits, [| pairWeights |], groups, pairs).[0]
        weights * sums / pairWeights.sum([| 1L; 2L; 3L |]).clamp (min = 1.0.ToScalar()))

let private ofDistances name (perBox: Tensor -> Tensor -> Tensor) =
    Loss.ofDistances name (fun prediction truth weights -> weights * perBox prediction truth)

let private insideOut = "same inside out", "only the object's pixels count as hits"
let private notMean = "same enlarged", "it sums over pixels, and four times as many cost four times as much"
let private targetIsSpecial = "symmetric", "false positives and misses are weighed differently, or the truth alone is a probability of events"

let private shadowsAlone =
    [ "towards the truth", "a shadow does not tell which pixel casts it: taking a wrong pixel away may leave a row without one"
      "pulls to the truth", "the same, for small steps"
      insideOut ]

let private affinityAlone =
    [ "right beats wrong", "pairs agree as well when both ends are wrong"
      "towards the truth", "a pixel that leaves its wrong neighbors disagrees with them at first"
      "pulls to the truth", "the same, for small steps"
      "symmetric", "the truth chooses the pairs, the prediction is judged"
      "same in a frame", "pairs along the border gain a neighbor, and the mean is over more pairs"
      "same enlarged", "pairs are as many pixels apart as before" ]

let private plusOne =
    [ "same enlarged", "the published overlap carries +1 above and below the line, in units of the stride"
      "towards the truth", "that +1 prefers a small box across the true one to a large box nearer to it" ]

let private ofBinary = List.map (Law.presuming Need.binary)
let private published = PixelPairs(3, 2)
let private near = PixelPairs(3, 1)
let private atLeast (threshold: float) (affinities: Tensor) = (affinities.ge (threshold.ToScalar())).``to`` affinities.dtype

/// A picture painted by the truth: its value runs from one color to another.
let private painted (truth: Tensor) =
    let channel (low: float) (high: float) = low.ToScalar() + truth * (high - low).ToScalar()
    torch.stack ([| channel 20.0 200.0; channel 40.0 140.0; channel 200.0 50.0 |], 1L)

/// All losses of the core.
let all =
    [ // The least eps leaves at the truth is eps / (2 A + eps) for an object of A pixels.
      known (ofProbabilities "dice" (fun x t -> DiceLoss.PerInstance(x, t))) [ Law.within 0.0 1.0; Law.zeroAtTruth 5e-6 ] [ insideOut ]

      known (ofProbabilities "noisy dice" (fun x t -> DiceLoss.Noisy(x, t))) [ Law.zeroAtTruth 1e-12 ]
          [ "surer is better", "with few object pixels among many the divisor grows faster than the misses"
            "towards the truth", "the same, for other predictions"
            "pulls to the truth", "without an object, fewer false positives shrink the divisor faster than the misses"
            insideOut ]

      known (ofProbabilities "Tversky" (fun x t -> DiceLoss.Tversky(x, t))) [ Law.within 0.0 1.0; Law.zeroAtTruth 1e-12 ]
          [ targetIsSpecial; insideOut ]

      known (ofProbabilities "balanced Tversky" (fun x t -> DiceLoss.Tversky(x, t, 0.5, 0.5))) [ Law.within 0.0 1.0; Law.zeroAtTruth 1e-12 ] [ insideOut ]

      known (Loss.ofMasks "focal" (fun x t w -> w * FocalLoss.Elementwise(x, t).flatten(1L).sum 1L)) [ Law.zeroAtTruth 1e-12 ]
          [ targetIsSpecial; notMean; "same inside out", "alpha = 0.25 weighs objects less" ]

      known (Loss.ofMasks "focal, alpha 1/2" (fun x t w -> w * FocalLoss.Elementwise(x, t, 0.5).flatten(1L).sum 1L)) [ Law.zeroAtTruth 1e-12 ]
          [ targetIsSpecial; notMean ]

      known (oneByOne "focal, closed form" (fun x t -> FocalLoss.Sum(x, t.round().view(-1L).nonzero().view -1L))) [ Law.zeroAtTruth 1e-12 ]
          [ targetIsSpecial; notMean; "same inside out", "alpha = 0.25 weighs objects less" ]

      known (oneByOne "centerness" (fun x t -> Centerness.Sum(x, t))) [ Law.zeroAtTruth 1e-12 ] [ targetIsSpecial; notMean ]

      // Two dice losses of shadows, each of at least one pixel.
      known (ofProbabilities "projection" (fun x t -> ProjectionLoss.Max(x, t))) [ Law.within 0.0 2.0; Law.zeroAtTruth 1e-5 ]
          (("right beats wrong", "a mask and its contrary may cast the same shadows") :: shadowsAlone)

      // A pixel casts a mean shadow of 1 / side, so that eps weighs side^2 times as much: 64 eps / 2 on each axis.
      known (ofProbabilities "mean projection" (fun x t -> ProjectionLoss.Mean(x, t))) [ Law.within 0.0 2.0; Law.zeroAtTruth 6.4e-4; Law.sameEnlarged 1e-3 ]
          ([ "right beats wrong", "a mask of half of each row and column casts the mean shadows of its contrary"
             "same in a frame", "the frame makes mean shadows fainter, and eps weigh more" ]
           @ shadowsAlone)

      // As BoxTeacher has it. Soft masks may lie on the threshold, where rounding decides.
      known
          (affinity "mask affinity" published (fun t -> Affinity.OfMasks(MaskSmoothing.Mean3x3 t, published) |> atLeast 0.5))
          (Law.zeroAtTruth 1e-9 :: ofBinary [ Law.sameInMirror; Law.gradientInMirror; Law.sameTurned; Law.singlePrecision 1e-3 ])
          (("same inside out", "smoothing pads with zeros, which is background") :: affinityAlone)

      known (affinity "mask affinity, soft" near (fun t -> Affinity.OfMasks(t, near))) [ Law.zeroAtTruth 1e-9 ] affinityAlone

      // As BoxInst has it; of two colors, which one the object has does not matter.
      known (affinity "color affinity" published (fun t -> ColorSimilarity.OfPairs(ColorSimilarity.Lab(painted t), published) |> atLeast 0.3))
          (Law.zeroAtTruth 1e-9 :: ofBinary [ Law.sameInsideOut; Law.sameInMirror; Law.gradientInMirror; Law.sameTurned; Law.singlePrecision 1e-3 ])
          affinityAlone

      known (ofDistances "GIoU" (fun p t -> LtrbLoss.GeneralizedIou(p, t))) [ Law.within 0.0 2.0; Law.zeroAtTruth 1e-12 ] plusOne
      known (ofDistances "IoU" (fun p t -> LtrbLoss.LinearIou(p, t))) [ Law.within 0.0 1.0; Law.zeroAtTruth 1e-12 ] plusOne
      known (ofDistances "-ln IoU" (fun p t -> LtrbLoss.NegativeLogIou(p, t))) [ Law.zeroAtTruth 1e-12 ] plusOne

      // FCOS weighs boxes by their centerness and divides by the weights' sum.
      known
          (Loss.ofDistances "GIoU, weighted mean" (fun p t w -> LossTerm("box", (w * LtrbLoss.GeneralizedIou(p, t)).sum (), w.sum (), 1.0, 1e-6).Value()))
          [ Law.within 0.0 2.0; Law.zeroAtTruth 1e-12 ]
          ([ "linear in weights", "it divides by the sum of the weights"
             "additive", "the same" ]
           @ plusOne) ]
