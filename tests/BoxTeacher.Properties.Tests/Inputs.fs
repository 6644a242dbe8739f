/// What the tests of this project are tried on, and how they compare tensors.
module BoxTeacher.Properties.Tests.Inputs

open System
open FsCheck
open FsCheck.FSharp
open TorchSharp
open BoxTeacher.Data
open BoxTeacher.Layers
open BoxTeacher.Properties
open BoxTeacher.Structures

type Tensor = torch.Tensor

/// 200 cases, the same ones in every run; FSCHECK_REPLAY begins elsewhere.
let settings = if Settings.standard.Start.IsSome then Settings.standard else Settings.standard |> Settings.seeded 7

/// A float64 tensor of a shape.
let tensorOf (shape: int list) (values: float[]) : Tensor = Tensors.ofShape (shape |> List.map int64 |> Array.ofList) values

let private fail (message: string) = raise (Xunit.Sdk.XunitException message)

/// Fails with a message when a condition does not hold.
let check condition message = if not condition then fail message

/// |actual - expected| <= tolerance * max(1, |expected|), and the numbers are finite.
let close tolerance (what: string) (expected: float) (actual: float) =
    if not (abs (actual - expected) <= tolerance * max 1.0 (abs expected)) then
        fail $"{what}: {actual:R}, expected {expected:R}"

/// The same for each element.
let closeAll tolerance what (expected: Tensor) (actual: Tensor) =
    if expected.shape <> actual.shape then
        fail $"{what}: shape {actual.shape}, expected {expected.shape}"

    Array.iteri2 (fun i e a -> close tolerance $"{what}[{i}]" e a) (Tensors.values expected) (Tensors.values actual)

/// Every element lies in [low, high], up to rounding.
let within low high what (tensor: Tensor) =
    for value in Tensors.values tensor do
        if not (value >= low - 1e-9 && value <= high + 1e-9) then
            fail $"{what}: {value:R} is outside [{low}, {high}]"

/// The derivative along a direction agrees with a central difference. The function must be smooth around the point.
let gradientAgrees (f: Tensor -> Tensor) (at: Tensor) (direction: Tensor) =
    let step = 1e-5
    let along (h: float) = Tensors.number (f (at + direction * h.ToScalar()))
    let numeric = (along step - along -step) / (2.0 * step)
    close 1e-5 "derivative along a direction" numeric (Tensors.number ((Tensors.gradient f at * direction).sum ()))

/// Logits X and masks T of N objects on H x W pixels, and as many numbers V in [-1, 1], no two steps alike.
type Target with
    member target.N = target.Instances.Length
    member target.H = target.Size.Height
    member target.W = target.Size.Width
    member target.X = let case = Case.Masks target in Tensors.ofShape case.Shape case.Prediction
    member target.T = let case = Case.Masks target in Tensors.ofShape case.Shape case.Truth
    member target.V = tensorOf [ target.N; target.H; target.W ] (Array.init (target.N * target.H * target.W) (fun i -> cos (float (i * i) + 0.3 * float i)))

/// Logits at which losses are smooth: no ties, no saturation.
type Smooth = Smooth of Target

/// Masks of 0 and 1 of which none is empty.
type Binary = Binary of Target

/// Distances of n boxes to their sides, all above 0, beside those of others.
type Distances =
    { Prediction: float[]
      Truth: float[] }

    member this.P = tensorOf [ this.Prediction.Length / 4; 4 ] this.Prediction
    member this.Q = tensorOf [ this.Truth.Length / 4; 4 ] this.Truth

/// Overlaps of n predictions with g boxes, with their scores; all scores differ.
type Overlaps = { Iou: float32[,]; Scores: float32[] }

/// A number in [0, 1].
type Share = Share of float

/// The number that lies so far between two others.
let (|Between|) low high (Share share) = low + share * (high - low)

/// Side and dilation of a window of pairs.
type Window = Window of size: int * dilation: int

/// The pairs of a window.
let (|Pairs|) (Window(size, dilation)) = PixelPairs(size, dilation)

/// All kinds of losses.
let kinds = [ Kind.Masks; Kind.Boxes BoxFormat.Corners; Kind.Boxes BoxFormat.Distances ]

let private targets (needs: Need list) =
    let law = Law.create "" "" (fun _ -> true) needs (fun _ _ -> Ok())
    let target = function Case.Masks target -> target | Case.Boxes _ -> failwith "masks were asked for"
    Laws.inputs Kind.Masks law |> Arb.convert target Case.Masks

/// What properties are tried on.
type Arbitraries =
    /// Left as they are, since their shrinker is among what is tested.
    static member Case() = Gen.elements kinds |> Gen.bind Generate.case |> Arb.fromGen

    static member Image() = Arb.fromGenShrink (Generate.size |> Gen.bind Generate.image, Shrink.image)
    static member Share() = Generate.number 0.0 1.0 |> Gen.map Share |> Arb.fromGen
    static member Window() = Gen.elements [ Window(3, 1); Window(3, 2); Window(5, 1) ] |> Arb.fromGen

    /// Any masks and logits, saturated and uniform ones among them.
    static member Target() = targets []

    static member Smooth() = targets [ Need.noTies ] |> Arb.convert Smooth (fun (Smooth target) -> target)
    static member Binary() = targets [ Need.binary; Need.seen ] |> Arb.convert Binary (fun (Binary target) -> target)

    static member Distances() =
        let gen =
            gen {
                let! n = Gen.choose (1, 5)
                let! prediction = Gen.arrayOfLength (4 * n) (Generate.number 0.1 12.0)
                let! truth = Gen.arrayOfLength (4 * n) (Generate.number 0.1 12.0)
                return { Prediction = prediction; Truth = truth }
            }

        let shrink d =
            seq {
                if d.Prediction.Length > 4 then
                    let half = d.Prediction.Length / 8 * 4
                    { Prediction = d.Prediction[.. half - 1]; Truth = d.Truth[.. half - 1] }
            }

        Arb.fromGenShrink (gen, shrink)

    static member Overlaps() =
        gen {
            let! n = Gen.choose (0, 8)
            let! g = Gen.choose (0, 5)
            let! iou = Gen.arrayOfLength (n * g) (Generate.number 0.0 1.0)
            let! scores = Gen.shuffle [| for i in 1 .. n -> float32 i / float32 (n + 1) |]
            return { Iou = Array2D.init n g (fun i j -> float32 iou[i * g + j]); Scores = scores }
        }
        |> Arb.fromGen

let private replay =
    let start = settings.Start.Value
    let size = start.Size |> Option.map (fun size -> $",{size}") |> Option.defaultValue ""
    $"({start.Rnd.Seed},{start.Rnd.Gamma}{size})"

/// A property of these inputs: 200 of them, the same ones in every run; FSCHECK_REPLAY begins elsewhere.
type PropertyAttribute() as property =
    inherit FsCheck.Xunit.PropertyAttribute()

    do
        property.Arbitrary <- [| typeof<Arbitraries> |]
        property.MaxTest <- settings.Cases
        property.QuietOnSuccess <- true
        property.Replay <- replay
