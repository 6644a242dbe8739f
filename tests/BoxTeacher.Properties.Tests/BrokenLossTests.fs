/// Each law catches a loss that breaks it, makes the input simple, and finds it again by its seed.
module BoxTeacher.Properties.Tests.BrokenLossTests

open Xunit
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests

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
    | Outcome.Held cases -> failwith $"{name}: {loss.Name} passed {cases} cases"

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
    | Outcome.Held _ -> failwith $"{name} was not broken again"

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
    Assert.Equal<string list>([], report.Broken |> List.map _.Law.Name)
