/// What a user sees of a check.
module BoxTeacher.Properties.Tests.ReportTests

open System
open System.IO
open Xunit
open FsCheck.FSharp
open TorchSharp
open Microsoft.DotNet.Interactive.Formatting
open BoxTeacher.Data
open BoxTeacher.Losses
open BoxTeacher.Properties

let private settings = Settings.standard |> Settings.seeded 5 |> Settings.cases 50
let private dice = Loss.ofMasks "dice" (fun x t w -> w * DiceLoss.PerInstance(x.sigmoid (), t))
let private broken = Loss.ofMasks "no <eps>" (fun x t w -> w * ((x.sigmoid () - t).square().flatten(1L).sum 1L).sqrt ())
let private throws = Loss.ofBoxes "throws" (fun p t w -> invalidOp "no boxes today")

let private brokenReport = broken |> Laws.hold settings [ Law.finite; Law.finiteGradient ]

/// What a notebook shows of a value.
let private shown (value: obj) =
    let output = FormattedValue.CreateManyFromObject value |> Seq.exactlyOne
    Assert.Equal("text/html", output.MimeType)
    output.Value

[<Fact>]
let ``a report says law by law what came of it`` () =
    Assert.False brokenReport.Holds
    let lines = brokenReport.Text.Split '\n' |> Array.map _.Trim()
    Assert.Equal("no <eps>: 1 of 2 laws are broken", lines[0])
    Assert.Equal("✓ finite           50 cases", lines[1])
    Assert.StartsWith("✗ finite gradient  the gradient at number 1", lines[2])
    Assert.Contains(lines, _.StartsWith("logits  "))
    Assert.Contains("truth   1", lines)
    Assert.StartsWith("found at case", Array.last lines)
    Assert.Equal(brokenReport.Text, string brokenReport)
    Assert.Equal("dice: all 1 laws hold", (dice |> Laws.hold settings [ Law.finite ]).Text.Split('\n')[0])

[<Fact>]
let ``a report shows itself as HTML with a picture`` () =
    let html = shown brokenReport
    Assert.Contains("no &lt;eps&gt;", html)
    Assert.Contains("data:image/png;base64,", html)
    Assert.Contains("replay with <code>(", html)
    Assert.Contains("finite gradient", shown brokenReport.Broken.Head)

[<Fact>]
let ``the picture is a PNG file of what is in it`` () =
    let file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.png")
    File.WriteAllBytes(file, brokenReport.Broken.Head.Png)

    try
        let image = ImageFile.Read file
        Assert.True(image.Width > 500 && image.Height > 100)
        // The gradient is no number: magenta.
        let pixels = image.Pixels |> Array.chunkBySize 3
        Assert.Contains(pixels, fun p -> p = [| 255uy; 0uy; 255uy |])
    finally
        File.Delete file

[<Fact>]
let ``boxes are drawn in both formats`` () =
    for loss in [ Loss.ofBoxes "b" (fun p t w -> w * (p - t).abs().sum 1L); Loss.ofDistances "d" (fun p t w -> w * (p - t).abs().sum 1L) ] do
        let found = (Laws.one settings loss (Law.within 0.0 0.5)).Outcome |> function Outcome.Broken c -> c | other -> failwith $"{other}"
        Assert.True(found.Png.Length > 300)

[<Fact>]
let ``a loss that throws breaks its laws with the message`` () =
    let report = throws |> Laws.hold settings [ Law.finite ]
    Assert.Contains("InvalidOperationException: no boxes today", report.Text)
    Assert.Contains("img", shown report)

[<Fact>]
let ``a loss is held to what it claims, and without claims to everything`` () =
    let names report = report.Results |> List.map _.Law.Name
    Assert.Equal<string list>([ "finite" ], names (dice |> Loss.claiming [ Law.finite ] |> Laws.checkWith settings))
    Assert.Equal<string list>(Laws.ofKind Kind.Masks |> List.map _.Name, names (dice |> Laws.checkWith (settings |> Settings.cases 1)))

[<Fact>]
let ``a claimed law of boxes is not tried on a loss of masks, and does not hold`` () =
    let report = dice |> Loss.claiming [ Law.finite; Law.sameElsewhere ] |> Laws.checkWith settings
    Assert.False report.Holds
    Assert.Equal<string list>([ "same elsewhere" ], report.Untried |> List.map _.Name)
    let lines = report.Text.Split '\n'
    Assert.Equal("dice: 1 of 2 laws are not tried", lines[0])
    Assert.Equal("  ? same elsewhere  not tried: it does not speak of losses of this kind", lines[2])
    Assert.Contains("not tried: it does not speak", shown report)
    Assert.ThrowsAny<exn>(fun () -> Laws.require report) |> ignore
    Assert.StartsWith("no <eps>: 1 of 2 laws are broken, 1 not tried", (broken |> Laws.hold settings [ Law.finiteGradient; Law.sameElsewhere ]).Text)

