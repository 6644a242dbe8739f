module BoxTeacher.Workbench.Tests.TrainedTests

open System
open System.Collections.Generic
open System.Threading
open TorchSharp
open Xunit
open BoxTeacher.Detectors
open BoxTeacher.Evaluation
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Torch
open BoxTeacher.Training
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.AblationTests
open BoxTeacher.Workbench.Tests.MatrixTests
open Plotly.NET

/// A new network finds nothing; this one is sure of everything, so that its teacher makes pseudo masks after four steps.
let private sureOfItself (recipe: Recipe) classes (root: string) =
    let method = recipe.BuildMethod(classes, root)
    use _ = torch.no_grad ()

    for struct (name, parameter) in method.Student.named_parameters () do
        if name.EndsWith "cls_logits.bias" then
            parameter.fill_ (0.0) |> ignore

    method

let private ablation =
    Ablation.from "?" tiny
    |> Ablation.add (Variant.Of("BoxTeacher", Recipe.set "method.pseudoMasks.iouThreshold" "0", sureOfItself))
    |> Ablation.variant "two stages" BoxTeacher.asSelfTraining

/// One training for the tests that look at its results.
let private trained =
    lazy
        (let options = optionsIn (temporaryFolder ())
         options, Ablation.runWith (SilentProgress()) CancellationToken.None options ablation)

[<Fact>]
let ``a run keeps precision over recall that averages to its AP50`` () =
    let _, result = trained.Value

    for run in result.Runs do
        let overlap, values = run.Precision.Head
        Assert.Equal(0.5, overlap)
        Assert.Equal(101, values.Length)
        Assert.All(values, fun value -> Assert.InRange(value, 0.0, 1.0))
        Assert.Equal(run.Metric "mask AP50", 100.0 * List.average values, 1e-3)

[<Fact>]
let ``a finished run's networks are read back, and find what they found`` () =
    let options, result = trained.Value

    for variant in result.Variants do
        use again = Trained.ofVariant options ablation result variant
        let run = AblationResult.runsOf variant result |> List.head
        let images = Gallery.evenly 6 again.Validation
        let found = again.Detect images |> List.map (fun (image, objects) -> image.Id, objects |> List.filter (fun o -> o.Score >= 0.05) |> List.length)
        Assert.Equal<(int64 * int) list>([ for image, objects in run.Found -> image, objects.Length ], found)
        Assert.Equal(images.Length, (again.PseudoLabels images).Length)
        // The image with the largest loss comes first, and its terms make up the loss.
        let losses = again.Losses images
        Assert.Equal(images.Length, losses.Length)
        Assert.Equal<float list>(losses |> List.map _.Total |> List.sortDescending, losses |> List.map _.Total)
        Assert.All(losses, fun loss -> Assert.Equal(loss.Total, List.sumBy snd loss.Terms, 1e-6))

        for picture in [ Gallery.ofTrained 1 again images; Gallery.worst 1 2 again images ] do
            Assert.True(picture.Image.Width > 3 * 64)

    Assert.Throws<ArgumentException>(fun () -> Trained.ofVariant options ablation result "none" |> ignore) |> ignore

[<Fact>]
let ``the teacher's masks of a picture are those of the mask grid, enlarged`` () =
    let options, result = trained.Value
    use again = Trained.ofVariant options ablation result "BoxTeacher"

    let drawn = again.PseudoLabels(Gallery.evenly 3 again.Validation)
    Assert.NotEmpty(drawn |> List.collect snd)

    for record, masks in drawn do
        for mask in masks do
            let bits = (Option.get mask.Mask).Decode()
            Assert.Equal(record.Height * record.Width, bits.Length)
            Assert.InRange(mask.Score, 0.0, 1.0)
            // Cells of four by four pixels are of one value.
            for y in 0..4 .. record.Height - 4 do
                for x in 0..4 .. record.Width - 4 do
                    let cell = [ for dy in 0..3 do for dx in 0..3 -> bits[(y + dy) * record.Width + x + dx] ]
                    Assert.Single(List.distinct cell) |> ignore

[<Fact>]
let ``a pseudo mask's quality is its overlap with the true mask of its box`` () =
    let options, result = trained.Value
    use again = Trained.ofVariant options ablation result "BoxTeacher"
    let images = Gallery.evenly 3 again.Validation
    let masks = again.PseudoLabels images |> List.collect snd
    let quality = again.PseudoLabelQuality images
    Assert.Equal<float list>(masks |> List.map _.Score, quality |> List.map fst)
    Assert.All(quality, fun (_, overlap) -> Assert.InRange(overlap, 0.0, 1.0))
    Assert.Contains(quality, fun (_, overlap) -> overlap > 0.0)

