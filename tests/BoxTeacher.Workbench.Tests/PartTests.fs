/// Parts of a script's own: on record, tried before the first step, and not taken for one another.
module BoxTeacher.Workbench.Tests.PartTests

open System
open System.Collections.Concurrent
open System.IO
open System.Threading
open TorchSharp
open Xunit
open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.AblationTests
open BoxTeacher.Workbench.Tests.MatrixTests

let private train options ablation = Ablation.runWith (SilentProgress()) CancellationToken.None options ablation

let private oneStep () = { optionsIn (temporaryFolder ()) with Iterations = Some 1 }

let private halved = Variant.With("halved", id, BoxTeacherParts(Confidence = fun masks -> masks.Scores * 0.5.ToScalar()))

let private folderOf (options: ExperimentOptions) (run: RunResult) = RunStore(Path.Combine(options.Out, "runs")).Folder run.Run

[<Fact>]
let ``a replaced part is on record by name and source: in the run's folder, in the results and on the page`` () =
    let options = oneStep ()
    let result = Ablation.from "?" tiny |> Ablation.variant "base" id |> Ablation.add halved |> train options
    let plain, own = result.Runs[0], result.Runs[1]
    Assert.Null (RunFolder(folderOf options plain).ReadRecipe()).Parts
    let part = (RunFolder(folderOf options own).ReadRecipe()).Parts |> Seq.exactlyOne
    Assert.Equal("Confidence", part.Name)
    Assert.StartsWith("'halved' in PartTests.fs, ", part.Source)

    let files = Report.write options.Out result
    let inResults = [ for run in Json.items "runs" (Json.parse (File.ReadAllText files.Results)) -> [ for part in Json.items "recipe.parts" run -> Json.tryText "name" part, Json.tryText "source" part ] ]
    Assert.Equal<(string option * string option) list list>([ []; [ Some "Confidence", Some part.Source ] ], inResults)

    let page = File.ReadAllText files.Page
    let differs = page.Substring(page.IndexOf "<h2>What differs</h2>")
    let table = differs.Substring(0, differs.IndexOf "<details>")
    Assert.Contains("part Confidence", table)
    Assert.Contains(part.Source.Replace("'", "&#39;"), table)

[<Fact>]
let ``variants with different functions do not share a run`` () =
    let asked = ConcurrentQueue<string>()

    let momentum name value =
        let counted _ =
            asked.Enqueue name
            value

        Variant.With(name, id, BoxTeacherParts(Momentum = counted))

    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 2 }
    let result = Ablation.from "?" tiny |> Ablation.add (momentum "slow" 0.9) |> Ablation.add (momentum "fast" 0.1) |> train options
    let keys = [ for run in result.Runs -> run.Run.Key ]
    Assert.Equal(2, (List.distinct keys).Length)
    Assert.Equal(2, Directory.GetDirectories(Path.Combine(options.Out, "runs")).Length)
    // Each is tried four times before all runs and four times by its own, and asked before its second step.
    Assert.Equal<(string * int) list>([ "fast", 9; "slow", 9 ], asked |> Seq.countBy id |> Seq.sort |> List.ofSeq)

[<Fact>]
let ``a run with a script's parts goes on by that script alone`` () =
    let options = oneStep ()
    let result = Ablation.from "?" tiny |> Ablation.add halved |> train options
    let folder = RunFolder(folderOf options result.Runs.Head)
    let recorded = folder.ReadRecipe()
    let plain = recorded.With((fun r -> r.Parts), null)
    let data = (Recipe.data dataRoot.Value recorded).Training
    let refused (work: unit -> unit) = Assert.Throws<RecipeException>(work).Message

    let messages =
        [ // boxteacher train --resume, with the recipe of the folder and with the one that it was made from.
          refused (fun () -> SingleRun.train BoxTeacher.Processes.ProcessGroups.One (Action<TrainingEvent> ignore) recorded dataRoot.Value folder (Nullable()) |> ignore)
          refused (fun () -> SingleRun.train BoxTeacher.Processes.ProcessGroups.One (Action<TrainingEvent> ignore) plain dataRoot.Value folder (Nullable 7) |> ignore)
          refused (fun () -> folder.Claim(plain, RecipeData(data, null)))
          refused (fun () ->
              use method = plain.BuildMethod(data.Categories.Count, dataRoot.Value)
              TrainingRun(plain, method, RecipeData(data, null), folder).Run() |> ignore) ]

    Assert.All(messages, fun message ->
        Assert.Contains("Confidence from 'halved' in PartTests.fs", message)
        Assert.Contains("only that script", message))

    // Nothing of the run was touched: the script itself does go on.
    Assert.NotEqual(7, folder.Threads(Nullable(), 1))
    Assert.Equal<(string * float) list>(result.Runs.Head.Metrics, (Ablation.from "?" tiny |> Ablation.add halved |> train options).Runs.Head.Metrics)

