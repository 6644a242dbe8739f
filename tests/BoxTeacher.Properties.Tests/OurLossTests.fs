/// Our losses obey the laws they claim, and break those that they do not.
module BoxTeacher.Properties.Tests.OurLossTests

open Xunit
open BoxTeacher.Properties
open BoxTeacher.Properties.Tests.OurLosses

let private theory (laws: Known -> Law list) =
    let data = TheoryData<string, string>()

    for known in all do
        for law in laws known do
            data.Add(known.Loss.Name, law.Name)

    data

let private find name = all |> List.find (fun known -> known.Loss.Name = name)

/// Losses with the laws they claim.
let claims = theory _.Claims

/// Losses with the laws they break.
let exceptions = theory (fun known -> List.map fst known.Exceptions)

[<Theory; MemberData(nameof claims)>]
let ``obeys`` loss law =
    let known = find loss
    let law = known.Claims |> List.find (fun claim -> claim.Name = law)
    known.Loss |> Laws.hold Inputs.settings [ law ] |> Laws.require

[<Theory; MemberData(nameof exceptions)>]
let ``breaks for the reason given`` loss law =
    let known = find loss
    let law = known.Exceptions |> List.find (fun (exceptional, _) -> exceptional.Name = law) |> fst
    let report = known.Loss |> Laws.hold { Cases = 2000; Start = (Settings.standard |> Settings.seeded 1).Start } [ law ]
    Assert.True(not report.Broken.IsEmpty, "it holds: claim it")

[<Fact>]
let ``there are at least forty properties of two hundred cases`` () =
    Assert.True(claims.Count >= 40)
    Assert.Equal(200, Settings.standard.Cases)
