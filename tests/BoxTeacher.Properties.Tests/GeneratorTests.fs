/// Generators cover the special cases, and shrinkers keep what fits together and come to an end.
module BoxTeacher.Properties.Tests.GeneratorTests

open Xunit
open FsCheck
open FsCheck.FSharp
open BoxTeacher.Data
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.Inputs
open BoxTeacher.Structures

/// Inputs of one kind at growing sizes, the same each time.
let private samples kind =
    [ for size in [ 1; 20; 50; 100 ] do
          yield! Generate.case kind |> Gen.sampleWithSeed (Rnd 7UL) size 300 ]

let private shareOf holds cases = (cases |> List.filter holds |> List.length |> float) / float (List.length cases)

let private someOf what cases holds =
    let share = shareOf holds cases
    Assert.True(share > 0.005, $"{what}: {100.0 * share:F2} percent")

[<Fact>]
let ``inputs fit together`` () =
    for kind in kinds do
        Assert.All(samples kind, fun case -> Assert.True(Agreement.ofCase case, string case))

[<Fact>]
let ``special masks and logits come up`` () =
    let instances = samples Kind.Masks |> List.collect (function Case.Masks target -> target.Instances | _ -> [])
    let some what (holds: Instance -> bool) = someOf what instances holds
    let all (value: float) (grid: Grid) = grid.Values |> Array.forall ((=) value)
    some "empty" (fun i -> all 0.0 i.Mask)
    some "full" (fun i -> i.Mask.Values.Length > 1 && all 1.0 i.Mask)
    some "single pixel" (fun i -> i.Mask.Values.Length > 4 && Array.sum i.Mask.Values = 1.0 && Array.contains 1.0 i.Mask.Values)
    some "soft" (fun i -> i.Mask.Values |> Array.exists (fun t -> t > 0.0 && t < 1.0))
    some "rectangle" (fun i -> i.Mask.Values.Length > 9 && not (all 0.0 i.Mask) && i.Mask = Grid.ofBox i.Mask.Height i.Mask.Width i.Box)
    some "all certain of the object" (fun i -> all 50.0 i.Logits)
    some "all certain of the background" (fun i -> all -50.0 i.Logits)
    some "empty and certainly so" (fun i -> all 0.0 i.Mask && all -50.0 i.Logits)
    some "certainly missed" (fun i -> i.Mask.Values |> Array.contains 1.0 && all -50.0 i.Logits)
    some "both certainties side by side" (fun i -> Array.contains 50.0 i.Logits.Values && Array.contains -50.0 i.Logits.Values)
    some "all undecided" (fun i -> all 0.0 i.Logits)
    some "near 0" (fun i -> i.Logits.Values |> Array.forall (fun x -> abs x <= 0.01 && x <> 0.0))
    some "weight 0" (fun i -> i.Weight = 0.0)
    some "weight 1" (fun i -> i.Weight = 1.0)
    some "another weight" (fun i -> i.Weight <> 0.0 && i.Weight <> 1.0)
    some "largest" (fun i -> i.Mask.Values.Length = 64)

[<Fact>]
let ``special pairs of boxes come up`` () =
    let pairs kind = samples kind |> List.collect (function Case.Boxes(_, pairs) -> pairs | _ -> [])
    let overlap (p: BoxPair) = min p.Prediction.X1 p.Truth.X1 - max p.Prediction.X0 p.Truth.X0, min p.Prediction.Y1 p.Truth.Y1 - max p.Prediction.Y0 p.Truth.Y0
    let within (a: Box) (b: Box) = a <> b && a.X0 >= b.X0 && a.Y0 >= b.Y0 && a.X1 <= b.X1 && a.Y1 <= b.Y1

    for format in [ BoxFormat.Corners; BoxFormat.Distances ] do
        let some what holds = someOf $"{what}, {format}" (pairs (Kind.Boxes format)) holds
        some "the same" (fun p -> p.Prediction = p.Truth)
        some "inside" (fun p -> within p.Prediction p.Truth && p.Prediction.Area > 0.0)
        some "around" (fun p -> within p.Truth p.Prediction)
        some "without extent" (fun p -> p.Prediction.Area = 0.0)
        some "thin" (fun p -> p.Truth.Width < 0.25 && p.Truth.Height > 1.0)

    let some what holds = someOf what (pairs (Kind.Boxes BoxFormat.Corners)) holds
    some "apart" (fun p -> let x, y = overlap p in x < 0.0 || y < 0.0)
    some "touching" (fun p -> fst (overlap p) = 0.0 && p.Prediction.Area > 0.0)
    Assert.All(pairs (Kind.Boxes BoxFormat.Distances), fun p -> let x, y = overlap p in Assert.True(x >= 0.0 && y >= 0.0))

