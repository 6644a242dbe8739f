module BoxTeacher.Workbench.Tests.AblationTests

open System
open System.Collections.Concurrent
open System.IO
open System.Reflection
open System.Reflection.Emit
open System.Threading
open TorchSharp
open Xunit
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Layers
open BoxTeacher.Structures
open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.MatrixTests

/// A data root with a handful of small scenes, made once.
let dataRoot =
    lazy
        (let root = temporaryFolder ()
         ShapesGenerator.Write(Path.Combine(root, "shapes"), ShapesOptions(TrainScenes = 6, ValScenes = 3, SceneSize = 64, MaxDiameter = 40), 3L)
         root)

let optionsIn out =
    { ExperimentOptions.parse "test.fsx" [ "--seeds"; "1"; "--iterations"; "4"; "--parallel"; "2" ] with
        Out = out
        DataRoot = dataRoot.Value }

// The losses of teaching are on from the first step, so that all that a variant changes is exercised.
let tiny =
    Recipe.boxTeacher DataChoice.Shapes
    |> Recipe.set "budget.batchSize" "2"
    |> Recipe.set "augmentation.geometry.shortEdges" "[64]"
    |> Recipe.set "augmentation.geometry.maxSize" "64"
    |> Recipe.set "augmentation.testShortEdge" "64"
    |> Recipe.set "augmentation.testMaxSize" "64"
    |> Recipe.set "method.pseudoMasks.warmUpIterations" "0"

let private ablation =
    Ablation.from "Does it run?" tiny
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher" id

let private run options = Ablation.runWith (SilentProgress()) CancellationToken.None options ablation

/// Stops everything when a run has done so many steps.
type StopAfter(steps: int, stop: CancellationTokenSource) =
    interface IProgressDisplay with
        member _.Show(_, work) =
            work
                { new IMatrixListener with
                    member _.Started _ = ()
                    member _.Progressed(_, happened) =
                        match happened with
                        | :? StepFinished as step when step.Iteration >= steps -> stop.Cancel()
                        | _ -> ()

                    member _.Ended(_, _) = ()
                    member _.Waits _ = () }

/// Keeps what the runs tell.
type Record(told: ConcurrentQueue<PlannedRun * TrainingEvent>) =
    interface IProgressDisplay with
        member _.Show(_, work) =
            work
                { new IMatrixListener with
                    member _.Started _ = ()
                    member _.Progressed(run, happened) = told.Enqueue((run, happened))
                    member _.Ended(_, _) = ()
                    member _.Waits _ = () }

[<Fact>]
let ``an ablation that was stopped ends with the numbers of one that was not`` () =
    // With as many threads: more or fewer side by side would have others, and with them other last digits.
    let withOneThread () = { optionsIn (temporaryFolder ()) with Threads = Some 1 }
    let whole = run (withOneThread ())
    let options = withOneThread ()
    use stop = new CancellationTokenSource()

    let stopped =
        Assert.Throws<AblationStoppedException>(fun () -> Ablation.runWith (StopAfter(2, stop)) stop.Token { options with Parallel = 1 } ablation |> ignore)

    Assert.Contains("of 2 runs are finished", stopped.Message)
    let told = ConcurrentQueue()
    let resumed = Ablation.runWith (Record told) CancellationToken.None options ablation

    // Where a run went on, a display hears of the losses so far.
    match [ for run, happened in told do match happened with :? Resumed as resumed -> run.Key, resumed | _ -> () ] with
    | [ key, resumed ] ->
        let run = whole.Runs |> List.find (fun result -> result.Run.Key = key)
        let curve = run.Curves |> List.find (fun curve -> curve.Name = "loss")
        Assert.Equal(2, resumed.Iteration)
        let losses = [ for happened in resumed.History do match happened with :? StepFinished as step -> step.Iteration, RunHistory.Short step.Total | _ -> () ]
        Assert.Equal<(int * float) list>(List.truncate 2 curve.Points, losses)
    | others -> failwith $"{others}"

    let numbers (result: AblationResult) = [ for r in result.Runs -> r.Run.Variant, r.Metrics, r.Curves, r.Found |> List.map (fun (id, found) -> id, found |> List.map (RunJson.ofFound >> Json.ofNode)) ]
    Assert.Equal<_ list>(numbers whole, numbers resumed)

    // Four steps each, every loss finite, and a final evaluation.
    for r in resumed.Runs do
        let loss = r.Curves |> List.find (fun curve -> curve.Name = "loss")
        Assert.Equal<int list>([ 1..4 ], List.map fst loss.Points)
        Assert.All(loss.Points, fun (_, value) -> Assert.True(Double.IsFinite value))
        Assert.InRange(r.Metric "mask AP", 0.0, 100.0)
        Assert.True(r.PeakMemory > 50_000_000L)

    // The third time nothing is trained, and the report can be written.
    let again = run options
    Assert.Equal<_ list>(numbers resumed, numbers again)
    let files = Report.write options.Out again
    Assert.Contains("BoxTeacher", File.ReadAllText files.Page)

