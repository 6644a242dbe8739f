/// Many processes that share the runs of one ablation, and die.
module BoxTeacher.Workbench.Tests.SharedRunsTests

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.IO
open System.Threading
open Xunit
open BoxTeacher.Training
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.MatrixTests
open BoxTeacher.Workbench.Tests.AblationTests

let private ablation =
    Ablation.from "Who trains what?" (tiny |> Recipe.set "budget.checkpointEvery" "1" |> Recipe.set "budget.evaluateEvery" "3")
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher" id
    |> Ablation.seeds [ 1L .. 3L ]

/// Says each thing on a line of its own. The runs begin when the file is there: all processes have started by then.
type private Told(go: string) =
    interface IProgressDisplay with
        member _.Show(_, work) =
            let say (text: string) = lock Console.Out (fun () -> Console.Out.WriteLine text)
            say "ready|"
            SpinWait.SpinUntil((fun () -> Thread.Sleep 5; File.Exists go), TimeSpan.FromSeconds 240.0) |> ignore

            work
                { new IMatrixListener with
                    member _.Started run = say $"begins|{run.Label}"
                    member _.Progressed(run, happened) =
                        match happened with
                        | :? StepFinished -> say $"step|{run.Label}|{happened.Iteration}"
                        | :? Resumed -> say $"goes on|{run.Label}|{happened.Iteration}"
                        | _ -> ()
                    member _.Ended(run, how) =
                        let word = match how with RunEnd.Trained _ -> "trained" | RunEnd.Lost -> "lost" | RunEnd.Failed e -> e.Message | _ -> "other"
                        say $"ended|{run.Label}|{word}"
                    member _.Waits others = say $"waits|{others.Length}" }

/// The script that further processes run.
let script options =
    Script.run (Array.ofList ("cells.fsx" :: options)) (fun options ->
        Ablation.runWith (Told(Path.Combine(options.Out, "go"))) CancellationToken.None options ablation)

