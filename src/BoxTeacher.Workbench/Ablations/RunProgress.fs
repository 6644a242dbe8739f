namespace BoxTeacher.Workbench

open System

/// What a run tells of itself while it trains.
[<RequireQualifiedAccess>]
type RunProgress =
    /// It goes on from a checkpoint after so many iterations; the losses of the steps before, by iteration.
    | Resumed of iteration: int * losses: (int * float) list
    /// A step is done: finished iterations, and the step's loss.
    | Stepped of iteration: int * loss: float
    /// The network was evaluated: finished iterations, and a metric's name and value.
    | Evaluated of iteration: int * metric: string * value: float

/// How far a run is.
type RunState =
    { /// The iteration that this call goes on from, and when, as time since the work began; None before the first news.
      From: (int * TimeSpan) option
      /// Finished iterations.
      Iteration: int
      /// The loss of the latest step.
      Loss: float option
      /// The latest evaluation: name and value.
      Metric: (string * float) option }

/// A run's state, from what it tells.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module RunState =

    /// A run that has told nothing yet.
    let start = { From = None; Iteration = 0; Loss = None; Metric = None }

    /// The state after news that came at a time.
    let after (now: TimeSpan) (progress: RunProgress) state =
        let at iteration =
            { state with
                From = state.From |> Option.orElse (Some(iteration, now))
                Iteration = max iteration state.Iteration }

        match progress with
        | RunProgress.Resumed(iteration, losses) -> { at iteration with Loss = losses |> List.tryLast |> Option.map snd }
        | RunProgress.Stepped(iteration, loss) -> { at iteration with Loss = Some loss }
        | RunProgress.Evaluated(iteration, metric, value) -> { at iteration with Metric = Some(metric, value) }

    /// The time that the rest of so many iterations takes at the pace of this call; None while there is no pace yet.
    let timeLeft (now: TimeSpan) (iterations: int) state =
        match state.From with
        | Some(first, since) when state.Iteration > first ->
            Some((now - since) / float (state.Iteration - first) * float (iterations - state.Iteration))
        | _ -> None