[<Fact>]
let ``a changed recipe is a new run beside the old one`` () =
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 1 }
    let first = Ablation.runWith (SilentProgress()) CancellationToken.None options (Ablation.from "?" tiny |> Ablation.variant "a" Recipe.asBoxInst)

    let other =
        Ablation.from "?" (tiny |> Recipe.set "solver.optimizer.learningRate" "0.0001") |> Ablation.variant "a" Recipe.asBoxInst

    let second = Ablation.runWith (SilentProgress()) CancellationToken.None options other
    Assert.NotEqual<string>(first.Runs.Head.Run.Key, second.Runs.Head.Run.Key)
    Assert.Equal(2, Directory.GetDirectories(Path.Combine(options.Out, "runs")).Length)

[<Fact>]
let ``a part written in a script takes the place of the recipe's`` () =
    let asked = ref []

    let counted iteration =
        asked.Value <- iteration :: asked.Value
        0.9

    let own = Variant.With("own", id, BoxTeacherParts(Momentum = counted))
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 3 }
    let result = Ablation.from "?" tiny |> Ablation.add own |> Ablation.runWith (SilentProgress()) CancellationToken.None options
    // It is tried before all runs and by its own. The teacher begins as a copy of the student, and the part is asked from then on.
    let trial = [ 1L; 10L; 1_000L; 100_000L ]
    Assert.Equal<int64 list>(trial @ trial @ [ 1L; 2L ], List.rev asked.Value)
    Assert.Single result.Runs |> ignore

[<Fact>]
let ``a replaced part is told by the script's text, with what the script loads, or by its version`` () =
    let folder = temporaryFolder ()
    let file (name: string) (text: string) =
        let path = Path.Combine(folder, name)
        File.WriteAllText(path, text)
        path

    let parts = BoxTeacherParts(Confidence = Confidence.Off)
    let source (variant: Variant) = (variant.Change tiny).Parts |> Seq.exactlyOne |> _.Source
    let identity (script: string) = source (Variant.With("own", id, parts, file = script))
    let script = file "script.fsx" "#load \"part.fsx\"\nlet score = Part.score"
    let part = file "part.fsx" "  #load \"deeper.fsx\"\nlet score = Deeper.score"
    let deeper = file "deeper.fsx" "let score = 0.5"
    let first = identity script
    Assert.Equal(first, identity script)

    for changed in [ deeper; part; script ] do
        let before = identity script
        File.AppendAllText(changed, "\n// other")
        Assert.NotEqual<string>(before, identity script)

    let versioned (version: string) = source (Variant.With("own", id, parts, version, script))
    let before = versioned "1"
    File.AppendAllText(script, "\nlet more = 1")
    Assert.Equal(before, versioned "1")
    Assert.NotEqual<string>(before, versioned "2")

[<Fact>]
let ``code without a file is told by its assembly, or refused`` () =
    let codeOf version assembly = Variant.CodeOf("own", version, Some "stdin", assembly)
    Assert.Equal(codeOf None typeof<Variant>.Assembly, codeOf None typeof<Variant>.Assembly)
    Assert.NotEqual<string>(codeOf None typeof<Variant>.Assembly, codeOf None typeof<Recipe>.Assembly)

    // Piped into dotnet fsi, or typed there, a script has neither.
    let script = AssemblyBuilder.DefineDynamicAssembly(AssemblyName "script", AssemblyBuilderAccess.Run)
    let error = Assert.Throws<ArgumentException>(fun () -> codeOf None script |> ignore)
    Assert.Contains("version", error.Message)
    Assert.Equal("2", codeOf (Some "2") script)

