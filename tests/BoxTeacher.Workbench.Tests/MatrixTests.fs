module BoxTeacher.Workbench.Tests.MatrixTests

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.IO
open System.Threading
open Spectre.Console
open Xunit
open BoxTeacher.Data
open BoxTeacher.Masks
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training
open BoxTeacher.Workbench

/// The folder of all that these tests write, beside the tests; what an earlier run left there goes first.
let private scratch =
    let folder = Path.Combine(AppContext.BaseDirectory, "scratch")
    if Directory.Exists folder then Directory.Delete(folder, true)
    folder

let temporaryFolder () =
    Directory.CreateDirectory(Path.Combine(scratch, Guid.NewGuid().ToString "N")).FullName

let plan variant seed =
    { Variant = variant
      Seed = seed
      Key = RunStore.Fingerprint [ variant; string seed ]
      Iterations = 10
      Recipe = $"""{{"name": "{variant}", "seed": {seed}}}""" }

let private foundObject score =
    { Category = 1
      Score = score
      Box = Box.FromCorners(1.0, 2.0, 3.0, 4.5)
      Mask = Some(RunLengthMask.FromCounts(ReadOnlySpan [| 3u; 4u; 13u |], 4, 5)) }

let resultOf (run: PlannedRun) ap =
    { Run = run
      Metrics = [ "mask AP", ap; "mask AP50", 2.0 * ap ]
      Curves = [ { Name = "mask AP"; Points = [ 5, ap / 2.0; 10, ap ] }; { Name = "loss"; Points = [ for i in 1..10 -> i, 1.0 / float i ] } ]
      Seconds = 12.5
      PeakMemory = 123_000_000L
      Precision = [ 0.5, [ for recall in 0..100 -> max 0.0 (1.0 - float recall / 2.0 / ap) ] ]
      Details = None
      Confidences = [ 0.25; 0.5; 0.52; 0.75 ]
      ConfidenceReliability = None
      Found = [ 7L, [ foundObject 0.75 ] ]
      Pseudo = [ 7L, [ foundObject 0.5 ] ] }

/// The event of a step: finished iterations, and the step's loss.
let stepped iteration loss : TrainingEvent = StepFinished(iteration, dict [ "loss_prj", loss ] |> Dictionary, loss, 0.01, Nullable(), 0.1, Nullable 0.04)

/// The event of an evaluation: finished iterations, and the mask AP, in percent.
let evaluated iteration ap : TrainingEvent = Evaluated(iteration, Network.Teacher, [| BoxTeacher.Evaluation.Metric("mask AP", ap / 100.0) |], 1.0)

/// Trains ten iterations by writing a number to a file, one a step; goes on where the file says.
let private train (steps: ConcurrentBag<string * int>) (context: RunContext) =
    let checkpoint = Path.Combine(context.Folder.Path, "checkpoint")
    let mutable iteration = if File.Exists checkpoint then int (File.ReadAllText checkpoint) else 0

    while iteration < context.Run.Iterations && not context.Cancellation.IsCancellationRequested do
        iteration <- iteration + 1
        steps.Add((context.Run.Key, iteration))
        context.Report(stepped iteration 1.0)
        File.WriteAllText(checkpoint, string iteration)

    if iteration = context.Run.Iterations then
        RunOutcome.Finished(resultOf context.Run 20.0)
    else
        RunOutcome.Stopped iteration

let private silent =
    { new IMatrixListener with
        member _.Started _ = ()
        member _.Progressed(_, _) = ()
        member _.Ended(_, _) = ()
        member _.Waits _ = () }

[<Fact>]
let ``a finished run is never trained again`` () =
    let store = RunStore(temporaryFolder ())
    let runs = [ for seed in 1L .. 3L -> plan "a" seed ]
    let steps = ConcurrentBag()
    let first = Matrix.run 2 store silent (train steps) CancellationToken.None runs
    Assert.All(first, fun (_, how) -> match how with RunEnd.Trained _ -> () | other -> failwith $"{other}")
    Assert.Equal(30, steps.Count)
    let second = Matrix.run 2 store silent (fun _ -> failwith "trained again") CancellationToken.None runs

    for run, how in second do
        match how with
        | RunEnd.Cached result -> Assert.Equal(Json.ofNode (RunJson.ofResult (resultOf run 20.0)), Json.ofNode (RunJson.ofResult result))
        | other -> failwith $"{other}"

