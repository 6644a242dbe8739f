namespace BoxTeacher.Workbench

open System
open System.Collections.Generic
open System.IO
open System.Text.Json
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training

/// Trains one run with the core's trainer and gathers what it measured.
module internal RunTraining =

    /// The metrics that tables show, the most important one first: of masks where there are any, and of boxes.
    let tableMetrics (names: string list) =
        match names |> List.filter _.StartsWith("mask") with
        | [] -> names
        | masks -> masks @ [ "box AP" ]

    /// Number of images in a report's gallery.
    let galleryCount = 6

    /// The images of a gallery: so many of the data set, evenly spaced.
    let galleryImages count (dataset: InstanceDataset) =
        let all = dataset.Images
        let count = min count all.Count
        [ for index in 0 .. count - 1 -> all[index * all.Count / count] ]

    /// A gallery's image with its truth.
    let galleryImage (record: ImageRecord) =
        let mimeType, file =
            match (string (Path.GetExtension record.FileName)).ToLowerInvariant() with
            | ".jpg"
            | ".jpeg" -> "image/jpeg", File.ReadAllBytes record.FileName
            | _ -> "image/jpeg", ImageFile.Encode(".jpg", ImageFile.Read record.FileName, 90)

        { Id = record.Id
          Height = record.Height
          Width = record.Width
          File = file
          MimeType = mimeType
          Truth =
            [ for annotation in record.Annotations do
                  if not annotation.IsCrowd then
                      { Category = annotation.Category
                        Score = 1.0
                        Box = annotation.Box
                        Mask = Option.ofObj (annotation.MaskIn record.Size) } ] }

    /// Overlap thresholds of precision-recall curves.
    let private overlaps = [ 0.5; 0.75 ]

    /// Precision at each recall, a mean over the categories that have truths; for all sizes and the largest number of detections.
    let private precision (summary: CocoSummary) =
        let values = summary.Precision.ToArray()
        let options = CocoOptions.Default
        let recalls, kinds = CocoOptions.RecallThresholds.Count, summary.Categories.Count
        let areas, limits = CocoOptions.Areas.Count, options.MaxDetections.Count
        let at threshold recall kind = values[((((threshold * recalls + recall) * kinds + kind) * areas) * limits) + limits - 1]

        [ for overlap in overlaps ->
              let threshold = options.IouThresholds |> Seq.findIndex ((=) overlap)

              overlap,
              [ for recall in 0 .. recalls - 1 ->
                    let known = [ for kind in 0 .. kinds - 1 -> at threshold recall kind ] |> List.filter (fun value -> value >= 0.0)
                    if known.IsEmpty then nan else RunHistory.Short(List.average known) ] ]

    /// Training images whose pseudo-labels' confidences are kept.
    let private confidenceImages = 64

    /// What no picture shows need not be kept.
    let private leastScore = 0.05

    /// How well confidences foretell quality; None without any pair.
    let private reliability (pairs: (float * float) list) =
        if pairs.IsEmpty then None else Some(Calibration.Of [| for confidence, quality in pairs -> struct (confidence, quality) |])

    /// What a trained run has to show: its metrics, after an evaluation unless that at its end is at hand, its history, and what its
    /// networks find.
    let measure (data: LoadedData) gallery (recipe: Recipe) (method: ITrainingMethod) run (history: RunHistory) final =
        let result =
            match final with
            | None when data.Validation.Images.Count > 0 -> Some(Inference(method.Evaluated, recipe).Evaluate data.Validation)
            | known -> known

        let found =
            [ for image, objects in Looking.detect method.Evaluated recipe gallery ->
                  image.Id, [ for o in objects do if o.Score >= leastScore then { o with Score = RunHistory.Short o.Score } ] ]

        // Last, since a teacher in training mode moves its own statistics.
        let pseudo = Looking.pseudoLabels recipe method
        let sample = pseudo (galleryImages confidenceImages data.Training)
        let evaluation = result |> Option.map (fun result -> Option.ofObj result.Mask |> Option.defaultValue result.Box)

        { history.Result run with
            Metrics = [ for result in Option.toList result do for metric in result.Metrics -> RunHistory.Percent metric ]
            Precision = evaluation |> Option.map (_.Summary >> precision) |> Option.defaultValue []
            Details = evaluation |> Option.map EvaluationDetails.analyzed
            Confidences = [ for _, labels in sample do for label in labels -> RunHistory.Short label.Score ]
            ConfidenceReliability = reliability (Looking.quality sample)
            Found = found
            Pseudo = [ for image, labels in pseudo gallery -> image.Id, labels ] }

    /// Trains a run to the end of its budget, or until it is cancelled.
    let train (data: LoadedData) gallery (recipe: Recipe) (methodOf: Recipe -> int -> ITrainingMethod) (context: RunContext) =
        use method = methodOf recipe data.Training.Categories.Count
        let history = RunHistory()

        let listen (happened: TrainingEvent) =
            history.Add happened
            context.Report happened

        let outcome =
            TrainingRun(recipe, method, data.Data, context.Folder)
                .Run(Action<TrainingEvent> listen, context.Cancellation)

        if not outcome.Finished then
            RunOutcome.Stopped outcome.Iteration
        else
            // A run that was stopped after its last evaluation is evaluated again.
            RunOutcome.Finished(measure data gallery recipe method context.Run history (Option.ofObj outcome.Evaluation))