[<Fact>]
let ``a variant may learn from other data, and is evaluated on the same`` () =
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 1 }
    let train = Path.Combine(dataRoot.Value, tiny.Dataset.TrainAnnotations)
    let less = Path.ChangeExtension(tiny.Dataset.TrainAnnotations, ".less.json")
    let dataset = CocoReader.Read(train, Path.Combine(dataRoot.Value, tiny.Dataset.TrainImages))
    let shortened = [| for image in Seq.truncate 3 dataset.Images -> ImageRecord(image.Id, Path.GetFileName image.FileName, image.Width, image.Height, image.Annotations) |]
    CocoWriter.Write(Path.Combine(dataRoot.Value, less), InstanceDataset("less", dataset.Categories, shortened))

    let both =
        Ablation.from "?" tiny
        |> Ablation.variant "all" Recipe.asBoxInst
        |> Ablation.variant "less" (Recipe.asBoxInst >> Recipe.learningFrom less tiny.Dataset.TrainImages)
        |> Ablation.runWith (SilentProgress()) CancellationToken.None options

    let losses (run: RunResult) = run.Curves |> List.find (fun curve -> curve.Name = "loss") |> _.Points
    Assert.NotEqual<_ list>(losses both.Runs[0], losses both.Runs[1])

    let nowhere = Ablation.from "?" tiny |> Ablation.variant "a" (Recipe.learningFrom "nowhere.json" "images")
    let missing = Assert.ThrowsAny<IOException>(fun () -> nowhere |> Ablation.runWith (SilentProgress()) CancellationToken.None options |> ignore)
    Assert.Contains("nowhere.json", missing.Message)

    let elsewhere = Ablation.from "?" tiny |> Ablation.variant "a" id |> Ablation.variant "b" (Recipe.evaluatedOn less tiny.Dataset.TrainImages)
    let error = Assert.Throws<ArgumentException>(fun () -> elsewhere |> Ablation.runWith (SilentProgress()) CancellationToken.None options |> ignore)
    Assert.Contains("evaluated on the same images", error.Message)

[<Fact>]
let ``a renamed variant keeps its runs`` () =
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 1 }
    let called name = Ablation.from "?" tiny |> Ablation.variant name Recipe.asBoxInst |> Ablation.runWith (SilentProgress()) CancellationToken.None options
    let first, second = called "first", called "second"
    Assert.Equal<_ list>(first.Runs.Head.Curves, second.Runs.Head.Curves)
    Assert.Equal("second", second.Runs.Head.Run.Variant)
    Assert.Single(Directory.GetDirectories(Path.Combine(options.Out, "runs"))) |> ignore

[<Fact>]
let ``a finished run of the command line has a report`` () =
    let folder = RunFolder(Path.Combine(temporaryFolder (), "run"))
    let recipe = tiny |> Recipe.iterations 2 |> Recipe.seeded 4L
    Assert.True((SingleRun.train BoxTeacher.Processes.ProcessGroups.One (Action<TrainingEvent> ignore) recipe dataRoot.Value folder (Nullable 1)).Finished)
    let result = RunReport.ofFolder dataRoot.Value folder.Path
    Assert.Equal<int64 list>([ 4L ], result.Seeds)
    Assert.Equal<int list>([ 1; 2 ], (result.Runs.Head.Curves |> List.find (fun curve -> curve.Name = "loss")).Points |> List.map fst)
    Assert.InRange(result.Runs.Head.Metric "box AP", 0.0, 100.0)
    Assert.Contains(recipe.Name, Report.toHtml result)

    let unfinished = Assert.Throws<FileNotFoundException>(fun () -> RunReport.ofFolder dataRoot.Value (temporaryFolder ()) |> ignore)
    Assert.Contains("model.safetensors", unfinished.Message)

[<Fact>]
let ``a run that was not evaluated has a report that says so, and an ablation asks for images to evaluate on`` () =
    let folder = RunFolder(Path.Combine(temporaryFolder (), "run"))
    let recipe = tiny |> Recipe.iterations 1 |> Recipe.notEvaluated
    Assert.True((SingleRun.train BoxTeacher.Processes.ProcessGroups.One (Action<TrainingEvent> ignore) recipe dataRoot.Value folder (Nullable 1)).Finished)
    let result = RunReport.ofFolder dataRoot.Value folder.Path
    Assert.True(Double.IsNaN(result.Runs.Head.Metric "box AP"))
    Assert.NotEmpty result.Gallery
    Assert.Contains("not evaluated", Report.toHtml result)

    let options = optionsIn (temporaryFolder ())
    let run () = Ablation.from "?" recipe |> Ablation.variant "one" id |> Ablation.runWith (SilentProgress()) CancellationToken.None options |> ignore
    Assert.Contains("dataset.validationAnnotations", Assert.Throws<RecipeException>(run).Message)
    Assert.False(Directory.Exists(Path.Combine(options.Out, "runs")))

