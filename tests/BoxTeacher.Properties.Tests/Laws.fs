/// Runs properties, and compares tensors in them.
module BoxTeacher.Properties.Laws

open System
open FsCheck
open FsCheck.FSharp
open TorchSharp

type Tensor = torch.Tensor

/// FSCHECK_REPLAY="(rnd,gamma)" or "(rnd,gamma,size)", as a failing property prints it, repeats that run.
let private replay =
    match Environment.GetEnvironmentVariable "FSCHECK_REPLAY" with
    | null | "" -> None
    | text ->
        match text.Trim('(', ')').Split(',') |> Array.map (fun part -> part.Trim()) with
        | [| rnd; gamma |] -> Some { Rnd = Rnd(UInt64.Parse rnd, UInt64.Parse gamma); Size = None }
        | [| rnd; gamma; size |] -> Some { Rnd = Rnd(UInt64.Parse rnd, UInt64.Parse gamma); Size = Some(int size) }
        | _ -> invalidArg "FSCHECK_REPLAY" $"expected (rnd,gamma) or (rnd,gamma,size), not {text}"

let private config = Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay replay

/// Holds a law to 200 cases. Tensors made in it are disposed of.
let forAll (cases: Arbitrary<'a>) (law: 'a -> unit) =
    let property = Prop.forAll cases (fun case ->
        use _ = torch.NewDisposeScope()
        law case)
    Check.One(config, property)

/// A float64 tensor of that shape.
let tensorOf (shape: int list) (values: float[]) : Tensor =
    torch.tensor (values, ReadOnlySpan(shape |> List.map int64 |> Array.ofList), dtype = torch.float64)

/// The values of a tensor in row-major order.
let values (tensor: Tensor) : float[] =
    use copy = tensor.detach().``to``(torch.float64).contiguous()
    copy.data<float>().ToArray()

/// The value of a tensor with one element.
let number (tensor: Tensor) = (values tensor)[0]

let private fail (message: string) = raise (Xunit.Sdk.XunitException message)

/// |actual - expected| <= tolerance * max(1, |expected|), and the numbers are finite.
let close tolerance (what: string) (expected: float) (actual: float) =
    if not (abs (actual - expected) <= tolerance * max 1.0 (abs expected)) then
        fail $"{what}: {actual:R}, expected {expected:R}"

/// The same for each element.
let closeAll tolerance what (expected: Tensor) (actual: Tensor) =
    if expected.shape <> actual.shape then
        fail $"{what}: shape {actual.shape}, expected {expected.shape}"
    Array.iteri2 (fun i e a -> close tolerance $"{what}[{i}]" e a) (values expected) (values actual)

/// Every element lies in [low, high], up to rounding.
let within low high what (tensor: Tensor) =
    for value in values tensor do
        if not (value >= low - 1e-9 && value <= high + 1e-9) then
            fail $"{what}: {value:R} is outside [{low}, {high}]"

/// The gradient of a scalar function.
let gradient (f: Tensor -> Tensor) (at: Tensor) : Tensor =
    let x = at.detach().clone().requires_grad_ ()
    let y: Tensor = f x
    if y.requires_grad then
        y.backward ()
    match x.grad with
    | null -> torch.zeros_like x
    | g -> g

/// The derivative along a direction agrees with a central difference. The function must be smooth around the point.
let gradientAgrees (f: Tensor -> Tensor) (at: Tensor) (direction: Tensor) =
    let step = 1e-5
    let along (h: float) = number (f (at + direction * h.ToScalar()))
    let numeric = (along step - along -step) / (2.0 * step)
    let analytic = number ((gradient f at * direction).sum ())
    close 1e-5 "derivative along a direction" numeric analytic
