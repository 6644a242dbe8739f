namespace BoxTeacher.Workbench

open System
open BoxTeacher.Charts
open BoxTeacher.Structures

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
      /// Confidences of the teacher's masks in some training images; empty without a teacher.
      Confidences: float list
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

    let private number (value: float) = JsonValue.Number value

    /// A found object: {"category", "score", "box": [x0, y0, x1, y1], "mask": COCO's compressed runs with their size}.
    let ofFound (found: FoundObject) =
        JsonValue.Object
            [ "category", number (float found.Category)
              "score", number found.Score
              "box", JsonValue.Array [| number found.Box.X0; number found.Box.Y0; number found.Box.X1; number found.Box.Y1 |]
              match found.Mask with
              | Some mask ->
                  "mask",
                  JsonValue.Object
                      [ "size", JsonValue.Array [| number (float mask.Height); number (float mask.Width) |]
                        "counts", JsonValue.Text(mask.ToCompressed()) ]
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
            match Json.items "box" json with
            | [| JsonValue.Number x0; JsonValue.Number y0; JsonValue.Number x1; JsonValue.Number y1 |] -> Box.FromCorners(x0, y0, x1, y1)
            | _ -> raise (FormatException "a found object has no box of four numbers")

        let mask =
            match Json.items "mask.size" json, Json.tryText "mask.counts" json with
            | [| JsonValue.Number height; JsonValue.Number width |], Some counts ->
                Some(RunLengthMask.FromCompressed(counts, int height, int width))
            | _ -> None

        { Category = int (requiredNumber "category" json)
          Score = requiredNumber "score" json
          Box = box
          Mask = mask }

    let private numbers (values: float list) = JsonValue.Array [| for value in values -> number value |]

    let private objects (images: (int64 * FoundObject list) list) =
        JsonValue.Array
            [| for image, objects in images ->
                   JsonValue.Object
                       [ "image", number (float image)
                         "objects", JsonValue.Array [| for found in objects -> ofFound found |] ] |]

    /// The result as JSON.
    let ofResult (result: RunResult) =
        JsonValue.Object
            [ "variant", JsonValue.Text result.Run.Variant
              "seed", number (float result.Run.Seed)
              "key", JsonValue.Text result.Run.Key
              "iterations", number (float result.Run.Iterations)
              "seconds", number result.Seconds
              "peakMemory", number (float result.PeakMemory)
              "metrics", JsonValue.Object [ for name, value in result.Metrics -> name, number value ]
              "curves",
              JsonValue.Array
                  [| for curve in result.Curves ->
                         JsonValue.Object
                             [ "name", JsonValue.Text curve.Name
                               "iterations", JsonValue.Array [| for iteration, _ in curve.Points -> number (float iteration) |]
                               "values", JsonValue.Array [| for _, value in curve.Points -> number value |] ] |]
              "precision",
              JsonValue.Array
                  [| for overlap, values in result.Precision ->
                         JsonValue.Object [ "overlap", number overlap; "values", numbers values ] |]
              "confidences", numbers result.Confidences
              "found", objects result.Found
              "pseudo", objects result.Pseudo
              "recipe", Json.parse result.Run.Recipe ]

    /// Reads a result; raises FormatException naming the missing part, JsonException for a text that is no JSON.
    let toResult json : RunResult =
        let numbers name json =
            Json.items name json |> Array.map (function JsonValue.Number value -> value | _ -> nan)

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
            match Json.tryPath "metrics" json with
            | Some(JsonValue.Object members) ->
                [ for name, value in members -> name, (match value with JsonValue.Number v -> v | _ -> nan) ]
            | _ -> raise (FormatException "the run result has no metrics")
          Curves =
            [ for curve in Json.items "curves" json ->
                  let name, iterations, values = requiredText "name" curve, numbers "iterations" curve, numbers "values" curve

                  if iterations.Length <> values.Length then
                      raise (FormatException $"curve '{name}' has {iterations.Length} iterations and {values.Length} values")

                  { Name = name
                    Points = [ for at, value in Array.zip iterations values -> int at, value ] } ]
          Seconds = requiredNumber "seconds" json
          PeakMemory = int64 (requiredNumber "peakMemory" json)
          Precision = [ for curve in Json.items "precision" json -> requiredNumber "overlap" curve, List.ofArray (numbers "values" curve) ]
          Confidences = List.ofArray (numbers "confidences" json)
          Found = objects "found"
          Pseudo = objects "pseudo" }