[<Fact>]
let ``a term without affinities costs nothing`` () =
    let result =
        Ablation.from "?" tiny
        |> Ablation.variant "color" id
        |> Ablation.add (Variant.With("no color", id, BoxTeacherParts(ColorAffinity = Affinity.None)))
        |> Ablation.runWith (SilentProgress()) CancellationToken.None (optionsIn (temporaryFolder ()))

    let pairwise (run: RunResult) = run.Curves |> List.find (fun curve -> curve.Name = "loss, loss_pairwise") |> _.Points |> List.map snd
    Assert.All(pairwise result.Runs[0], fun value -> Assert.True(value > 0.0))
    Assert.All(pairwise result.Runs[1], fun value -> Assert.Equal(0.0, value))

let same (a: torch.Tensor) (b: torch.Tensor) = a.eq(b).all().item<bool> ()

[<Fact>]
let ``smoothing of binary masks changes soft affinities and thresholds, but no hard affinity of a half`` () =
    use scope = torch.NewDisposeScope()
    let mask = torch.zeros ([| 1L; 9L; 9L |])
    mask.narrow(1, 2L, 4L).narrow(2, 2L, 4L).fill_ (1.0) |> ignore
    mask.narrow(1, 6L, 2L).narrow(2, 3L, 1L).fill_ (1.0) |> ignore
    let pairs = PixelPairs(dilation = 1)
    let affinity (source: PairAffinity) = source.Invoke(Unchecked.defaultof<MaskGrid>, mask, pairs)
    let total source = (affinity source).sum().item<float32> ()
    Assert.Equal(0.0f, total Affinity.None)
    Assert.Equal<int64 array>([| 1L; 4L; 9L; 9L |], (affinity Affinity.None).shape)
    let sweep = [ for threshold in [ 0.1; 0.25; 0.5; 0.75 ] -> total (Affinity.SmoothedMasks.AtLeast threshold) ]
    Assert.Equal<float32 list>(List.sortDescending (List.distinct sweep), sweep)
    Assert.Equal(total Affinity.Masks, total (Affinity.Masks.AtLeast 0.5))
    // Smoothing moves no pixel of a binary mask across 0.5, and two are of affinity 0.5 or more when they are on one side of it.
    let hard = affinity (Affinity.SmoothedMasks.AtLeast 0.5)
    Assert.True(same hard (affinity Affinity.Masks))
    Assert.NotEqual(total Affinity.SmoothedMasks, total (Affinity.SmoothedMasks.AtLeast 0.5))

[<Fact>]
let ``soft masks may keep the confidence of binary ones`` () =
    use scope = torch.NewDisposeScope()
    let masks threshold = TeacherMasks(torch.zeros ([| 3L; 4L |]), torch.rand ([| 3L |]), torch.rand ([| 3L; 8L; 8L |]), threshold)
    let soft = masks (Nullable())
    let binary = TeacherMasks(soft.Boxes, soft.Scores, soft.Probabilities, 0.5)
    Assert.True(same (Confidence.Published.Invoke binary) (Confidence.OfBinaryMasks.Invoke soft))
    Assert.False(same (Confidence.Published.Invoke soft) (Confidence.OfBinaryMasks.Invoke soft))

[<Fact>]
let ``a part that the method has no place for is refused by name before the first run`` () =
    let own = Variant.With("own", Recipe.asBoxInst, BoxTeacherParts(Confidence = Confidence.Off))
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 1 }

    let error =
        Assert.Throws<RecipeException>(fun () ->
            Ablation.from "?" tiny
            |> Ablation.variant "base" Recipe.asBoxInst
            |> Ablation.add own
            |> Ablation.runWith (SilentProgress()) CancellationToken.None options
            |> ignore)

    Assert.Contains("own: BoxInstRecipe has no place for Confidence", error.Message)
    Assert.False(Directory.Exists(Path.Combine(options.Out, "runs")))

[<Fact>]
let ``variants have names of their own and the base exists`` () =
    Assert.Throws<ArgumentException>(fun () -> ablation |> Ablation.variant "BoxInst" id |> ignore) |> ignore
    let options = optionsIn (temporaryFolder ())
    let error = Assert.Throws<ArgumentException>(fun () -> ablation |> Ablation.comparedWith "none" |> Ablation.run options |> ignore)
    Assert.Contains("none", error.Message)

