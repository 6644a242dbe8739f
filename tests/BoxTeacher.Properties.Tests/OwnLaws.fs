/// Laws of our losses that are about them alone.
module BoxTeacher.Properties.Tests.OwnLaws

open Xunit
open TorchSharp
open BoxTeacher.Layers
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs
open BoxTeacher.Structures

/// Distances seen in a mirror: left and right, or top and bottom, change places.
let private mirrored (order: int64 list) (ltrb: Tensor) = ltrb.index_select (1, torch.tensor (Array.ofList order))

[<Property>]
let ``projection shares targets by index`` (m: Target) =
    use _ = torch.NewDisposeScope()
    let p = m.X.sigmoid ()
    let index = torch.zeros ([| int64 m.N |], dtype = torch.int64)
    let expected = ProjectionLoss.Max(p, m.T.index_select (0, index))
    closeAll 1e-12 "by index" expected (ProjectionLoss.Max(p, m.T, index))

[<Property>]
let ``projection of a box mask is zero for any mask that touches its sides`` (Binary m) =
    use _ = torch.NewDisposeScope()
    let boxMask = torch.ones_like m.T
    // A cross reaches every row and every column.
    let cross = torch.zeros_like m.T
    cross.narrow(1, int64 (m.H / 2), 1).fill_ (1.0.ToScalar()) |> ignore
    cross.narrow(2, int64 (m.W / 2), 1).fill_ (1.0.ToScalar()) |> ignore
    ProjectionLoss.Max(cross, boxMask) |> within 0.0 1e-4 "projection"

[<Property>]
let ``centerness lies between zero and one, and is one at the center`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    Centerness.Target d.P |> within 0.0 1.0 "centerness"
    let centered = torch.cat (([| d.P.narrow (1, 0, 2); d.P.narrow (1, 0, 2) |]: Tensor array), 1L)
    Centerness.Target centered |> within 1.0 1.0 "at the center"

[<Property>]
let ``centerness does not change in a mirror or with the scale`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let expected = Centerness.Target d.P
    closeAll 1e-12 "mirrored" expected (Centerness.Target(mirrored [ 2; 1; 0; 3 ] d.P))
    closeAll 1e-12 "scaled" expected (Centerness.Target(d.P * 7.0.ToScalar()))

[<Property>]
let ``centerness loss is least at the target`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let target = Centerness.Target d.P
    let logits = torch.special.logit (target.clamp (0.001.ToScalar(), 0.999.ToScalar()))
    let best = Tensors.number (Centerness.Sum(logits, logits.sigmoid ()))

    for shift in [ -1.0; 0.5 ] do
        check (Tensors.number (Centerness.Sum(logits + shift.ToScalar(), logits.sigmoid ())) >= best) "a shifted logit scores better"

let private positivesOf (m: Target) = m.T.round().view(-1L).nonzero().view -1L

[<Property>]
let ``focal loss without focus is half the cross-entropy`` (m: Target) =
    use _ = torch.NewDisposeScope()
    let expected = torch.nn.functional.binary_cross_entropy_with_logits (m.X, m.T, reduction = torch.nn.Reduction.None)
    closeAll 1e-9 "cross-entropy" (expected * 0.5.ToScalar()) (FocalLoss.Elementwise(m.X, m.T, 0.5, 0.0))

[<Property>]
let ``focal loss in closed form agrees in value and gradient`` (m: Target) =
    use _ = torch.NewDisposeScope()
    let truth = m.T.round ()
    let plain (x: Tensor) = FocalLoss.Elementwise(x, truth).sum ()
    let closed (x: Tensor) = FocalLoss.Sum(x, positivesOf m)
    close 1e-9 "sum" (Tensors.number (plain m.X)) (Tensors.number (closed m.X))
    closeAll 1e-9 "gradient" (Tensors.gradient plain m.X) (Tensors.gradient closed m.X)

[<Property>]
let ``a loss term scales with sum and factor and against its normalizer`` (d: Distances) =
    use _ = torch.NewDisposeScope()
    let sum = d.P.sum ()
    let value (normalizer: float) factor floor = Tensors.number (LossTerm("term", sum, normalizer, factor, floor).Value())
    close 1e-12 "factor" (3.0 * value 4.0 1.0 1.0) (value 4.0 3.0 1.0)
    close 1e-12 "normalizer" (value 4.0 1.0 1.0 / 2.0) (value 8.0 1.0 1.0)
    close 1e-12 "floor" (value 1.0 1.0 1.0) (value 0.0 1.0 1.0)

[<Fact>]
let ``+1 above and below lets an overlap loss rise on the way to the truth`` () =
    // A wide low box over a narrow high one: on the straight way to it the box is large in both directions.
    let low, high = [| 5.0; 0.15; 5.0; 0.15 |], [| 0.15; 5.0; 0.15; 5.0 |]
    let quarter = Array.map2 (fun p t -> p + 0.25 * (t - p)) low high
    use _ = torch.NewDisposeScope()
    let loss box = Tensors.number (LtrbLoss.LinearIou(tensorOf [ 1; 4 ] box, tensorOf [ 1; 4 ] high))
    check (loss quarter > loss low + 0.05) "it falls"

[<Property>]
let ``colors have affinities between zero and one that do not change in a mirror`` (image: Image) =
    use _ = torch.NewDisposeScope()
    let picture = tensorOf [ 1; image.Height; image.Width; 3 ] (Array.map float image.Pixels)
    let affinities (picture: Tensor) = ColorSimilarity.OfPairs(ColorSimilarity.Lab(picture.permute (0, 3, 1, 2)), PixelPairs(3, 2))
    affinities picture |> within 0.0 1.0 "affinity"
    let total (picture: Tensor) = (affinities picture).sum ()
    closeAll 1e-9 "left and right" (total picture) (total (picture.flip 2L))
    closeAll 1e-9 "turned" (total picture) (total (picture.transpose (1, 2)))
