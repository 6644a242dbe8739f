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

    /// Metrics of reports, the most important one first: name, whose evaluation, and the key in the metrics file.
    let private metrics =
        [ "mask AP", "mask", "AP"
          "mask AP50", "mask", "AP50"
          "mask AP75", "mask", "AP75"
          "box AP", "box", "AP" ]

    let metricNames = metrics |> List.map (fun (name, _, _) -> name)

    // AP is a share of one in the core, -1 where there is nothing to measure, and percent in tables.
    let private percent value = if value < 0.0 then nan else 100.0 * value

    // Six digits are more than a loss curve shows, and a third of the bytes.
    let private short (value: float) =
        if Double.IsFinite value then Double.Parse(value.ToString("G6", Globalization.CultureInfo.InvariantCulture), Globalization.CultureInfo.InvariantCulture) else value

    /// Curves and time of a run, from its metrics file, which may still be open for writing.
    let history (file: string) =
        let curves = Dictionary<string, List<int * float>>()
        let mutable seconds = 0.0

        let add name iteration value =
            match curves.TryGetValue name with
            | true, points -> points.Add((iteration, value))
            | _ -> curves[name] <- List [ iteration, value ]

        use reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))

        for line in Seq.unfold (fun () -> reader.ReadLine() |> Option.ofObj |> Option.map (fun line -> line, ())) () do
            let json = Json.parse line
            let iteration = Json.tryNumber "iteration" json |> Option.defaultValue 0.0 |> int
            seconds <- seconds + (Json.tryNumber "seconds" json |> Option.defaultValue 0.0)

            match Json.tryMembers "losses" json with
            | Some losses ->
                Json.tryNumber "total" json |> Option.iter (short >> add "loss" iteration)

                for name, value in losses do
                    if value.ValueKind = JsonValueKind.Number then
                        add $"loss, {name}" iteration (short (value.GetDouble()))
            | None ->
                for name, kind, key in metrics do
                    Json.tryNumber $"{kind}.{key}" json |> Option.iter (percent >> short >> add name iteration)

        [ for pair in curves -> { Name = pair.Key; Points = List.ofSeq pair.Value } ], seconds

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
                        Mask = annotation.Segmentation |> Option.ofObj |> Option.map _.ToMask(record.Size) } ] }

    let private evaluatedNetwork (recipe: Recipe) (method: ITeachingMethod) =
        match recipe.Teaching.Inference, method.Teacher with
        | Network.Teacher, NonNull teacher -> teacher
        | _ -> method.Student

    /// Overlap thresholds of precision-recall curves.
    let private overlaps = [ 0.5; 0.75 ]

    /// Precision at each recall, a mean over the categories that have truths; for all sizes and the largest number of detections.
    let private precision (summary: CocoSummary) =
        let values = summary.Precision.ToArray()
        let options = CocoOptions.Default
        let recalls, kinds, areas, limits = CocoOptions.RecallThresholds.Count, summary.Categories.Count, CocoOptions.Areas.Count, options.MaxDetections.Count
        let at threshold recall kind = values[((((threshold * recalls + recall) * kinds + kind) * areas) * limits) + limits - 1]

        [ for overlap in overlaps ->
              let threshold = options.IouThresholds |> Seq.findIndex ((=) overlap)

              overlap,
              [ for recall in 0 .. recalls - 1 ->
                    let known = [ for kind in 0 .. kinds - 1 -> at threshold recall kind ] |> List.filter (fun value -> value >= 0.0)
                    if known.IsEmpty then nan else short (List.average known) ] ]

    /// Training images whose pseudo masks' confidences are kept.
    let private confidenceImages = 64

    let private found (method: ITeachingMethod) (recipe: Recipe) (images: ImageRecord list) =
        let results =
            Inference(evaluatedNetwork recipe method, recipe).Detect [| for image in images -> struct (image.Id, ImageFile.Read image.FileName) |]

        [ for image in images ->
              image.Id,
              [ for result in results do
                    // What no picture shows need not be kept.
                    if result.ImageId = image.Id && result.Score >= 0.05 then
                        { Category = result.Category
                          Score = short result.Score
                          Box = result.Box
                          Mask = Option.ofObj result.Mask } ] ]

    /// What a trained run has to show: its metrics, after an evaluation unless its last one is at hand, its history, and what its
    /// networks find. peak is the largest memory seen while it trained, 0 where nobody looked.
    let measure (data: LoadedData) (gallery: ImageRecord list) (recipe: Recipe) (method: ITeachingMethod) (folder: RunFolder) run (last: Evaluated option) peak =
        let curves, seconds = history folder.MetricsFile

        let struct (box, mask) =
            match last with
            | Some evaluated -> struct (evaluated.Box, evaluated.Mask)
            | None -> Inference.Evaluate(data.Validation, Inference(evaluatedNetwork recipe method, recipe).Detect data.Validation)

        let foundNow = found method recipe gallery
        // Last, since a teacher in training mode moves its own statistics.
        let pseudo images = PseudoMasks.tryTeacher method |> Option.map (fun method -> PseudoMasks.ofImages recipe method images) |> Option.defaultValue []
        let sample = galleryImages confidenceImages data.Training

        { Run = run
          Metrics = [ "mask AP", percent mask.AP; "mask AP50", percent mask.AP50; "mask AP75", percent mask.AP75; "box AP", percent box.AP ]
          Precision = precision mask
          Confidences = [ for _, masks in pseudo sample do for mask in masks -> short mask.Score ]
          Curves = curves
          Seconds = seconds
          PeakMemory = peak
          Found = foundNow
          Pseudo = [ for image, masks in pseudo gallery -> image.Id, masks ] }

    /// Trains a run to the end of its budget, or until it is cancelled.
    let train (data: LoadedData) (gallery: ImageRecord list) (recipe: Recipe) (methodOf: Recipe -> int -> ITeachingMethod) (context: RunContext) =
        use method = methodOf recipe data.Training.Categories.Count
        let folder = RunFolder context.Folder
        let mutable peak = 0L

        let mutable last = None

        let outcome =
            use file = new MetricsFile(folder.MetricsFile)

            let mainMetric = metricNames.Head

            let resume iteration =
                let curves, _ = history folder.MetricsFile
                let points name = curves |> List.tryFind (fun curve -> curve.Name = name) |> Option.map _.Points |> Option.defaultValue []
                context.Report(RunProgress.Resumed(iteration, points "loss"))
                points mainMetric |> List.tryLast |> Option.iter (fun (at, value) -> context.Report(RunProgress.Evaluated(at, mainMetric, value)))

            let listen (happened: TrainingEvent) =
                file.Write happened

                match happened with
                | :? StepFinished as step ->
                    peak <- max peak Environment.WorkingSet
                    context.Report(RunProgress.Stepped(step.Iteration, step.Total))
                | :? Evaluated as evaluated ->
                    peak <- max peak Environment.WorkingSet
                    last <- Some evaluated
                    context.Report(RunProgress.Evaluated(evaluated.Iteration, mainMetric, percent evaluated.Mask.AP))
                | :? Resumed as resumed -> resume resumed.Iteration
                | _ -> ()

            Trainer(recipe, method, data.Training, data.Validation, folder).Run(Action<TrainingEvent> listen, context.Cancellation)

        if not outcome.Finished then
            RunOutcome.Stopped outcome.Iteration
        else
            // A run that was stopped after its last evaluation is evaluated again.
            let last = last |> Option.filter (fun evaluated -> evaluated.Iteration = outcome.Iteration)
            RunOutcome.Finished(measure data gallery recipe method folder context.Run last peak)
