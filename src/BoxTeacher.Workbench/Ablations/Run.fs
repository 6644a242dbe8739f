namespace BoxTeacher.Workbench

open System
open System.Text.Json.Nodes
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Masks
open BoxTeacher.Structures
open BoxTeacher.Training

/// One training that an ablation asks for: a variant with a seed.
type PlannedRun =
    { Variant: string
      Seed: int64
      /// Fingerprint of everything that decides the outcome: recipe, seed, replaced parts, data and code.
      Key: string
      /// Optimizer steps.
      Iterations: int
      /// The recipe as JSON.
      Recipe: string }

    /// What progress displays call it.
    member run.Label = $"{run.Variant}, seed {run.Seed}"

/// A value measured along a training.
type Curve =
    { Name: string
      /// Iteration and value, in order.
      Points: (int * float) list }

/// An object found in a picture.
type FoundObject =
    { /// 0-based index of the category.
      Category: int
      /// 0..1.
      Score: float
      Box: Box
      Mask: RunLengthMask option }

/// What a finished training measured.
type RunResult =
    { Run: PlannedRun
      /// Final metrics by name, AP in percent.
      Metrics: (string * float) list
      Curves: Curve list
      /// Time of training and evaluation, over all interruptions.
      Seconds: float
      /// Largest resident memory, in bytes, of the process while the run was in it; 0 where nobody looked. Runs side by side share
      /// the process.
      PeakMemory: int64
      /// Mask precision at recalls 0, 0.01 .. 1, a mean over categories, for some overlap thresholds.
      Precision: (float * float list) list
      /// What the last evaluation found, of masks where there are any.
      Details: EvaluationDetails option
      /// Confidences of the teacher's masks in some training images; empty without a teacher.
      Confidences: float list
      /// How well these foretell the masks' IoU with the truth; None without a teacher, or without true masks.
      ConfidenceReliability: Calibration option
      /// What the trained network finds in the gallery's images, by image id.
      Found: (int64 * FoundObject list) list
      /// The teacher's masks for the true boxes of the gallery's images, scored by their confidence.
      Pseudo: (int64 * FoundObject list) list }

    /// The metric's final value; NaN when it was not measured.
    member result.Metric name =
        result.Metrics |> List.tryFind (fun (key, _) -> key = name) |> Option.map snd |> Option.defaultValue nan

/// Run results as JSON and back.
[<RequireQualifiedAccess>]
module RunJson =

    /// A found object: {"category", "score", "box": [x0, y0, x1, y1], "mask": COCO's compressed runs with their size}.
    let ofFound (found: FoundObject) =
        Json.object
            [ "category", Json.count found.Category
              "score", Json.number found.Score
              "box", Json.numbers [ found.Box.X0; found.Box.Y0; found.Box.X1; found.Box.Y1 ]
              match found.Mask with
              | Some mask ->
                  "mask", Json.object [ "size", Json.numbers [ float mask.Height; float mask.Width ]; "counts", Json.text (mask.ToCompressed()) ]
              | None -> () ]

    let private required what value =
        match value with
        | Some found -> found
        | None -> raise (FormatException $"the run result has no {what}")

    let private requiredNumber path json = Json.tryNumber path json |> required $"number '{path}'"
    let private requiredText path json = Json.tryText path json |> required $"text '{path}'"

    /// Reads a found object; raises FormatException for a missing part.
    let toFound json : FoundObject =
        let box =
            match Json.items "box" json |> List.map Json.toNumber with
            | [ x0; y0; x1; y1 ] -> Box.FromCorners(x0, y0, x1, y1)
            | _ -> raise (FormatException "a found object has no box of four numbers")

        let mask =
            match Json.items "mask.size" json |> List.map Json.toNumber, Json.tryText "mask.counts" json with
            | [ height; width ], Some counts -> Some(RunLengthMask.FromCompressed(counts, int height, int width))
            | _ -> None

        { Category = int (requiredNumber "category" json)
          Score = requiredNumber "score" json
          Box = box
          Mask = mask }

    let private objects (images: (int64 * FoundObject list) list) =
        Json.array
            [ for image, objects in images ->
                  Json.object [ "image", Json.count image; "objects", Json.array [ for found in objects -> ofFound found ] ] ]

    /// The result as JSON.
    let ofResult (result: RunResult) =
        Json.object
            [ "variant", Json.text result.Run.Variant
              "seed", Json.count result.Run.Seed
              "key", Json.text result.Run.Key
              "iterations", Json.count result.Run.Iterations
              "seconds", Json.number result.Seconds
              "peakMemory", Json.count result.PeakMemory
              "metrics", Json.object [ for name, value in result.Metrics -> name, Json.number value ]
              "curves",
              Json.array
                  [ for curve in result.Curves ->
                        Json.object
                            [ "name", Json.text curve.Name
                              "iterations", Json.array [ for iteration, _ in curve.Points -> Json.count iteration ]
                              "values", Json.numbers [ for _, value in curve.Points -> value ] ] ]
              "precision",
              Json.array
                  [ for overlap, values in result.Precision -> Json.object [ "overlap", Json.number overlap; "values", Json.numbers values ] ]
              match result.Details with
              | Some details -> "evaluation", Json.object [ EvaluationDetails.task details, Json.object (EvaluationDetails.members details) ]
              | None -> ()
              "confidences", Json.numbers result.Confidences
              match result.ConfidenceReliability with
              | Some reliability -> "confidenceReliability", EvaluationDetails.ofReliability reliability
              | None -> ()
              "found", objects result.Found
              "pseudo", objects result.Pseudo
              "recipe", JsonNode.Parse result.Run.Recipe ]

    /// Reads a result; raises FormatException naming the missing part, JsonException for a text that is no JSON.
    let toResult json : RunResult =
        let numbers name json = Json.items name json |> List.map Json.toNumber

        let objects name =
            [ for image in Json.items name json ->
                  int64 (requiredNumber "image" image), [ for found in Json.items "objects" image -> toFound found ] ]

        { Run =
            { Variant = requiredText "variant" json
              Seed = int64 (requiredNumber "seed" json)
              Key = requiredText "key" json
              Iterations = int (requiredNumber "iterations" json)
              Recipe = Json.tryPath "recipe" json |> required "recipe" |> Json.toIndentedText }
          Metrics =
            [ for name, value in Json.tryMembers "metrics" json |> required "metrics" -> name, Json.toNumber value ]
          Curves =
            [ for curve in Json.items "curves" json ->
                  let name, iterations, values = requiredText "name" curve, numbers "iterations" curve, numbers "values" curve

                  if iterations.Length <> values.Length then
                      raise (FormatException $"curve '{name}' has {iterations.Length} iterations and {values.Length} values")

                  { Name = name
                    Points = [ for at, value in List.zip iterations values -> int at, value ] } ]
          Seconds = requiredNumber "seconds" json
          PeakMemory = int64 (requiredNumber "peakMemory" json)
          Precision = [ for curve in Json.items "precision" json -> requiredNumber "overlap" curve, numbers "values" curve ]
          Details =
            Json.tryMembers "evaluation" json
            |> Option.bind List.tryHead
            |> Option.map (fun (task, details) -> EvaluationDetails.ofJson task details)
          Confidences = numbers "confidences" json
          ConfidenceReliability = Json.tryPath "confidenceReliability" json |> Option.map EvaluationDetails.toReliability
          Found = objects "found"
          Pseudo = objects "pseudo" }