[<Fact>]
let ``one or more objects come up`` () =
    for kind in kinds do
        for count in 1..3 do
            someOf $"{count} objects" (samples kind) (fun case -> case.Count = count)

[<Property>]
let ``pictures have the size they are asked for`` (target: Target) =
    Prop.forAll (Generate.image target.Size |> Arb.fromGen) (fun image -> image.Size = target.Size)

[<Property>]
let ``boxes lie on the picture and cover their masks`` (target: Target) =
    for instance in target.Instances do
        let box = instance.Box
        check (box.X0 >= 0.0 && box.Y0 >= 0.0 && box.X1 <= float target.Size.Width && box.Y1 <= float target.Size.Height) "the box lies outside"
        let covered = (Grid.ofBox target.Size.Height target.Size.Width box, instance.Mask) ||> Grid.map2 (fun inside t -> if t > 0.0 then inside else 1.0)
        check (Array.forall ((=) 1.0) covered.Values) "the box leaves pixels out"

[<Fact>]
let ``what a law needs is made, and holds`` () =
    for law in Laws.all do
        for kind in kinds |> List.filter law.Of do
            let inputs = Laws.inputs kind law
            let holds (case: Case) = Agreement.ofCase case && law.Needs |> List.forall (fun need -> need.Holds case)

            for case in inputs.Generator |> Gen.sampleWithSeed (Rnd 3UL) 60 40 do
                Assert.True(holds case, $"{law.Name}: {case}")
                Assert.All(inputs.Shrinker case |> Seq.truncate 40, fun simpler -> Assert.True(holds simpler, $"{law.Name}: {simpler}"))

[<Property(MaxTest = 600)>]
let ``shrinking keeps what fits together and never gives the same again`` (case: Case) =
    for simpler in Shrink.case case do
        check (Agreement.ofCase simpler) $"{case}\nbecame\n{simpler}"
        check (simpler <> case) $"{case}\nstayed as it is"

[<Fact>]
let ``shrinking comes to an end whichever way it goes`` () =
    for kind in kinds do
        let cases = Generate.case kind |> Gen.sampleWithSeed (Rnd 11UL) 60 20

        for way in 0..3 do
            for case in cases do
                let mutable current, steps = case, 0
                let mutable simpler = Shrink.case current |> Array.ofSeq

                while simpler.Length > 0 do
                    current <- simpler[(steps * way) % simpler.Length]
                    steps <- steps + 1
                    check (steps < 20_000) $"no end in sight at\n{current}"
                    simpler <- Shrink.case current |> Array.ofSeq

                check (current.Count = 1) "several objects are left"
                check (current.Prediction.Length = (if kind = Kind.Masks then 1 else 4)) "several pixels are left"
                check (current.Prediction |> Array.forall ((=) 0.0)) $"not the simplest:\n{current}"

[<Fact>]
let ``simpler numbers are simpler`` () =
    Assert.Equal<float list>([ 0.0; 25.0; 49.0 ], Numbers.simpler 50.0)
    Assert.Equal<float list>([ 0.0; -3.0; -3.4 ], Numbers.simpler -3.42)
    Assert.Equal<float list>([ 0.0; 1.0; 0.03 ], Numbers.simpler 0.0312)
    Assert.Equal<float list>([ 0.0 ], Numbers.simpler 1.0)
    Assert.Equal<float list>([], Numbers.simpler 0.0)
    Assert.Equal<float list>([ 0.0; 1.0; 0.5; 0.4 ], Numbers.simplerShare 0.37)
    Assert.Equal<float list>([ 0.0 ], Numbers.simplerShare 1.0)

[<Property>]
let ``pictures become simple and keep their size and pixels together`` (image: Image) =
    Shrink.image image |> Seq.truncate 50 |> Seq.forall (fun simpler -> simpler.Pixels.Length = 3 * simpler.Height * simpler.Width)

[<Property(MaxTest = 600)>]
let ``what is done to an input can be undone`` (case: Case) =
    let same (a: Case) (b: Case) =
        check (a.Shape = b.Shape) "another shape"
        Array.iter2 (close 1e-9 "number") a.Prediction b.Prediction
        Array.iter2 (close 1e-9 "number") a.Truth b.Truth

    same case (case |> Case.mirror |> Case.mirror)
    same case (case |> Case.turn |> Case.turn)
    same case (case |> Case.complement |> Case.complement)
    same case (case |> Case.reverse |> Case.reverse)