/// One of several processes, as mpirun starts them.
type private Worker(rank: int, options: string list) =
    let lines = ConcurrentQueue<string>()

    let start =
        ProcessStartInfo(
            "dotnet",
            System.Reflection.Assembly.GetExecutingAssembly().Location :: "ablation" :: options,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    // No run becomes the part of one model that is trained by all.
    do for name, value in [ "RANK", rank; "SIZE", 4; "LOCAL_RANK", rank; "LOCAL_SIZE", 4 ] do
        start.Environment[$"OMPI_COMM_WORLD_{name}"] <- string value

    let running = nonNull (Process.Start start)
    do running.OutputDataReceived.Add(fun line -> if not (isNull line.Data) then lines.Enqueue line.Data)
    do running.ErrorDataReceived.Add(fun line -> if not (isNull line.Data) then lines.Enqueue("error|" + line.Data))
    do running.BeginOutputReadLine()
    do running.BeginErrorReadLine()

    member _.Lines = List.ofSeq lines

    /// What was said of a kind, in order.
    member worker.Said(kind: string) = [ for line in worker.Lines do if line.StartsWith(kind + "|") then List.ofArray (line.Split '|') |> List.tail ]

    member worker.Await what condition =
        let isSo = SpinWait.SpinUntil((fun () -> Thread.Sleep 5; condition worker || running.HasExited), TimeSpan.FromSeconds 240.0)
        Assert.True(isSo && condition worker, $"""process {rank} never {what}:{Environment.NewLine}{String.Join('\n', worker.Lines)}""")

    member _.Send(signal: string) = (nonNull (Process.Start("kill", [ $"-{signal}"; string running.Id ]))).WaitForExit()

    member worker.ExitCode =
        Assert.True(running.WaitForExit(TimeSpan.FromSeconds 240.0), $"""process {rank} does not end:{Environment.NewLine}{String.Join('\n', worker.Lines)}""")
        running.WaitForExit()
        running.ExitCode

    interface IDisposable with
        member _.Dispose() = (if not running.HasExited then running.Kill()); running.Dispose()

[<Fact>]
let ``four processes share the runs, whoever is killed or falls asleep, and end with one report and the numbers of one process`` () =
    let options out = [ "--iterations"; "3"; "--parallel"; "1"; "--threads"; "1"; "--takeover"; "4"; "--data-root"; dataRoot.Value; "--out"; out ]
    let out = temporaryFolder ()
    let workers = [ for rank in 0..3 -> new Worker(rank, options out) ]

    try
        let steps (worker: Worker) = (worker.Said "step").Length
        let random = Random 7

        for worker in workers do
            worker.Await "was ready" (fun worker -> worker.Said "ready" <> [])

        File.WriteAllText(Path.Combine(out, "go"), "")

        // Two die, each after some step.
        for worker in workers[0..1] do
            let last = 1 + random.Next 3
            worker.Await $"did {last} steps" (fun worker -> steps worker >= last)
            worker.Send "KILL"

        // One falls asleep in a run, and wakes up when another has taken the run over.
        let sleeper = workers[2]
        sleeper.Await "did a step" (fun worker -> steps worker >= 1)
        sleeper.Send "STOP"
        let label = List.last (sleeper.Said "step") |> List.head
        workers[3].Await "took the run over" (fun worker -> worker.Said "begins" |> List.contains [ label ])
        sleeper.Send "CONT"

        for worker in workers[2..3] do
            Assert.True(worker.ExitCode = 0, String.Join('\n', worker.Lines))

        let said kind = workers |> List.collect (fun worker -> worker.Said kind)
        let labels = [ for seed in 1..3 do for variant in [ "BoxInst"; "BoxTeacher" ] -> $"{variant}, seed {seed}" ]

        // Each run was finished by one process, and of its steps none was done again but those that a death or a sleep cost.
        let trained = [ for ended in said "ended" do if ended[1] = "trained" then ended[0] ]
        Assert.Equal<string list>(List.sort labels, List.sort trained)
        Assert.Contains([ label; "lost" ], sleeper.Said "ended")
        Assert.InRange((said "step").Length, 3 * labels.Length, 3 * labels.Length + 3)
        Assert.Equal<string list list>([], [ for ended in said "ended" do if not (List.contains ended[1] [ "trained"; "lost"; "other" ]) then ended ])

        // One of them wrote the report.
        let reports = workers |> List.collect (fun worker -> worker.Lines |> List.filter _.StartsWith("report "))
        Assert.Equal(2, reports.Length)
        Assert.Single(reports, fun line -> line.EndsWith "by another process") |> ignore
        let files = Directory.GetFiles(out, "*", SearchOption.AllDirectories)
        Assert.Empty(files |> Array.filter (fun file -> (nonNull (Path.GetFileName file)).StartsWith "claim." || file.EndsWith ".tmp"))

        // Nothing of it differs from what one process does.
        let alone = temporaryFolder ()
        let whole = Ablation.runWith (SilentProgress()) CancellationToken.None (ExperimentOptions.parse "cells.fsx" (options alone)) ablation
        let shared = ResultJson.read (Path.Combine(out, "results.json"))
        let numbers (result: AblationResult) =
            [ for run in result.Runs -> run.Run.Label, run.Metrics, run.Curves, [ for _, found in run.Found -> found |> List.map (RunJson.ofFound >> Json.ofNode) ] ]

        Assert.Equal<_ list>(numbers whole, numbers shared)
    finally
        for worker in workers do (worker :> IDisposable).Dispose()

let private store root = RunStore(root, TimeSpan.FromSeconds 3.0)

let private finishing (context: RunContext) = RunOutcome.Finished(resultOf context.Run 20.0)

let private hears waits =
    { new IMatrixListener with
        member _.Started _ = ()
        member _.Progressed(_, _) = ()
        member _.Ended(_, _) = ()
        member _.Waits others = waits others }

[<Fact>]
let ``stores that share a folder train each run once and wait for one another`` () =
    let root = temporaryFolder ()
    let runs = [ for seed in 1L .. 12L -> plan "a" seed ]
    let trained = ConcurrentBag()

    let train (context: RunContext) =
        Thread.Sleep 20
        trained.Add context.Run.Seed
        finishing context

    let ends = Array.zeroCreate 4
    let threads = [ for i in 0..3 -> Thread(fun () -> ends[i] <- Matrix.run 2 (store root) (hears ignore) train CancellationToken.None runs) ]
    threads |> List.iter _.Start()
    threads |> List.iter _.Join()
    Assert.Equal<int64 list>([ 1L .. 12L ], List.sort (List.ofSeq trained))

    // Each of them has every result.
    for how in Seq.concat ends do
        match how with
        | _, (RunEnd.Trained _ | RunEnd.Cached _ | RunEnd.Elsewhere _) -> ()
        | other -> failwith $"{other}"

/// Does something in another process's stead.
let private beside (work: unit -> 'T) =
    let result = ref None
    let thread = Thread(fun () -> result.Value <- Some(work ()))
    thread.Start()

    fun () ->
        thread.Join()
        result.Value.Value

let private await (signal: ManualResetEventSlim) = Assert.True(signal.Wait(TimeSpan.FromSeconds 20.0))

[<Fact>]
let ``who waits for a run says who has it, and ends at once when it is asked to stop`` () =
    let root = temporaryFolder ()
    let run = plan "a" 1L
    use begun = new ManualResetEventSlim()
    use over = new ManualResetEventSlim()

    let slow context =
        begun.Set()
        await over
        finishing context

    let other = beside (fun () -> Matrix.run 1 (store root) (hears ignore) slow CancellationToken.None [ run ])
    await begun
    use stop = new CancellationTokenSource()
    let told = ConcurrentQueue()

    let waits others =
        told.Enqueue others
        stop.Cancel()

    match Matrix.run 1 (store root) (hears waits) (fun _ -> failwith "it is another's") stop.Token [ run ], List.ofSeq told with
    | [ _, RunEnd.Waiting ], [ [ waited, holder ] ] ->
        Assert.Equal(run, waited)
        Assert.Equal($"{Environment.MachineName}, process {Environment.ProcessId}", holder)
    | other -> failwith $"{other}"

    over.Set()
    match other () with [ _, RunEnd.Trained _ ] -> () | other -> failwith $"{other}"

[<Fact>]
let ``a run that failed in one process is not tried by the others at work, and is tried again by the next call`` () =
    let root = temporaryFolder ()
    let runs = [ plan "bad" 1L; plan "good" 1L ]
    let tries = ref 0
    use bad = new ManualResetEventSlim()
    use good = new ManualResetEventSlim()
    use failed = new ManualResetEventSlim()

    // The second process is at work before the first one fails, and looks at its run after.
    let train (context: RunContext) =
        if context.Run.Variant = "bad" then
            Interlocked.Increment(&tries.contents) |> ignore
            bad.Set()
            await good
            failwith "no luck"

        good.Set()
        await failed
        finishing context

    let first =
        { new IMatrixListener with
            member _.Started _ = ()
            member _.Progressed(_, _) = ()
            member _.Ended(run, _) = if run.Variant = "bad" then failed.Set()
            member _.Waits _ = () }

    let one = beside (fun () -> Matrix.run 1 (store root) first train CancellationToken.None runs)
    await bad
    let second = Matrix.run 1 (store root) (hears ignore) train CancellationToken.None runs

    match List.map snd (one ()), List.map snd second with
    | [ RunEnd.Failed mine; RunEnd.Elsewhere _ ], [ RunEnd.Failed others; RunEnd.Trained _ ] ->
        Assert.Equal("no luck", mine.Message)
        Assert.Equal($"failed in {Environment.MachineName}, process {Environment.ProcessId}: no luck", others.Message)
    | ends -> failwith $"{ends}"

    Assert.Equal(1, tries.Value)
    Matrix.run 1 (store root) (hears ignore) train CancellationToken.None runs |> ignore
    Assert.Equal(2, tries.Value)

[<Fact>]
let ``a process that lost a run writes nothing into it any more`` () =
    let root = temporaryFolder ()
    let run = plan "a" 1L
    let folder = (store root).Folder run
    let saved = ref 0

    let train (context: RunContext) =
        // Another has taken it over meanwhile.
        File.Move(Path.Combine(folder, "claim.1"), Path.Combine(folder, "claim.2"))
        Assert.Throws<OperationCanceledException>(fun () -> context.Report(stepped 1 0.5)) |> ignore
        use method = tiny.BuildMethod 5
        use optimizer = tiny.Solver.Optimizer.Build method.Student
        Assert.Throws<OperationCanceledException>(fun () -> context.Folder.Checkpoints.Save(1, method, optimizer) |> ignore) |> ignore
        saved.Value <- 1
        File.WriteAllText(Path.Combine(folder, "claim.2"), "") // whose process then dies
        finishing context

    let lost = ref 0
    use stop = new CancellationTokenSource()

    let listener =
        { new IMatrixListener with
            member _.Started _ = ()
            member _.Progressed(_, _) = ()
            member _.Ended(_, how) =
                match how with
                | RunEnd.Lost ->
                    lost.Value <- lost.Value + 1
                    stop.Cancel()
                | _ -> ()
            member _.Waits _ = () }

    match Matrix.run 1 (store root) listener train stop.Token [ run ] with
    | [ _, RunEnd.Waiting ] -> Assert.Equal((1, 1), (saved.Value, lost.Value))
    | other -> failwith $"{other}"

    Assert.Equal<string list>([ "claim.2"; "lock" ], [ for entry in Directory.GetFileSystemEntries folder -> Path.GetFileName entry ] |> List.sort)

[<Fact>]
let ``a run in which three processes died without a further checkpoint has failed, and is tried again by the next call`` () =
    let store = RunStore(temporaryFolder (), TimeSpan.FromSeconds 0.3)
    let run = plan "a" 1L

    // What a process that is killed leaves behind, and the next one finds.
    let afterDeath train =
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(store.Folder run).FullName, "claim.1"), "")
        Matrix.run 1 store (hears ignore) train CancellationToken.None [ run ] |> List.map snd

    let withCheckpoint (context: RunContext) =
        Directory.CreateDirectory(Path.Combine(context.Folder.Path, "checkpoint-0000005")) |> ignore
        RunOutcome.Stopped 5

    let without _ = RunOutcome.Stopped 0

    for train in [ without; withCheckpoint; without; without ] do
        match afterDeath train with
        | [ RunEnd.Stopped _ ] -> ()
        | other -> failwith $"{other}"

    match afterDeath without with
    | [ RunEnd.Failed error ] -> Assert.StartsWith("3 processes died in it after iteration 5", error.Message)
    | other -> failwith $"{other}"

    match afterDeath finishing with
    | [ RunEnd.Trained _ ] -> Assert.False(File.Exists(Path.Combine(store.Folder run, "deaths.txt")))
    | other -> failwith $"{other}"

