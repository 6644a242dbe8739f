namespace BoxTeacher.Workbench

open System
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
        events |> Seq.choose (fun happened -> match box happened with :? 'event as found -> Some found | _ -> None) |> Seq.tryLast |> Option.orElse own

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