[<Fact>]
let ``a stopped run goes on where it was`` () =
    let store = RunStore(temporaryFolder ())
    use stop = new CancellationTokenSource()
    let steps = ConcurrentBag()

    let listener =
        { new IMatrixListener with
            member _.Started _ = ()
            member _.Progressed(_, happened) =
                match happened with
                | :? StepFinished as step when step.Iteration = 4 -> stop.Cancel()
                | _ -> ()

            member _.Ended(_, _) = ()
            member _.Waits _ = () }

    let runs = [ plan "a" 1L; plan "b" 1L ]

    match Matrix.run 1 store listener (train steps) stop.Token runs |> List.map snd with
    | [ RunEnd.Stopped 4; RunEnd.Waiting ] -> ()
    | other -> failwith $"{other}"

    match Matrix.run 1 store silent (train steps) CancellationToken.None runs |> List.map snd with
    | [ RunEnd.Trained _; RunEnd.Trained _ ] -> ()
    | other -> failwith $"{other}"

    // Every iteration of the interrupted run was done exactly once.
    Assert.Equal<int list>([ 1..10 ], [ for key, i in steps do if key = runs[0].Key then i ] |> List.sort)

[<Fact>]
let ``a run that fails does not hold up the others`` () =
    let store = RunStore(temporaryFolder ())
    let runs = [ plan "bad" 1L; plan "good" 1L ]

    let ends =
        runs
        |> Matrix.run 1 store silent (fun context -> if context.Run.Variant = "bad" then failwith "no luck" else RunOutcome.Finished(resultOf context.Run 1.0)) CancellationToken.None

    match ends |> List.map snd with
    | [ RunEnd.Failed error; RunEnd.Trained _ ] -> Assert.Equal("no luck", error.Message)
    | other -> failwith $"{other}"

    Assert.Equal(None, store.TryRead runs[0])

[<Fact>]
let ``two processes do not train one run`` () =
    let root = temporaryFolder ()
    let run = plan "a" 1L
    let train (context: RunContext) = RunOutcome.Finished(resultOf context.Run 1.0)
    let inStore () = Matrix.run 1 (RunStore root) silent train CancellationToken.None [ run ] |> List.map snd

    do
        use _ = RunFolder((RunStore root).Folder run).Lock()

        match inStore () with
        | [ RunEnd.Failed error ] -> Assert.EndsWith("another process is at work in this folder", error.Message)
        | other -> failwith $"{other}"

    match inStore () with
    | [ RunEnd.Trained _ ] -> ()
    | other -> failwith $"{other}"

[<Fact>]
let ``as many runs train at a time as asked for`` () =
    let store = RunStore(temporaryFolder ())
    let running, most = ref 0, ref 0
    let gate = obj ()

    let train (context: RunContext) =
        lock gate (fun () ->
            running.Value <- running.Value + 1
            most.Value <- max most.Value running.Value)

        Thread.Sleep 40
        lock gate (fun () -> running.Value <- running.Value - 1)
        RunOutcome.Finished(resultOf context.Run 1.0)

    Matrix.run 3 store silent train CancellationToken.None [ for seed in 1L .. 9L -> plan "a" seed ] |> ignore
    Assert.Equal(3, most.Value)

[<Fact>]
let ``variants that come to the same run share it`` () =
    let store = RunStore(temporaryFolder ())
    let one = plan "one" 1L
    let other = { one with Variant = "other" }
    let trained = ref 0

    let train (context: RunContext) =
        Interlocked.Increment(&trained.contents) |> ignore
        RunOutcome.Finished(resultOf context.Run 1.0)

    match Matrix.run 2 store silent train CancellationToken.None [ one; other ] with
    | [ _, RunEnd.Trained a; _, RunEnd.Trained b ] ->
        Assert.Equal(1, trained.Value)
        Assert.Equal(("one", "other"), (a.Run.Variant, b.Run.Variant))
    | ends -> failwith $"{ends}"

