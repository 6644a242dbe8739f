/// Laws of the pairwise term, of its closed form, and of the pairs it looks at.
module BoxTeacher.Properties.Tests.PairwiseLaws

open TorchSharp
open BoxTeacher.Layers
open BoxTeacher.Structures
open BoxTeacher.Losses
open BoxTeacher.Methods
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs

/// Weights of all pairs of each instance, from the case's targets and directions: [N, P, H, W].
let private weightsOf (pairs: PixelPairs) (m: Target) : Tensor =
    (pairs.Second m.T + m.V.abs().unsqueeze -3L) * pairs.Inside m.T

let private groupsOf (m: Target) =
    [| for n in 0 .. m.N - 1 -> InstanceGroup(n, n, 1, PixelRegion(0, 0, m.H, m.W)) |]

let private sums (pairs: PixelPairs) (m: Target) (weights: Tensor) (x: Tensor) =
    PairwiseAffinity.Sums(x, [| weights |], groupsOf m, pairs).[0]

[<Property(MaxTest = 600)>]
let ``is never negative, and small where both logits say the same`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    PairwiseAffinity.PerPair(m.X, pairs) |> within 0.0 infinity "loss of pairs"
    PairwiseAffinity.PerPair(torch.full_like(m.X, 50.0.ToScalar()), pairs) |> within 0.0 1e-15 "both inside"
    PairwiseAffinity.PerPair(torch.full_like(m.X, -50.0.ToScalar()), pairs) |> within 0.0 1e-15 "both outside"

[<Property(MaxTest = 600)>]
let ``is the negative logarithm of agreeing`` (Pairs pairs) (Smooth m) =
    use _ = torch.NewDisposeScope()
    let p = m.X.sigmoid ()
    let first, second = p.unsqueeze -3L, pairs.Second p
    let agree = first * second + (1.0.ToScalar() - first) * (1.0.ToScalar() - second)
    closeAll 1e-9 "loss" (agree.log().neg () * pairs.Inside p) (PairwiseAffinity.PerPair(m.X, pairs))

[<Property(MaxTest = 600)>]
let ``does not care which side is the object`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    closeAll 1e-12 "complement" (PairwiseAffinity.PerPair(m.X, pairs)) (PairwiseAffinity.PerPair(m.X.neg (), pairs))

[<Property(MaxTest = 600)>]
let ``does not change when the picture is mirrored`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let total (x: Tensor) = PairwiseAffinity.PerPair(x, pairs).sum [| 1L; 2L; 3L |]
    closeAll 1e-9 "left and right" (total m.X) (total (m.X.flip 2L))
    closeAll 1e-9 "up and down" (total m.X) (total (m.X.flip 1L))
    closeAll 1e-9 "turned" (total m.X) (total (m.X.transpose (1, 2)))

[<Property(MaxTest = 600)>]
let ``closed form gives the same sums`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let weights = weightsOf pairs m
    let expected = (PairwiseAffinity.PerPair(m.X, pairs) * weights).sum [| 1L; 2L; 3L |]
    closeAll 1e-9 "sums" expected (sums pairs m weights m.X)

[<Property(MaxTest = 600)>]
let ``closed form gives the same gradient`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let weights = weightsOf pairs m
    let expected = Tensors.gradient (fun x -> (PairwiseAffinity.PerPair(x, pairs) * weights).sum ()) m.X
    closeAll 1e-9 "gradient" expected (Tensors.gradient (fun x -> (sums pairs m weights x).sum ()) m.X)

[<Property(MaxTest = 600)>]
let ``has the gradient of its values`` (Pairs pairs) (Smooth m) =
    use _ = torch.NewDisposeScope()
    let weights = weightsOf pairs m
    gradientAgrees (fun x -> (sums pairs m weights x).sum ()) m.X m.V

[<Property(MaxTest = 600)>]
let ``is linear in its weights, and weight zero gives no gradient`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let weights = weightsOf pairs m
    let both = PairwiseAffinity.Sums(m.X, [| weights; weights * 3.0.ToScalar() |], groupsOf m, pairs)
    closeAll 1e-9 "three times" (both[0] * 3.0.ToScalar()) both[1]
    Tensors.gradient (fun x -> (sums pairs m (torch.zeros_like weights) x).sum ()) m.X |> within 0.0 0.0 "gradient"

[<Property(MaxTest = 600)>]
let ``has a finite gradient at any logit`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let bound = 2.0 * float (pairs.Count * 2)
    Tensors.gradient (fun x -> (sums pairs m (weightsOf pairs m) x).sum ()) m.X |> within -bound bound "gradient"

[<Property(MaxTest = 600)>]
let ``a region around all weights is enough`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    // Weights only for pairs with an end in the lower right part.
    let inside = torch.zeros_like m.T
    let top, left = m.H / 2, m.W / 2
    inside.narrow(1, int64 top, int64 (m.H - top)).narrow(2, int64 left, int64 (m.W - left)).fill_ (1.0.ToScalar()) |> ignore
    let weights = weightsOf pairs m * (inside.unsqueeze -3L + pairs.Second inside)
    let region = PixelRegion(max 0 (top - pairs.Reach), max 0 (left - pairs.Reach), m.H - max 0 (top - pairs.Reach), m.W - max 0 (left - pairs.Reach))
    let groups = [| for n in 0 .. m.N - 1 -> InstanceGroup(n, n, 1, region) |]
    let cropped (x: Tensor) = PairwiseAffinity.Sums(x, [| weights |], groups, pairs).[0]
    closeAll 1e-9 "sums" (sums pairs m weights m.X) (cropped m.X)
    closeAll 1e-9 "gradient" (Tensors.gradient (fun x -> (sums pairs m weights x).sum ()) m.X) (Tensors.gradient (fun x -> (cropped x).sum ()) m.X)

[<Property(MaxTest = 600)>]
let ``instances of one box share its weights`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let weights = (weightsOf pairs m).narrow (0, 0, 1)
    let together = [| InstanceGroup(0, 0, m.N, PixelRegion(0, 0, m.H, m.W)) |]
    let expected = sums pairs m (weights.expand ([| int64 m.N; -1L; -1L; -1L |]: int64 array)) m.X
    closeAll 1e-9 "sums" expected (PairwiseAffinity.Sums(m.X, [| weights |], together, pairs).[0])

[<Property(MaxTest = 600)>]
let ``folding is the transpose of unfolding`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let ofPairs = weightsOf pairs m
    let directed = torch.cat (([| ofPairs.flip -3L; pairs.Second m.X |]: Tensor array), -3L)
    let left = (pairs.Unfold ofPairs * directed).sum ()
    let right = (ofPairs * pairs.Fold directed).sum ()
    close 1e-9 "inner products" (Tensors.number left) (Tensors.number right)

[<Property(MaxTest = 600)>]
let ``mask affinity lies between zero and one and is that of the complement`` (Pairs pairs) (m: Target) =
    use _ = torch.NewDisposeScope()
    let affinity (masks: Tensor) = Affinity.OfMasks(masks, pairs)
    affinity m.T |> within 0.0 1.0 "affinity"
    closeAll 1e-12 "complement" (affinity m.T) (affinity (1.0.ToScalar() - m.T))
    affinity (MaskSmoothing.Mean3x3 m.T) |> within 0.0 1.0 "smoothed affinity"
