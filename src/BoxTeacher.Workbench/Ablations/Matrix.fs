namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.Threading
open BoxTeacher.Structures
open BoxTeacher.Training

/// How far a run is.
type RunState =
    { /// The iteration that this call goes on from, and when, as time since the work began; None before the first news.
      From: (int * TimeSpan) option
      /// Finished iterations.
      Iteration: int
      /// The latest step.
      Step: StepFinished option
      /// The latest evaluation.
      Evaluation: Evaluated option }

/// A run's state, from the events of its training.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module RunState =

    /// A run that has told nothing yet.
    let start = { From = None; Iteration = 0; Step = None; Evaluation = None }

    /// The latest event of a kind, of several or of one's own.
    let private latest<'event when 'event :> TrainingEvent> (events: TrainingEvent seq) own =
        System.Linq.Enumerable.OfType<'event> events |> Seq.tryLast |> Option.orElse own

    /// The state after an event that came at a time.
    let after (now: TimeSpan) (happened: TrainingEvent) state =
        let news =
            match happened with
            | :? Resumed as resumed -> resumed.History :> TrainingEvent seq
            | _ -> [ happened ]

        { From = state.From |> Option.orElse (Some(happened.Iteration, now))
          Iteration = max happened.Iteration state.Iteration
          Step = latest<StepFinished> news state.Step
          Evaluation = latest<Evaluated> news state.Evaluation }

    /// The time that the rest of so many iterations takes at the pace of this call; None while there is no pace yet.
    let timeLeft (now: TimeSpan) (iterations: int) state =
        match state.From with
        | Some(first, since) when state.Iteration > first ->
            Some((now - since) / float (state.Iteration - first) * float (iterations - state.Iteration))
        | _ -> None

/// What a trainer is given for a run.
type RunContext =
    { Run: PlannedRun
      /// The run's own folder, for checkpoints; it exists, and no other process writes in it.
      Folder: RunFolder
      /// Tells how the run goes; cheap, and callable after every step.
      Report: TrainingEvent -> unit
      /// Asks the run to write a checkpoint and return.
      Cancellation: CancellationToken }

/// How a trainer came back.
[<RequireQualifiedAccess>]
type RunOutcome =
    /// The budget is used up.
    | Finished of RunResult
    /// Cancelled after so many iterations, with a checkpoint.
    | Stopped of iteration: int

/// How a run of the matrix ended.
[<RequireQualifiedAccess>]
type RunEnd =
    /// Trained now.
    | Trained of RunResult
    /// Found finished on disk.
    | Cached of RunResult
    /// Stopped on request after so many iterations; the next start goes on from there.
    | Stopped of iteration: int
    /// Not begun before the stop.
    | Waiting
    | Failed of exn

/// Hears what happens in a matrix; called from several threads.
type IMatrixListener =
    abstract Started: run: PlannedRun -> unit
    abstract Progressed: run: PlannedRun * happened: TrainingEvent -> unit
    abstract Ended: run: PlannedRun * how: RunEnd -> unit

/// Trains the runs of an ablation side by side.
[<RequireQualifiedAccess>]
module Matrix =

    /// Trains every run that has no result in the store, `degree` at a time, each on a thread of its own, in the given order.
    /// A run that fails does not hold up the others. Returns how each ended, in order.
    let run
        (degree: int)
        (store: RunStore)
        (listener: IMatrixListener)
        (train: RunContext -> RunOutcome)
        (cancellation: CancellationToken)
        (runs: PlannedRun list)
        =
        if degree < 1 then
            invalidArg (nameof degree) $"at least one run trains at a time, not {degree}"

        let ends = ConcurrentDictionary<string, RunEnd>()

        let settle (run: PlannedRun) how =
            ends[run.Key] <- how
            listener.Ended(run, how)

        let train run =
            try
                listener.Started run
                let folder = RunFolder(store.Folder run)
                use _ = folder.Lock()

                let context =
                    { Run = run
                      Folder = folder
                      Report = fun happened -> listener.Progressed(run, happened)
                      Cancellation = cancellation }

                match train context with
                | RunOutcome.Finished result ->
                    store.Write result
                    settle run (RunEnd.Trained result)
                | RunOutcome.Stopped iteration -> settle run (RunEnd.Stopped iteration)
            with error ->
                settle run (RunEnd.Failed error)

        let queue = ConcurrentQueue<PlannedRun>()

        // Two variants that come to the same run share it.
        for run in runs |> List.distinctBy _.Key do
            match store.TryRead run with
            | Some result -> settle run (RunEnd.Cached result)
            | None -> queue.Enqueue run

        let work () =
            let mutable next = Unchecked.defaultof<PlannedRun>

            while not cancellation.IsCancellationRequested && queue.TryDequeue(&next) do
                train next

        // Threads of their own, with a deep stack: a training is long and its backward pass recursive.
        let threads =
            [ for index in 1 .. min degree queue.Count ->
                  let thread = Thread(work, 64 <<< 20, Name = $"run {index}", IsBackground = true)
                  thread.Start()
                  thread ]

        threads |> List.iter _.Join()

        [ for run in runs ->
              match ends.TryGetValue run.Key with
              | true, RunEnd.Trained result -> run, RunEnd.Trained { result with Run = run }
              | true, RunEnd.Cached result -> run, RunEnd.Cached { result with Run = run }
              | true, how -> run, how
              | false, _ -> run, RunEnd.Waiting ]
