/// Laws of the losses of the box head.
module BoxTeacher.Properties.BoxLossLaws

open Xunit
open FsCheck.FSharp
open TorchSharp
open BoxTeacher.Losses
open BoxTeacher.Properties.Laws
open BoxTeacher.Properties.Cases

let private giou (p: Tensor) (q: Tensor) = LtrbLoss.GeneralizedIou(p, q)

/// Distances of the boxes seen in a mirror: left and right, or top and bottom, change places.
let private mirrored (order: int64 list) (ltrb: Tensor) = ltrb.index_select (1, torch.tensor (Array.ofList order))

[<Fact>]
let ``overlap losses lie within their bounds`` () =
    forAll distances (fun d ->
        giou d.P d.Q |> within 0.0 2.0 "1 - GIoU"
        LtrbLoss.LinearIou(d.P, d.Q) |> within 0.0 1.0 "1 - IoU"
        LtrbLoss.NegativeLogIou(d.P, d.Q) |> within 0.0 infinity "-ln IoU")

[<Fact>]
let ``overlap losses are zero at the truth`` () =
    forAll distances (fun d ->
        for loss in [ giou d.Q d.Q; LtrbLoss.LinearIou(d.Q, d.Q); LtrbLoss.NegativeLogIou(d.Q, d.Q) ] do
            loss |> within -1e-12 1e-12 "at the truth")

[<Fact>]
let ``overlap losses do not care which of two boxes is the target`` () =
    forAll distances (fun d -> closeAll 1e-12 "swapped" (giou d.P d.Q) (giou d.Q d.P))

[<Fact>]
let ``overlap losses do not change in a mirror`` () =
    forAll distances (fun d ->
        closeAll 1e-12 "left and right" (giou d.P d.Q) (giou (mirrored [ 2; 1; 0; 3 ] d.P) (mirrored [ 2; 1; 0; 3 ] d.Q))
        closeAll 1e-12 "up and down" (giou d.P d.Q) (giou (mirrored [ 0; 3; 2; 1 ] d.P) (mirrored [ 0; 3; 2; 1 ] d.Q)))

[<Fact>]
let ``overlap losses treat boxes alike`` () =
    forAll distances (fun d -> closeAll 1e-12 "order" ((giou d.P d.Q).flip 0L) (giou (d.P.flip 0L) (d.Q.flip 0L)))

[<Fact>]
let ``overlap losses grow away from the truth`` () =
    forAll distances (fun d ->
        // All sides too long by the same factor.
        let scaled (factor: float) = giou (d.Q * factor.ToScalar()) d.Q
        within 0.0 infinity "farther minus nearer" (scaled 3.0 - scaled 1.5))

[<Fact>]
let ``overlap losses have the gradients of their values`` () =
    forAll distances (fun d ->
        gradientAgrees (fun p -> (giou p d.Q).sum ()) d.P d.V
        gradientAgrees (fun p -> LtrbLoss.NegativeLogIou(p, d.Q).sum ()) d.P d.V)

[<Fact>]
let ``overlap losses stay finite for boxes without extent`` () =
    forAll distances (fun d ->
        let nothing = torch.zeros_like d.P
        giou nothing d.Q |> within 0.0 2.0 "nothing predicted"
        gradient (fun p -> (giou p d.Q).sum ()) nothing |> within -1e6 1e6 "gradient")

[<Fact>]
let ``centreness lies between zero and one, and is one at the centre`` () =
    forAll distances (fun d ->
        Centreness.Target d.P |> within 0.0 1.0 "centreness"
        let centred = torch.cat (([| d.P.narrow (1, 0, 2); d.P.narrow (1, 0, 2) |]: Tensor array), 1L)
        Centreness.Target centred |> within 1.0 1.0 "at the centre")