[<Fact>]
let ``a shorter run keeps its warm-ups and the share of its evaluations`` () =
    let recipe = Recipe.boxTeacher DataChoice.Shapes
    let half = recipe |> Recipe.iterations (recipe.Budget.Iterations / 2)
    Assert.Equal(recipe.Method, half.Method)
    Assert.Equal(recipe.Budget.EvaluateEvery / 2, half.Budget.EvaluateEvery)
    Assert.Equal(RecipeJson.Write recipe, RecipeJson.Write(half |> Recipe.iterations recipe.Budget.Iterations))

    let published = CocoRecipes.All |> Seq.find (fun recipe -> recipe.Name = "coco-boxinst_r50_1x")
    let tenth = published |> Recipe.iterations (published.Budget.Iterations / 10)
    Assert.Equal<int>([| 6000; 8000 |], (tenth.Solver.Schedule :?> MultiStepSchedule).Steps)
    Assert.Equal(published.Solver.Schedule.WarmUp, tenth.Solver.Schedule.WarmUp)

[<Fact>]
let ``a missing source of photos is named`` () =
    let options = { optionsIn (temporaryFolder ()) with Data = DataChoice.PennFudan "/nowhere/PennFudanPed"; DataRoot = temporaryFolder () }
    let error = Assert.Throws<DirectoryNotFoundException>(fun () -> run options |> ignore)
    Assert.Contains("/nowhere/PennFudanPed", error.Message)

[<Fact>]
let ``data of one's own are called by their names, and no scenes are made beside them`` () =
    let at (part: string) = Path.Combine(dataRoot.Value, "shapes", part)
    let root = temporaryFolder ()

    let own =
        [ "--train-json"; at "annotations/instances_train.json"; "--train-images"; at "train"
          "--val-json"; at "annotations/instances_val.json"; "--val-images"; at "val" ]

    let options = { ExperimentOptions.parse "test.fsx" ([ "--seeds"; "1"; "--iterations"; "2"; "--data-root"; root ] @ own) with Out = temporaryFolder () }
    let dataset = (Recipe.boxTeacher options.Data).Dataset

    let ablation =
        Ablation.from "Whose data?" (tiny.With((fun r -> r.Dataset), dataset)) |> Ablation.variant "BoxInst" Recipe.asBoxInst

    let result = Ablation.runWith (SilentProgress()) CancellationToken.None options ablation
    Assert.StartsWith("instances_train.json and instances_val.json: 6 images", result.Data)

    // A script that names its files itself asks for no scenes either.
    Ablation.runWith (SilentProgress()) CancellationToken.None { options with Data = DataChoice.Shapes } ablation |> ignore
    Assert.Empty(Directory.GetFileSystemEntries root)

let private tinySoft =
    Recipe.softTeacher DataChoice.Shapes
    |> Recipe.resized 64
    |> Recipe.learningFrom "shapes/annotations/instances_train.1@34.json" "shapes/train"
    |> Recipe.learningUnlabelled "shapes/annotations/instances_train.1@34-unlabelled.json" "shapes/train"
    |> fun recipe -> recipe.With((fun r -> r.Budget.BatchSize), 2)

[<Fact>]
let ``Soft Teacher's parts of a data set are made from the whole, and its report tells of the images without labels`` () =
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 2 }

    let result =
        Ablation.from "?" tinySoft
        |> Ablation.variant "supervised" SoftTeacher.asSupervised
        |> Ablation.variant "multi-stage" SoftTeacher.asMultiStage
        |> Ablation.variant "soft teacher" id
        |> Ablation.runWith (SilentProgress()) CancellationToken.None options

    // int(0.34 * 6) of the six scenes.
    Assert.Contains("2 images with", result.Data)
    Assert.Contains("4 without labels", result.Data)
    Assert.Equal<string list>([ "box AP"; "box AP50"; "box AP75" ], result.Metrics)
    let page = File.ReadAllText (Report.write options.Out result).Page
    Assert.Contains("boxes at IoU 0.5", page)

[<Fact>]
let ``other weights to begin with are another run, also under the same name`` () =
    let weights = Path.Combine(temporaryFolder (), "w.safetensors")
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 1; Weights = Some weights }
    let ablation = Ablation.from "?" tinySoft |> Ablation.variant "supervised" SoftTeacher.asSupervised

    let run seed =
        use method = (SoftTeacher.asSupervised tinySoft |> Recipe.seeded seed).BuildMethod 5
        ModelFile.Write(weights, method)
        (Ablation.runWith (SilentProgress()) CancellationToken.None options ablation).Runs |> List.map _.Run.Key

    Assert.NotEqual<string list>(run 1L, run 2L)
