namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.IO
open System.Threading
open BoxTeacher.Files
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
      /// Tells how the run goes; cheap, and callable after every step. Raises OperationCanceledException when another process has taken the
      /// run over, which must not be written to from then on.
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
    /// Finished by another process while this one was at work.
    | Elsewhere of RunResult
    /// Taken over by another process, which had not heard of this one for too long; listeners hear of it, and of the run's end later.
    | Lost
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
    /// Nothing is left to begin: the runs that other processes have, and which process.
    abstract Waits: runs: (PlannedRun * string) list -> unit

/// Trains the runs of an ablation side by side, in this process and in others that share its store.
[<RequireQualifiedAccess>]
module Matrix =

    /// A run in which so many processes died one after the other, without a further checkpoint, would end all of them.
    let private mostDeaths = 3

    let private countDeath (store: RunStore) run (folder: RunFolder) =
        let newest = folder.Checkpoints.Latest()
        let iteration = if newest.HasValue then (let struct (_, iteration) = newest.Value in iteration) else 0

        if store.CountDeath(run, iteration) >= mostDeaths then
            store.ForgetDeaths run
            raise (IOException $"{mostDeaths} processes died in it after iteration {iteration}, without a word; is there enough memory?")

    /// Trains a run that is claimed. Returns how it ended, None where another process took it over.
    let private trainClaimed (store: RunStore) (listener: IMatrixListener) train cancellation (run: PlannedRun) (claim: Claim) =
        use stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, claim.Lost)

        let insist () =
            if not claim.IsHeld then
                raise (OperationCanceledException $"{run.Label}: another process has taken it over")

        try
            listener.Started run
            let folder = RunFolder(store.Folder run, insist)
            use _ = if claim.IsTakenOver then folder.LockFromAnother() else folder.Lock()
            store.WriteFailure(run, None)
            if claim.IsTakenOver then countDeath store run folder

            let report happened =
                insist ()
                listener.Progressed(run, happened)

            match train { Run = run; Folder = folder; Report = report; Cancellation = stop.Token } with
            | RunOutcome.Finished result ->
                insist ()
                store.Write result
                store.ForgetDeaths run
                Some(RunEnd.Trained result)
            | RunOutcome.Stopped _ when not claim.IsHeld -> None
            | RunOutcome.Stopped iteration -> Some(RunEnd.Stopped iteration)
        with
        | _ when not claim.IsHeld -> None
        | error ->
            // Where it cannot be written down, other processes try for themselves.
            try store.WriteFailure(run, Some(claim.Holder, error)) with :? IOException | :? UnauthorizedAccessException -> ()
            Some(RunEnd.Failed error)

    /// What another process found when it failed in a run.
    let private failureElsewhere (text: string) =
        let holder = match Holder.Parse text |> Option.ofObj with Some holder -> string holder | None -> "another process"
        RunEnd.Failed(IOException $"failed in {holder}: {text.Substring(text.IndexOf '\n' + 1).Trim()}")

    /// Trains every run that has no result in the store and that no other process trains, `degree` at a time, each on a thread of its own,
    /// in the given order. Then it waits for the runs of others, and trains those whose process dies. A run that fails does not hold up the
    /// others; one that failed before this call is tried again. Returns how each ended, in order.
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

        use claims = store.Claims()
        let ends = ConcurrentDictionary<string, RunEnd>()

        let settle (run: PlannedRun) how =
            ends[run.Key] <- how
            listener.Ended(run, how)

        // Two variants that come to the same run share it.
        let distinct = runs |> List.distinctBy _.Key
        let failedBefore = distinct |> List.map (fun run -> run.Key, store.TryReadFailure run) |> Map.ofList

        let endElsewhere run =
            match store.TryRead run, store.TryReadFailure run with
            | Some result, _ -> Some(RunEnd.Elsewhere result)
            | None, Some failure when Some failure <> failedBefore[run.Key] -> Some(failureElsewhere failure)
            | None, _ -> None

        /// Claims a run, or settles it; returns the claim, or who has it.
        let tryBegin (run: PlannedRun) =
            try
                match endElsewhere run with
                | Some how ->
                    settle run how
                    None, None
                | None ->
                    let claim, holder = claims.TryTake(Path.Combine(store.Folder run, "claim"))

                    match Option.ofObj claim with
                    | None -> None, Some(Option.ofObj holder)
                    | Some claim ->
                        // It may have ended just before it was claimed.
                        match endElsewhere run with
                        | Some how ->
                            claim.Dispose()
                            settle run how
                            None, None
                        | None -> Some claim, None
            with error ->
                settle run (RunEnd.Failed error)
                None, None

        let gate = obj ()
        let mutable waiting = []
        let mutable working = 0

        for run in distinct do
            match store.TryRead run with
            | Some result -> settle run (RunEnd.Cached result)
            | None -> waiting <- waiting @ [ run ]

        let work (run: PlannedRun, claim: Claim) () =
            let how = using claim (trainClaimed store listener train cancellation run)

            match how with
            | Some how -> settle run how
            | None -> listener.Ended(run, RunEnd.Lost)

            lock gate (fun () ->
                // In its old place: those before it are of more use.
                if how.IsNone then waiting <- distinct |> List.filter (fun other -> other = run || List.contains other waiting)
                working <- working - 1
                Monitor.PulseAll gate)

        // Threads of their own, with a deep stack: a training is long and its backward pass recursive.
        let start (run: PlannedRun) claim =
            working <- working + 1
            Thread(work (run, claim), 64 <<< 20, Name = $"run {run.Label}", IsBackground = true).Start()

        /// Begins what it may; returns the runs of others.
        let beginRuns () =
            [ for run in waiting do
                  if working < degree && not cancellation.IsCancellationRequested then
                      match tryBegin run with
                      | Some claim, _ -> start run claim
                      | None, Some holder -> run, (match holder with Some holder -> string holder | None -> "another process")
                      | None, None -> ()
                  else
                      run, "" ]

        use _ = cancellation.Register(fun () -> lock gate (fun () -> Monitor.PulseAll gate))

        lock gate (fun () ->
            while working > 0 || (not waiting.IsEmpty && not cancellation.IsCancellationRequested) do
                if working < degree && not waiting.IsEmpty && not cancellation.IsCancellationRequested then
                    let others = beginRuns ()
                    waiting <- List.map fst others
                    if working = 0 && not others.IsEmpty && not cancellation.IsCancellationRequested then listener.Waits others

                // An end of a run of this process wakes it up; of those of others it hears by looking.
                if working >= degree || waiting.IsEmpty || cancellation.IsCancellationRequested then
                    if working > 0 then Monitor.Wait gate |> ignore
                else
                    Monitor.Wait(gate, claims.BetweenLooks) |> ignore)

        [ for run in runs ->
              match ends.TryGetValue run.Key with
              | true, RunEnd.Trained result -> run, RunEnd.Trained { result with Run = run }
              | true, RunEnd.Cached result -> run, RunEnd.Cached { result with Run = run }
              | true, RunEnd.Elsewhere result -> run, RunEnd.Elsewhere { result with Run = run }
              | true, how -> run, how
              | false, _ -> run, RunEnd.Waiting ]
