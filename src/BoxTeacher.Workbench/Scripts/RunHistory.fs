namespace BoxTeacher.Workbench

open System
open System.Collections.Generic
open System.Globalization
open BoxTeacher.Evaluation
open BoxTeacher.Training

/// What a training told of itself, gathered event by event.
type internal RunHistory() =

    let curves = Dictionary<string, List<int * float>>()
    let mutable seconds = 0.0
    let mutable peak = 0L
    let mutable last: Evaluated option = None

    // Six digits are more than a loss curve shows, and a third of the bytes.
    static let short (value: float) =
        let invariant = CultureInfo.InvariantCulture
        if Double.IsFinite value then Double.Parse(value.ToString("G6", invariant), invariant) else value

    let add name iteration value =
        match curves.TryGetValue name with
        | true, points -> points.Add((iteration, short value))
        | _ -> curves[name] <- List [ iteration, short value ]

    /// A number with six digits.
    static member Short value = short value

    /// A metric in percent; NaN where nothing was measured.
    static member Percent(metric: BoxTeacher.Evaluation.Metric) = metric.Name, 100.0 * metric.Value

    /// Takes note of an event, and of those that it brings along from before.
    member history.Add(happened: TrainingEvent) =
        match happened with
        | :? StepFinished as step ->
            seconds <- seconds + step.Seconds
            peak <- max peak Environment.WorkingSet
            add "loss" step.Iteration step.Total
            for loss in step.Losses do add $"loss, {loss.Key}" step.Iteration loss.Value
        | :? Evaluated as evaluated ->
            seconds <- seconds + evaluated.Seconds
            peak <- max peak Environment.WorkingSet
            last <- Some evaluated
            for name, value in Seq.map RunHistory.Percent evaluated.Metrics do add name evaluated.Iteration value
        | :? Resumed as resumed -> for before in resumed.History do history.Add before
        | _ -> ()

    /// Values along the training.
    member _.Curves = [ for pair in curves -> { Name = pair.Key; Points = List.ofSeq pair.Value } ]

    /// Time of steps and evaluations.
    member _.Seconds = seconds

    /// Largest resident memory seen, in bytes.
    member _.PeakMemory = peak

    /// The run's result as far as training tells it.
    member history.Result run =
        { Run = run
          Metrics = [ for evaluated in Option.toList last do for metric in evaluated.Metrics -> RunHistory.Percent metric ]
          Curves = history.Curves
          Seconds = seconds
          PeakMemory = peak
          Precision = []
          Details = None
          Confidences = []
          ConfidenceReliability = None
          Found = []
          Pseudo = [] }
