/// A deliberately broken loss for each law, and sound losses of corners.
module BoxTeacher.Properties.Tests.BrokenLosses

open TorchSharp
open BoxTeacher.Losses
open BoxTeacher.Properties

type Tensor = torch.Tensor

let private number (x: float) = x.ToScalar()
let private one = number 1.0
let private ofMasks = Loss.ofMasks
let private perObject (x: Tensor) = (x.flatten 1L).sum 1L

/// Squared errors of probabilities, summed over the pixels of each object: as sound as can be but for what is broken below.
let private errors (logits: Tensor) (truth: Tensor) = (logits.sigmoid () - truth).square ()

let private bceByLogarithms (x: Tensor) (t: Tensor) (w: Tensor) =
    let p = x.sigmoid ()
    w * perObject ((t * p.log () + (one - t) * (one - p).log ()).neg ())

let private intersection (p: Tensor) (t: Tensor) =
    let upper, lower = torch.minimum (p.narrow (1, 2, 2), t.narrow (1, 2, 2)), torch.maximum (p.narrow (1, 0, 2), t.narrow (1, 0, 2))
    (upper - lower).clamp(min = number 0.0).prod 1L

let private area (b: Tensor) = (b.narrow (1, 2, 2) - b.narrow (1, 0, 2)).prod 1L

let private iou (p: Tensor) (t: Tensor) =
    let inter = intersection p t
    inter / (area p + area t - inter + number 1e-9)

/// 1 - IoU of corners, with an eps for boxes without extent.
let linearIou = Loss.ofBoxes "1 - IoU of corners" (fun p t w -> w * (one - iou p t))

/// Each law with a loss that breaks it, and how many numbers the prediction of its simplest counterexample has at most.
let all: (Law * Loss * int) list =
    [ Law.finite, ofMasks "cross-entropy by logarithms" bceByLogarithms, 1
      Law.finiteGradient, ofMasks "root of squared errors" (fun x t w -> w * (perObject (errors x t)).sqrt ()), 1
      Law.finiteFarOut, ofMasks "dice without eps" (fun x t w -> w * DiceLoss.PerInstance(x.sigmoid (), t, 0.0)), 1
      Law.neverNegative, ofMasks "logarithm of dice" (fun x t w -> w * (one - DiceLoss.PerInstance(x.sigmoid (), t)).log ()), 1
      Law.within 0.0 1.0, ofMasks "sum taken for a mean" (fun x t w -> w * perObject (errors x t)), 2
      Law.zeroAtTruth 1e-3, ofMasks "dice without its 2" (fun x t w -> let p = x.sigmoid () in w * (one - perObject (p * t) / perObject (p.square () + t.square ()))), 1
      Law.leastAtTruth 1e-6, ofMasks "truth of 0.9" (fun x t w -> w * perObject (errors x (t * number 0.9))), 1
      Law.rightBeatsWrong, Loss.ofBoxes "IoU for 1 - IoU" (fun p t w -> w * iou p t), 4
      Law.surerIsBetter, ofMasks "logits drawn to 1 and -1" (fun x t w -> w * perObject ((x - (t * number 2.0 - one)).square ())), 1
      Law.towardsTruth, ofMasks "entropy" (fun x t w -> w * perObject ((x.sigmoid () * (one - x.sigmoid ())) + t * number 0.0)), 1
      Law.pullsToTruth, ofMasks "entropy" (fun x t w -> w * perObject ((x.sigmoid () * (one - x.sigmoid ())) + t * number 0.0)), 1
      Law.gradientOfValues, ofMasks "sign error in the gradient" (fun x t w -> w * perObject (errors (x.detach () * number 2.0 - x) t)), 1
      Law.weightZero, ofMasks "weights averaged" (fun x t w -> w.mean () * perObject (errors x t)), 2
      Law.linearInWeights, ofMasks "weights squared" (fun x t w -> w.square () * perObject (errors x t)), 1
      Law.apart, ofMasks "one dice for the batch" (fun x t w -> w * DiceLoss.PerInstance(x.sigmoid().unsqueeze 0L, t.unsqueeze 0L)), 2
      Law.additive, ofMasks "mean over the batch" (fun x t w -> (w * perObject (errors x t)).mean ()), 2
      Law.anyOrder, ofMasks "the first object counts double" (fun x t w -> (w * perObject (errors x t)).sum () + (w * perObject (errors x t)).narrow(0, 0, min 1L (x.size 0)).sum ()), 2
      Law.noObjects, ofMasks "mean over no objects" (fun x t w -> (w * perObject (errors x t)).mean ()), 1
      Law.symmetric, ofMasks "misses weighed more" (fun x t w -> w * DiceLoss.Tversky(x.sigmoid (), t)), 2
      Law.sameInsideOut, ofMasks "objects weighed more" (fun x t w -> w * perObject (errors x t * (one + t))), 1
      Law.sameInMirror, Loss.ofBoxes "the left edge forgotten" (fun p t w -> w * (p - t).abs().narrow(1, 1, 3).sum 1L), 4
      Law.gradientInMirror, ofMasks "no gradient for the first column" (fun x t w -> w * perObject (errors (torch.cat ([| x.narrow(2, 0, 1).detach (); x.narrow (2, 1, x.size 2 - 1L) |], 2L)) t)), 2
      Law.sameTurned, Loss.ofDistances "width for height" (fun p t w -> w * (p - t).square().narrow(1, 0, 1).sum 1L), 4
      Law.sameInFrame, ofMasks "mean over pixels" (fun x t w -> w * (errors x t).flatten(1L).mean [| 1L |]), 1
      Law.sameEnlarged 1e-4, Loss.ofBoxes "absolute differences" (fun p t w -> w * (p - t).abs().sum 1L), 4
      Law.sameElsewhere, Loss.ofBoxes "differences relative to the place" (fun p t w -> w * ((p - t).abs () / (one + t.abs ())).sum 1L), 4
      Law.singlePrecision 1e-3, ofMasks "a billion added and taken away" (fun x t w -> w * (perObject (errors x t) + number 1e9 - number 1e9)), 1
      Law.repeatable, ofMasks "dropout" (fun x t w -> w * perObject (errors x t * torch.rand_like x)), 1
      Law.leavesItsInput, ofMasks "clamped in place" (fun x t w -> w * perObject (errors (x.detach().clamp_ (number -1.0, one)) t)), 1 ]
