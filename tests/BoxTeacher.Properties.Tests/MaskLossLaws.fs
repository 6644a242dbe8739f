/// Laws of the losses that compare a mask with a target.
module BoxTeacher.Properties.MaskLossLaws

open Xunit
open TorchSharp
open BoxTeacher.Losses
open BoxTeacher.Properties.Laws
open BoxTeacher.Properties.Cases

/// A mask loss with what is known of it: its largest value, whether mask and target may change places, and whether
/// it grows all the way from the truth to its complement.
type Known =
    { Loss: Tensor -> Tensor -> Tensor
      Most: float; Symmetric: bool; Monotone: bool }

let private known (name: string) =
    match name with
    | "dice" -> { Loss = (fun x t -> DiceLoss.PerInstance(x, t)); Most = 1.0; Symmetric = true; Monotone = true }
    | "noisy dice" -> { Loss = (fun x t -> DiceLoss.Noisy(x, t)); Most = infinity; Symmetric = true; Monotone = false }
    | "Tversky" -> { Loss = (fun x t -> DiceLoss.Tversky(x, t)); Most = 1.0; Symmetric = false; Monotone = true }
    | "balanced Tversky" -> { Loss = (fun x t -> DiceLoss.Tversky(x, t, 0.5, 0.5)); Most = 1.0; Symmetric = true; Monotone = true }
    | "projection" -> { Loss = (fun x t -> ProjectionLoss.Max(x, t)); Most = 2.0; Symmetric = true; Monotone = true }
    | "mean projection" -> { Loss = (fun x t -> ProjectionLoss.Mean(x, t)); Most = 2.0; Symmetric = true; Monotone = true }
    | other -> failwith $"unknown loss {other}"

/// The names of all losses, as theory data.
let all =
    let names = TheoryData<string>()
    for name in [ "dice"; "noisy dice"; "Tversky"; "balanced Tversky"; "projection"; "mean projection" ] do
        names.Add name
    names

let private probabilities (m: Masks) = m.X.sigmoid ()

[<Theory; MemberData(nameof all)>]
let ``lies between zero and its bound`` name =
    let law = known name
    forAll masks (fun m -> law.Loss (probabilities m) m.T |> within 0.0 law.Most name)

[<Theory; MemberData(nameof all)>]
let ``is zero at the truth`` name =
    let law = known name
    forAll binaryMasks (fun m -> law.Loss m.T m.T |> within 0.0 1e-3 name)

[<Theory; MemberData(nameof all)>]
let ``gets worse away from the truth`` name =
    let law = known name
    if law.Monotone then
      forAll binaryMasks (fun m ->
        // Half way to the complement is worse than a quarter of the way.
        let towards (part: float) = law.Loss (m.T * (1.0 - part).ToScalar() + (1.0.ToScalar() - m.T) * part.ToScalar()) m.T
        within 0.0 infinity name (towards 0.5 - towards 0.25))

[<Theory; MemberData(nameof all)>]
let ``does not care which of two equals is the target`` name =
    let law = known name
    if law.Symmetric then
        forAll masks (fun m -> closeAll 1e-9 name (law.Loss (probabilities m) m.T) (law.Loss m.T (probabilities m)))

[<Theory; MemberData(nameof all)>]
let ``treats instances alike`` name =
    let law = known name
    forAll masks (fun m ->
        let loss = law.Loss (probabilities m) m.T
        closeAll 1e-12 name (loss.flip 0L) (law.Loss ((probabilities m).flip 0L) (m.T.flip 0L)))

[<Theory; MemberData(nameof all)>]
let ``does not change when picture and target are mirrored or turned`` name =
    let law = known name
    forAll masks (fun m ->
        let p = probabilities m
        let loss = law.Loss p m.T
        closeAll 1e-9 "mirrored" loss (law.Loss (p.flip 2L) (m.T.flip 2L))
        closeAll 1e-9 "turned" loss (law.Loss (p.transpose (1, 2)) (m.T.transpose (1, 2))))

[<Theory; MemberData(nameof all)>]
let ``has the gradient of its values`` name =
    let law = known name
    forAll smoothMasks (fun m -> gradientAgrees (fun x -> (law.Loss (x.sigmoid ()) m.T).sum ()) m.X m.V)

[<Theory; MemberData(nameof all)>]
let ``has no gradient with weight zero`` name =
    let law = known name
    forAll masks (fun m ->
        let weighted (x: Tensor) = (law.Loss (x.sigmoid ()) m.T * torch.zeros ([| int64 m.N |], dtype = torch.float64)).sum ()
        gradient weighted m.X |> within 0.0 0.0 name)

[<Theory; MemberData(nameof all)>]
let ``has a finite gradient at any logit`` name =
    let law = known name
    forAll masks (fun m -> gradient (fun x -> (law.Loss (x.sigmoid ()) m.T).sum ()) m.X |> within -1e6 1e6 name)

[<Theory; MemberData(nameof all)>]
let ``keeps instances apart`` name =
    let law = known name
    forAll masks (fun m ->
        let first (x: Tensor) = (law.Loss (x.sigmoid ()) m.T).select (0L, 0L)
        let g = gradient first m.X
        if m.N > 1 then
            g.narrow (0, 1, int64 m.N - 1L) |> within 0.0 0.0 name)

[<Fact>]
let ``projection shares targets by index`` () =
    forAll masks (fun m ->
        let p = probabilities m
        let index = torch.zeros ([| int64 m.N |], dtype = torch.int64)
        let expected = ProjectionLoss.Max(p, m.T.index_select (0, index))
        closeAll 1e-12 "by index" expected (ProjectionLoss.Max(p, m.T, index)))

[<Fact>]
let ``projection of a box mask is zero for any mask that touches its sides`` () =
    forAll binaryMasks (fun m ->
        let boxMask = torch.ones_like m.T
        // A cross reaches every row and every column.
        let cross = torch.zeros_like m.T
        cross.narrow(1, int64 (m.H / 2), 1).fill_ (1.0.ToScalar()) |> ignore
        cross.narrow(2, int64 (m.W / 2), 1).fill_ (1.0.ToScalar()) |> ignore
        ProjectionLoss.Max(cross, boxMask) |> within 0.0 1e-4 "projection")