[<Fact>]
let ``fingerprints tell texts and their borders apart`` () =
    let all = [ [ "ab"; "c" ]; [ "a"; "bc" ]; [ "abc" ]; [ "c"; "ab" ]; [ "ab"; "c"; "" ] ] |> List.map RunStore.Fingerprint
    Assert.Equal(all.Length, all |> List.distinct |> List.length)
    Assert.Equal(RunStore.Fingerprint [ "ab"; "c" ], all.Head)
    Assert.All(all, fun key -> Assert.Equal(16, key.Length))

[<Fact>]
let ``a damaged result names its file`` () =
    let store = RunStore(temporaryFolder ())
    let run = plan "a" 1L
    store.Write(resultOf run 1.0)
    let file = Path.Combine(store.Folder run, "result.json")
    File.WriteAllText(file, (File.ReadAllText file).Substring 40)
    let error = Assert.Throws<InvalidDataException>(fun () -> store.TryRead run |> ignore)
    Assert.Contains(file, error.Message)

/// Keeps lines, and may be read while it is written.
type private LineWriter() =
    inherit TextWriter()
    member val Lines = ConcurrentQueue<string>()
    override _.Encoding = Text.Encoding.UTF8
    override writer.WriteLine(text: string) = writer.Lines.Enqueue text

[<Fact>]
let ``plain progress says when runs begin and end and how far they are`` () =
    let store = RunStore(temporaryFolder ())
    use writer = new LineWriter()
    let display: IProgressDisplay = PlainProgress(writer, TimeSpan.FromMilliseconds 20.0)
    let says pattern = writer.Lines |> Seq.exists (fun line -> Text.RegularExpressions.Regex.IsMatch(line, pattern))

    let train (context: RunContext) =
        for i in 1..8 do
            context.Report(stepped i 0.5)
            if i = 5 then context.Report(evaluated i 12.0)

        // A run by itself tells its learning rate and each of its losses.
        let details = if context.Run.Variant = "a" then @"  lr 0\.01 \(prj 0\.500\)" else ""
        let line = $@"{context.Run.Variant}, seed 1: 8/10  loss 0\.500  waits for data 40%%  mask AP 12\.0{details}, .* left"
        Assert.True(SpinWait.SpinUntil((fun () -> says line), TimeSpan.FromSeconds 20.0))
        RunOutcome.Finished(resultOf context.Run 1.0)

    for runs in [ [ plan "a" 1L ]; [ plan "b" 1L; plan "c" 1L ] ] do
        let mutable ends = []
        display.Show(runs, fun listener -> ends <- Matrix.run 1 store listener train CancellationToken.None runs)

        for run, how in ends do
            Assert.True((match how with RunEnd.Trained _ -> true | _ -> false), $"{how}")
            Assert.True(says $"{run.Label}: 10 iterations")
            Assert.True(says $"{run.Label}: teacher after 5 iterations: mask AP 12\.0")
            Assert.True(says $"{run.Label}: done")

[<Fact>]
let ``below the bar of a run by itself stands its last evaluation`` () =
    let shown runs =
        use text = new StringWriter()
        let settings = AnsiConsoleSettings(Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = AnsiConsoleOutput text)
        let console = AnsiConsole.Create settings
        console.Profile.Width <- 120
        let display: IProgressDisplay = LiveProgress console

        display.Show(runs, fun listener ->
            for run in runs do
                listener.Started run
                listener.Progressed(run, evaluated 5 12.0)
                listener.Progressed(run, evaluated 10 13.0)
                listener.Ended(run, RunEnd.Trained(resultOf run 1.0)))

        string text

    Assert.Equal("a, seed 1: teacher after 10 iterations: mask AP 13.0", (shown [ plan "a" 1L ]).TrimEnd().Split('\n') |> Array.last)
    Assert.DoesNotContain("after 10 iterations", shown [ plan "b" 1L; plan "c" 1L ])