[<Fact>]
let ``processes that mpirun or srun started share the cores of their machine`` () =
    let peers variables = Peers.ofEnvironment (Map.ofList variables).TryFind 16
    Assert.Equal({ Rank = 0; Count = 1; Cores = 16 }, peers [])
    Assert.Equal({ Rank = 3; Count = 8; Cores = 4 }, peers [ "OMPI_COMM_WORLD_RANK", "3"; "OMPI_COMM_WORLD_SIZE", "8"; "OMPI_COMM_WORLD_LOCAL_SIZE", "4" ])
    let many = [ "OMPI_COMM_WORLD_RANK", "0"; "OMPI_COMM_WORLD_SIZE", "40" ]
    Assert.Equal({ Rank = 0; Count = 40; Cores = 1 }, peers many)
    Assert.Equal({ Rank = 5; Count = 6; Cores = 8 }, peers [ "PMI_RANK", "5"; "PMI_SIZE", "6"; "MPI_LOCALNRANKS", "2" ])
    let srun = [ "SLURM_STEP_ID", "0"; "SLURM_STEP_NUM_TASKS", "11"; "SLURM_PROCID", "6" ]
    Assert.Equal({ Rank = 6; Count = 11; Cores = 4 }, peers (srun @ [ "SLURM_STEP_TASKS_PER_NODE", "4(x2),3" ]))
    Assert.Equal({ Rank = 6; Count = 11; Cores = 3 }, peers (srun @ [ "SLURM_CPUS_PER_TASK", "3"; "SLURM_STEP_TASKS_PER_NODE", "4" ]))
    // In a batch script itself there is one process.
    Assert.Equal({ Rank = 0; Count = 1; Cores = 16 }, peers [ "SLURM_NTASKS_PER_NODE", "4"; "SLURM_PROCID", "2" ])