[<Fact>]
let ``self-training learns in stage one, then starts again under a frozen teacher`` () =
    let root = dataRoot.Value
    let recipe = tiny |> BoxTeacher.asSelfTraining |> Recipe.iterations 4
    let data = (Recipe.data root recipe).Training
    use method = recipe.BuildMethod(data.Categories.Count, root)
    use optimizer = recipe.Solver.Optimizer.Build method.Student
    use _ = torch.NewDisposeScope()
    let parameter (network: Detector) = network.named_parameters () |> Seq.find (fun struct (_, p) -> p.requires_grad || p.numel () > 100L) |> fun struct (_, p) -> p.detach().clone ()
    let fresh = parameter method.Student
    let batches = TrainingRun.Batches(recipe, data, torch.CPU)
    let mutable learned = fresh
    let mutable frozen = fresh

    for iteration, batch in Seq.indexed (Seq.truncate 4 (batches.Invoke 0L)) do
        use _ = torch.NewDisposeScope()
        if iteration = 2 then learned <- (parameter method.Student).DetachFromDisposeScope()
        method.BeforeStep(int64 iteration)

        if iteration = 2 then
            // The teacher is what stage one came to, and the student is new.
            Assert.True(same learned (parameter method.Teacher.Network))
            Assert.True(same fresh (parameter method.Student))
            frozen <- (parameter method.Teacher.Network).DetachFromDisposeScope()

        let terms = method.Losses(batch, Step.Of(int64 iteration, RandomStream 1UL))
        let ofPseudoMasks = [ for term in terms do if term.Name.StartsWith "loss_mask" then term.Name ]
        Assert.Equal<string list>((if iteration < 2 then [] else [ "loss_mask"; "loss_mask_affinity" ]), ofPseudoMasks)

        method.Student.zero_grad ()
        terms.Total().backward ()
        optimizer.step () |> ignore

    Assert.False(same fresh learned)
    Assert.True(same frozen (parameter method.Teacher.Network))

[<Fact>]
let ``charts of precision, confidence and two swept keys are drawn from the results`` () =
    let swept =
        Ablation.from "?" tiny
        |> Ablation.grid ("method.pseudoMasks.maskWeight", [ "0.25"; "0.5" ]) ("method.pseudoMasks.affinityWeight", [ "0.1"; "0.2"; "0.3" ])

    Assert.Equal<string>("maskWeight 0.25, affinityWeight 0.1", swept.Variants.Head.Name)

    let runs =
        [ for index, variant in List.indexed swept.Variants ->
              let recipe = RecipeJson.Write(variant.Change tiny)
              resultOf { plan variant.Name 1L with Recipe = recipe } (10.0 + float index) ]

    let result = { snd trained.Value with Variants = swept.Variants |> List.map _.Name; Base = swept.Variants.Head.Name; Runs = runs }
    let keys = AblationCharts.sweptKeys result
    Assert.Equal(Some("method.pseudoMasks.maskWeight", "method.pseudoMasks.affinityWeight"), keys)

    let figure chart = GenericChart.toFigureJson (Option.get chart) |> Json.parse
    let map = figure (AblationCharts.heatMap "mask AP" (fst keys.Value) (snd keys.Value) result)
    let trace = (Json.items "data" map)[0]
    // Rows are weights of the affinity, columns of the masks.
    let cells = [ for row in Json.items "z" trace -> [ for cell in row.EnumerateArray() -> Json.toNumber cell ] ]
    Assert.Equal<float list list>([ [ 10.0; 13.0 ]; [ 11.0; 14.0 ]; [ 12.0; 15.0 ] ], cells)
    Assert.Equal(6, (Json.items "data" (figure (AblationCharts.precisionRecall 0.5 result))).Length)
    Assert.True((AblationCharts.precisionRecall 0.9 result).IsNone)
    let histograms = Json.items "data" (figure (AblationCharts.confidences result))
    Assert.Equal(6, histograms.Length)
    let heights = Json.items "y" histograms.Head |> List.map Json.toNumber
    Assert.Equal(100.0, List.sum heights, 1e-9)
    Assert.Equal(50.0, heights[10], 1e-9)
    // All of it is in the report, pseudo masks with their confidence as well.
    let page = Report.toHtml result
    Assert.Contains("Pseudo-labels", page)
    Assert.Contains("Confidence of pseudo-labels", page)
    // A variant that differs from the base in another key is none of the grid's cells; nothing is known of its column.
    let longer = RecipeJson.Write(tiny |> swept.Variants.Head.Change |> Recipe.seeded 1L |> BoxTeacher.warmUp 3 |> Recipe.noted "longer")
    let beside =
        { result with
            Variants = result.Variants @ [ "longer" ]
            Runs = runs @ [ resultOf { plan "longer" 1L with Recipe = longer } 99.0 ] }
    Assert.Equal(keys, AblationCharts.sweptKeys beside)
    let same = (Json.items "data" (figure (AblationCharts.heatMap "mask AP" (fst keys.Value) (snd keys.Value) beside)))[0]
    Assert.Equal<float list list>(cells, [ for row in Json.items "z" same -> [ for cell in row.EnumerateArray() -> Json.toNumber cell ] ])
    Assert.Contains("'longer': longer", (AblationResult.table beside).Notes)
    // Other variants than a full grid have no heat map.
    Assert.True((AblationCharts.sweptKeys { result with Variants = List.tail result.Variants; Runs = List.tail runs }).IsNone)
