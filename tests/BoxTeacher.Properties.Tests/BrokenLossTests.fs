/// Each law catches a loss that breaks it, makes the input simple, and finds it again by its seed.
module BoxTeacher.Properties.Tests.BrokenLossTests

open Xunit
open TorchSharp
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests

type Tensor = torch.Tensor

let private all = BrokenLosses.all

/// The names of all laws that have a broken loss.
let names =
    let data = TheoryData<string>()

    for law, _, _ in all do
        data.Add law.Name

    data

let private settings = Inputs.settings |> Settings.cases 500

let private caught name =
    let law, loss, most = all |> List.find (fun (law, _, _) -> law.Name = name)

    match (Laws.one settings loss law).Outcome with
    | Outcome.Broken counterexample -> counterexample, most
    | other -> failwith $"{name}: {loss.Name} was not caught: {other}"

[<Theory; MemberData(nameof names)>]
let ``a law catches its broken loss and makes the input simple`` name =
    let found, most = caught name
    Assert.True(found.Input.Prediction.Length <= most, string found)
    Assert.True(Agreement.ofCase found.Input, string found)
    Assert.True(found.Law.Needs |> List.forall (fun need -> need.Holds found.Input), string found)

[<Theory; MemberData(nameof names)>]
let ``a seed finds the same input again, at the first case`` name =
    let found, _ = caught name

    match (Laws.replay found.Seed found.Law found.Loss).Outcome with
    | Outcome.Broken again ->
        Assert.Equal(1, again.FoundAt)
        Assert.Equal(string found.Generated, string again.Generated)

        if name <> Law.repeatable.Name then
            Assert.Equal(string found.Input, string again.Input)
    | other -> failwith $"{name} was not broken again: {other}"

[<Fact>]
let ``every law has a loss that breaks it and one that keeps it`` () =
    let broken = all |> List.map (fun (law, _, _) -> law.Name) |> set
    let kept = OurLosses.all |> List.collect _.Claims |> List.map _.Name |> set |> Set.add Law.sameElsewhere.Name
    let laws = Laws.all |> List.map _.Name |> set
    Assert.Equal<Set<string>>(Set.empty, laws - broken)
    Assert.Equal<Set<string>>(Set.empty, laws - kept)

[<Fact>]
let ``the IoU of corners obeys all laws but one`` () =
    let report = Laws.checkWith settings BrokenLosses.linearIou
    Assert.True(report.Holds, report.Text)

/// A loss of a kind that looks at its prediction alone.
let private ofPrediction kind name (evaluate: Tensor -> Tensor) =
    { Name = name; Kind = kind; Evaluate = (fun prediction _ _ -> evaluate prediction); Claims = None }

let private infinite = [ for kind in Inputs.kinds do for value in [ infinity; -infinity ] -> ofPrediction kind $"{value}" (fun x -> x.sum () * 0.0.ToScalar() + value.ToScalar()) ]

/// The names of the laws that a loss does not break.
let private unbroken laws loss =
    (loss |> Laws.hold (settings |> Settings.cases 20) laws).Results
    |> List.filter (fun result -> match result.Outcome with Outcome.Broken _ -> false | _ -> true)
    |> List.map _.Law.Name

[<Fact>]
let ``NaN breaks every law about values and gradients`` () =
    for kind in Inputs.kinds do
        let loss = ofPrediction kind "NaN" (fun x -> x.sum () * nan.ToScalar())
        Assert.Equal<string list>([ Law.leavesItsInput.Name ], loss |> unbroken (Law.within 0.0 1.0 :: Laws.ofKind kind))

[<Fact>]
let ``a gradient of NaN breaks every law about gradients though the values are sound`` () =
    // The slope of the root is infinite at 0, and 0 times that is no number.
    let loss = ofPrediction Kind.Masks "root of 0" (fun x -> (x * 0.0.ToScalar()).abs().sqrt().sum ())
    let ofGradients = [ Law.finiteGradient; Law.gradientOfValues; Law.gradientInMirror; Law.pullsToTruth; Law.weightZero ]
    Assert.Equal<string list>([ Law.finite.Name ], loss |> unbroken (Law.finite :: ofGradients))

[<Fact>]
let ``infinity breaks the laws that compare values up to a tolerance`` () =
    let laws =
        [ Law.gradientOfValues; Law.linearInWeights; Law.apart; Law.additive; Law.anyOrder; Law.symmetric; Law.sameInMirror; Law.sameTurned
          Law.sameEnlarged 1e-4; Law.singlePrecision 1e-3 ]

    for loss in infinite do
        Assert.Equal<string list>([], loss |> unbroken laws)

[<Fact>]
let ``infinity does not rise to infinity`` () =
    for loss in infinite do
        Assert.Equal<string list>([ Law.surerIsBetter.Name; Law.towardsTruth.Name ], loss |> unbroken [ Law.surerIsBetter; Law.towardsTruth; Law.within -1.0 1.0 ])