[<Fact>]
let ``a part that gives no number ends the ablation before its first run, by name`` () =
    let told = ConcurrentQueue<PlannedRun * TrainingEvent>()
    let bad = Variant.With("bad", id, BoxTeacherParts(Confidence = fun masks -> masks.Scores * nan.ToScalar()))

    let error =
        Assert.Throws<PartException>(fun () ->
            Ablation.from "?" tiny
            |> Ablation.variant "base" id
            |> Ablation.add bad
            |> Ablation.runWith (Record told) CancellationToken.None (oneStep ())
            |> ignore)

    Assert.Equal("bad: part Confidence returned NaN; confidences must be in [0, 1]", error.Message)
    Assert.Empty told

[<Fact>]
let ``every kind of bad part is refused by name before there is a network`` () =
    let everyPair value = PairAffinity(fun _ masks pairs -> torch.full ([| masks.size 0; int64 pairs.Count; masks.size 1; masks.size 2 |], (value: float).ToScalar()))

    for name, parts in
        [ "Confidence", BoxTeacherParts(Confidence = fun masks -> masks.Scores + 1.0.ToScalar())
          "Confidence", BoxTeacherParts(Confidence = fun masks -> masks.Probabilities)
          "Confidence", BoxTeacherParts(Confidence = fun _ -> failwith "no luck")
          "Assignment", BoxTeacherParts(Assignment = fun _ _ -> [||])
          "Assignment", BoxTeacherParts(Assignment = fun predictions iou -> Array.create (Array2D.length2 iou) predictions.Count)
          "MaskAffinity", BoxTeacherParts(MaskAffinity = everyPair nan)
          "MaskAffinity", BoxTeacherParts(MaskAffinity = fun _ masks _ -> masks)
          "ColorAffinity", BoxTeacherParts(ColorAffinity = everyPair 2.0)
          "Momentum", BoxTeacherParts(Momentum = fun t -> float t) ] do
        let variant = Variant.With("bad", id, parts)
        // There are no networks of no classes: whoever came to building one would say so.
        let error = Assert.Throws<PartException>(fun () -> variant.Method (variant.Change tiny) 0 "nowhere" |> ignore)
        Assert.StartsWith($"part {name} ", error.Message)

[<Fact>]
let ``a method built by the script is on record as such`` () =
    let asked = ref 0

    let own =
        Variant.Of("own", Recipe.asBoxInst, fun recipe classes root ->
            asked.Value <- asked.Value + 1
            Assert.Null recipe.Parts
            recipe.BuildMethod(classes, root))

    let options = oneStep ()
    let result = Ablation.from "?" tiny |> Ablation.add own |> Ablation.variant "plain" Recipe.asBoxInst |> train options
    // To try it before all runs, and for its own.
    Assert.Equal(2, asked.Value)
    Assert.NotEqual<string>(result.Runs[0].Run.Key, result.Runs[1].Run.Key)
    let part = (RunFolder(folderOf options result.Runs[0]).ReadRecipe()).Parts |> Seq.exactlyOne
    Assert.Equal("Method", part.Name)
    Assert.Contains("PartTests.fs", part.Source)