[<Fact>]
let ``centreness does not change in a mirror or with the scale`` () =
    forAll distances (fun d ->
        let expected = Centreness.Target d.P
        closeAll 1e-12 "mirrored" expected (Centreness.Target(mirrored [ 2; 1; 0; 3 ] d.P))
        closeAll 1e-12 "scaled" expected (Centreness.Target(d.P * 7.0.ToScalar())))

[<Fact>]
let ``centreness loss is least at the target`` () =
    forAll distances (fun d ->
        let target = Centreness.Target d.P
        let logits = torch.special.logit (target.clamp (0.001.ToScalar(), 0.999.ToScalar()))
        let best = number (Centreness.Sum(logits, logits.sigmoid ()))
        for shift in [ -1.0; 0.5 ] do
            if number (Centreness.Sum(logits + shift.ToScalar(), logits.sigmoid ())) < best then
                failwith "a shifted logit scores better")

let private positivesOf (m: Masks) = m.T.round().view(-1L).nonzero().view (-1L)

[<Fact>]
let ``focal loss is never negative, and zero for certain truths`` () =
    forAll masks (fun m ->
        FocalLoss.Elementwise(m.X, m.T) |> within 0.0 infinity "focal loss"
        let certain = (m.T.round () - 0.5.ToScalar()) * 100.0.ToScalar()
        FocalLoss.Elementwise(certain, m.T.round ()) |> within 0.0 1e-12 "at the truth")

[<Fact>]
let ``focal loss without focus is half the cross-entropy`` () =
    forAll masks (fun m ->
        let expected = torch.nn.functional.binary_cross_entropy_with_logits (m.X, m.T, reduction = torch.nn.Reduction.None)
        closeAll 1e-9 "cross-entropy" (expected * 0.5.ToScalar()) (FocalLoss.Elementwise(m.X, m.T, 0.5, 0.0)))

[<Fact>]
let ``focal loss falls as the truth becomes likelier`` () =
    forAll masks (fun m ->
        let truth = m.T.round ()
        let better = m.X + (truth - 0.5.ToScalar())
        within 0.0 infinity "worse minus better" (FocalLoss.Elementwise(m.X, truth) - FocalLoss.Elementwise(better, truth)))

[<Fact>]
let ``focal loss in closed form agrees in value and gradient`` () =
    forAll masks (fun m ->
        let truth = m.T.round ()
        let plain (x: Tensor) = FocalLoss.Elementwise(x, truth).sum ()
        let closed (x: Tensor) = FocalLoss.Sum(x, positivesOf m)
        close 1e-9 "sum" (number (plain m.X)) (number (closed m.X))
        closeAll 1e-9 "gradient" (gradient plain m.X) (gradient closed m.X))

[<Fact>]
let ``focal loss has the gradient of its values`` () =
    forAll smoothMasks (fun m ->
        gradientAgrees (fun x -> FocalLoss.Sum(x, positivesOf m)) m.X m.V
        gradientAgrees (fun x -> FocalLoss.Elementwise(x, m.T).sum ()) m.X m.V)

[<Fact>]
let ``focal loss with weight zero has no gradient`` () =
    forAll masks (fun m ->
        let none = torch.zeros ([| 1L |], dtype = torch.float64)
        gradient (fun x -> FocalLoss.Sum(x, positivesOf m) * none) m.X |> within 0.0 0.0 "gradient")

[<Fact>]
let ``a loss term scales with sum and factor and against its normaliser`` () =
    forAll distances (fun d ->
        let sum = d.P.sum ()
        let value (normaliser: float) factor floor = number (LossTerm("term", sum, normaliser, factor, floor).Value())
        close 1e-12 "factor" (3.0 * value 4.0 1.0 1.0) (value 4.0 3.0 1.0)
        close 1e-12 "normaliser" (value 4.0 1.0 1.0 / 2.0) (value 8.0 1.0 1.0)
        close 1e-12 "floor" (value 1.0 1.0 1.0) (value 0.0 1.0 1.0))