[<Fact>]
let ``no law at all is no claim`` () =
    Assert.Contains("dice claims no law", Assert.Throws<ArgumentException>(fun () -> dice |> Loss.claiming [] |> ignore).Message)
    Assert.Contains("no law to hold dice to", Assert.Throws<ArgumentException>(fun () -> dice |> Laws.hold settings [] |> ignore).Message)

[<Fact>]
let ``a law is tried on at least one input`` () =
    for count in [ 0; -1 ] do
        Assert.Contains($"not on {count}", Assert.Throws<ArgumentException>(fun () -> settings |> Settings.cases count |> ignore).Message)
        let written = { settings with Cases = count }
        Assert.Throws<ArgumentException>(fun () -> dice |> Laws.hold written [ Law.finite ] |> ignore) |> ignore
        Assert.Throws<ArgumentException>(fun () -> Laws.forAll written (Laws.inputs Kind.Masks Law.finite) ignore) |> ignore

[<Fact>]
let ``any statement is held to inputs, and its tensors are disposed of`` () =
    let boxes, kept = Generate.box |> Arb.fromGen, ResizeArray<torch.Tensor>()
    Laws.forAll settings boxes (fun box -> kept.Add(torch.tensor (box.Area: float)))
    Assert.Equal(50, kept.Count)
    Assert.All(kept, fun tensor -> Assert.True tensor.IsInvalid)
    let error = Assert.ThrowsAny<exn>(fun () -> Laws.forAll settings boxes (fun box -> if box.Width > 5.0 then failwith "too wide"))
    Assert.Contains("too wide", string error)

let private outcome law = (Laws.one settings dice law).Outcome

[<Fact>]
let ``a law that finds too few of its inputs is not tried, and says how many it found`` () =
    let never = { Text = "what never comes up"; Holds = (fun _ -> false); Make = id }

    match outcome (Law.finite |> Law.presuming never) with
    | Outcome.Untried reason -> Assert.Equal("it spoke of 0 inputs, and 50 were asked for", reason)
    | other -> failwith $"{other}"

    // One object and several: neither is lost for the other.
    match outcome (Law.both Law.neverNegative Law.additive) with
    | Outcome.Untried _ -> ()
    | other -> failwith $"{other}"

[<Fact>]
let ``laws are combined and written anew`` () =
    let half = Law.create "below a half" "It is below a half." (fun _ -> true) [ Need.single ] (fun loss case -> if Loss.value loss case < 0.5 then Ok() else Error "it is not")
    let certain = { Text = "certain logits"; Holds = (fun case -> case.Prediction |> Array.forall (fun x -> abs x = 50.0)); Make = Case.predictTruth 50.0 }
    Assert.False((dice |> Laws.hold settings [ half ]).Holds)
    Assert.True((dice |> Laws.hold settings [ half |> Law.presuming Need.binary |> Law.presuming Need.seen |> Law.presuming certain ]).Holds)
    Assert.Equal("finite, below a half", (Law.both Law.finite half).Name)
    Assert.False((dice |> Laws.hold settings [ Law.both Law.finite half ]).Holds)
    Assert.Equal("below a half: It is below a half. Speaks of inputs with one object of weight 1.", string half)

[<Fact>]
let ``seeds are read as they are printed`` () =
    let seed = Settings.parseSeed " (12, 35 ,5)"
    Assert.Equal((12UL, 35UL, Some 5), (seed.Rnd.Seed, seed.Rnd.Gamma, seed.Size))
    Assert.Equal(None, (Settings.parseSeed "(1,3)").Size)

    for wrong in [ ""; "1"; "(a,b)"; "(1,3,3,4)"; "(1,3,x)" ] do
        Assert.Throws<ArgumentException>(fun () -> Settings.parseSeed wrong |> ignore) |> ignore

[<Fact>]
let ``the same number gives the same inputs`` () =
    let found () = (broken |> Laws.hold settings [ Law.finiteGradient ]).Broken.Head
    Assert.Equal(found().Text, found().Text)

[<Fact>]
let ``numbers are short`` () =
    let short = [ 0.0; 1.0; -0.5; 0.123456; 1e-12; 12345678.9; nan ] |> List.map Numbers.short
    Assert.Equal<string list>([ "0"; "1"; "-0.5"; "0.1235"; "1E-12"; "1.235E+07"; "NaN" ], short)

[<Fact>]
let ``a report that does not hold is an exception`` () =
    Assert.Contains("finite gradient", Assert.ThrowsAny<exn>(fun () -> Laws.require brokenReport).Message)
    dice |> Laws.hold settings [ Law.finite ] |> Laws.require