/// A variant that tells how many threads its runs have.
let private counting (threads: ConcurrentQueue<int>) name =
    let momentum iteration =
        // Trials ask for larger numbers too, and come before all runs as well, outside their threads.
        let ofRun = string(Thread.CurrentThread.Name).StartsWith "run "
        if ofRun && iteration < 10L then threads.Enqueue(torch.get_num_threads ())
        0.9

    Variant.With(name, id, BoxTeacherParts(Momentum = momentum))

[<Fact>]
let ``each run has as many threads as it is given, or its share of the cores`` () =
    for given, parallelRuns, expected in
        [ Some 1, 1, 1
          Some 3, 2, 3
          None, 1, Environment.ProcessorCount
          None, 2, max 1 (Environment.ProcessorCount / 2) ] do
        let threads = ConcurrentQueue<int>()
        let options = { optionsIn (temporaryFolder ()) with Iterations = Some 2; Threads = given; Parallel = parallelRuns }
        let result = Ablation.from "?" tiny |> Ablation.add (counting threads "a") |> Ablation.add (counting threads "b") |> train options
        Assert.Equal<int list>([ expected ], List.distinct (List.ofSeq threads))
        Assert.Equal((min 2 parallelRuns, expected), (result.Provenance.Degree, result.Provenance.Threads))

[<Fact>]
let ``a run that goes on has the threads that it began with, unless it is given others`` () =
    let steps = ConcurrentQueue<int>()
    let options = { optionsIn (temporaryFolder ()) with Iterations = Some 4; Threads = Some 3 }
    let ablation = Ablation.from "?" tiny |> Ablation.add (counting steps "a")
    use stop = new CancellationTokenSource()
    Assert.Throws<AblationStoppedException>(fun () -> Ablation.runWith (StopAfter(2, stop)) stop.Token options ablation |> ignore) |> ignore
    let result = ablation |> train { options with Threads = None }
    // Tried once by the run of each call, and asked before the steps from the second on.
    Assert.Equal<int list>([ 3; 3; 3; 3; 3 ], List.ofSeq steps)

    let folder = RunFolder(folderOf options result.Runs.Head)
    Assert.Equal(3, folder.Threads(Nullable(), 1))
    Assert.Equal(4, folder.Threads(Nullable 4, 1))
    Assert.Equal(4, folder.Threads(Nullable(), 1))
    File.WriteAllText(Path.Combine(folder.Path, "threads"), "many")
    Assert.Equal(2, folder.Threads(Nullable(), 2))

[<Fact>]
let ``the device of the options is the recipe's, and one that is not there is named`` () =
    let options = { oneStep () with Device = Some(DeviceName.Parse "cuda:99") }
    let error = Assert.Throws<RecipeException>(fun () -> Ablation.from "?" tiny |> Ablation.variant "a" Recipe.asBoxInst |> train options |> ignore)
    Assert.Contains("a: device cuda:99: libtorch", error.Message)

[<Fact>]
let ``self-training that was stopped goes on to the same weights, bit for bit`` () =
    let recipe = tiny |> BoxTeacher.asSelfTraining |> Recipe.iterations 4
    let data = (Recipe.data dataRoot.Value recipe).Training

    /// Trains until so many steps are done in this call; true at the end of the budget.
    let run (folder: RunFolder) steps =
        use method = recipe.BuildMethod(data.Categories.Count, dataRoot.Value)
        use stop = new CancellationTokenSource()
        let mutable finished = 0

        let listen (happened: TrainingEvent) =
            match happened with
            | :? StepFinished ->
                finished <- finished + 1
                if finished = steps then stop.Cancel()
            | _ -> ()

        TrainingRun(recipe, method, RecipeData(data, null), folder).Run(Action<TrainingEvent> listen, stop.Token).Finished

    let folder () = RunFolder(Path.Combine(temporaryFolder (), "run"))
    let whole = folder ()
    Assert.True(run whole 0)

    // Before the second stage begins, where it does, and within it.
    for steps in [ 1; 2; 3 ] do
        let parted = folder ()
        Assert.False(run parted steps)
        Assert.True(run parted 0)
        Assert.Equal<byte array>(File.ReadAllBytes whole.ModelFile, File.ReadAllBytes parted.ModelFile)
