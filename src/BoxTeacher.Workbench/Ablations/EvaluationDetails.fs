namespace BoxTeacher.Workbench

open System
open System.Text.Json
open System.Text.Json.Nodes
open BoxTeacher.Evaluation

/// What an evaluation found by one kind of overlap, in few numbers: shares of 1, NaN where there was nothing to measure.
type EvaluationDetails =
    { /// What overlap was measured on; None where the format knows one kind alone.
      Type: IouType option
      /// AP and the other numbers by name; empty where the overlap could not be measured.
      Numbers: (string * float) list
      /// For each category its precisions by name.
      Categories: (string * (string * float) list) list
      /// Where precision is lost; None where nobody asked.
      Errors: TideSummary option
      /// (true category, detected category, how often), zeros left out; the number of categories stands for background.
      Confusion: (int * int * int) list
      /// Whether scores are probabilities of being right; None where nobody asked, or scores are no probabilities.
      Reliability: Calibration option }

/// Details of evaluations, from the core and as JSON.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module EvaluationDetails =

    /// The least score of a detection in confusion matrices.
    let confusionScore = 0.3

    /// What people call one of TIDE's kinds of error.
    let internal errorName =
        function
        | TideError.Cls -> "wrong class"
        | TideError.Loc -> "poor place"
        | TideError.Both -> "class and place"
        | TideError.Dupe -> "duplicate"
        | TideError.Bkg -> "background"
        | TideError.Miss -> "missed"
        | other -> string other

    // COCO's -1 stands for what could not be measured.
    let private named (numbers: struct (string * float) seq) =
        [ for struct (name, value) in numbers -> name, (if value < 0.0 then nan else value) ]

    /// A summary's numbers by name.
    let numbers (summary: CocoSummary) = named summary.Numbers

    /// Numbers that stand alone; none where the overlap could not be measured.
    let ofNumbers kind (numbers: struct (string * float) seq) =
        { Type = kind
          Numbers = named numbers
          Categories = []
          Errors = None
          Confusion = []
          Reliability = None }

    /// COCO's word for a kind of overlap.
    [<CompiledName "TaskOf">]
    let taskOf kind = if kind = IouType.Mask then "segm" else "bbox"

    /// The word of what was measured, "" where the format knows one kind alone.
    let internal task details = details.Type |> Option.map taskOf |> Option.defaultValue ""

    /// AP and the other numbers, of each category as well.
    [<CompiledName "OfEvaluation">]
    let ofEvaluation (evaluation: CocoEvaluation) =
        let summary = evaluation.Summary

        { ofNumbers (Some evaluation.Type) summary.Numbers with
            Categories =
                [ for index in 0 .. summary.Categories.Count - 1 -> summary.Categories[index].Name, named (summary.Precisions index) ] }

    /// The same, with errors, confusion and calibration.
    [<CompiledName "Analyzed">]
    let analyzed (evaluation: CocoEvaluation) =
        let confusion = evaluation.Confusion confusionScore

        { ofEvaluation evaluation with
            Errors = Some(evaluation.Tide())
            Confusion =
                [ for truth in 0 .. confusion.Background do
                      for detected in 0 .. confusion.Background do
                          if confusion[truth, detected] > 0 then truth, detected, confusion[truth, detected] ]
            Reliability = Option.ofObj (evaluation.ScoreCalibration()) }

    /// The value of a name; NaN where there is none.
    let valueOf name (numbers: (string * float) list) =
        numbers |> List.tryFind (fun (key, _) -> key = name) |> Option.map snd |> Option.defaultValue nan

    let internal ofNamed (numbers: (string * float) list) = Json.object [ for name, value in numbers -> name, Json.number value ]

    let private ofErrors (errors: TideSummary) =
        Json.object
            [ "AP50", Json.number errors.AP
              for cost in errors.Costs do
                  string cost.Error, Json.object [ "count", Json.count cost.Count; "dAP", Json.number cost.DeltaAP ]
              "falsePositives", Json.number errors.FalsePositives
              "falseNegatives", Json.number errors.FalseNegatives ]

    let internal ofReliability (calibration: Calibration) =
        Json.object
            [ "ece", Json.number calibration.ExpectedError
              "mce", Json.number calibration.MaximumError
              "bins",
              Json.array
                  [ for bin in calibration.Bins ->
                        Json.object
                            [ "low", Json.number bin.Low
                              "high", Json.number bin.High
                              "count", Json.count bin.Count
                              "confidence", Json.number bin.Confidence
                              "accuracy", Json.number bin.Accuracy ] ] ]

    /// The members of a JSON object: the numbers by name; "categories"; "errors", "confusion" and "calibration" where they were asked for.
    let internal members (details: EvaluationDetails) : (string * JsonNode | null) list =
        [ for name, value in details.Numbers do
              name, Json.number value
          if not details.Categories.IsEmpty then
              "categories",
              Json.array
                  [ for name, values in details.Categories ->
                        Json.object [ "name", Json.text name; for key, value in values do key, Json.number value ] ]
          match details.Errors with
          | Some errors ->
              "errors", ofErrors errors
              "confusion",
              Json.array
                  [ for truth, detected, count in details.Confusion ->
                        Json.array [ Json.count truth; Json.count detected; Json.count count ] ]
          | None -> ()
          match details.Reliability with
          | Some reliability -> "calibration", ofReliability reliability
          | None -> () ]

    let private requiredNumber name json =
        Json.tryNumber name json |> Option.defaultWith (fun () -> raise (FormatException $"the evaluation has no number '{name}'"))

    let private toNamed (json: JsonElement) =
        if json.ValueKind <> JsonValueKind.Object then
            raise (FormatException "numbers of an evaluation are no object")

        [ for property in json.EnumerateObject() do
              if property.Value.ValueKind = JsonValueKind.Number || property.Value.ValueKind = JsonValueKind.Null then
                  property.Name, Json.toNumber property.Value ]

    // What could not be measured is null.
    let private measured name json = Json.tryNumber name json |> Option.defaultValue nan

    let private toErrors json =
        let cost kind =
            match Json.tryPath (string kind) json with
            | Some cost -> TideCost(kind, int (requiredNumber "count" cost), measured "dAP" cost)
            | None -> raise (FormatException $"the evaluation's errors have no '{kind}'")

        let costs = [| for kind in Enum.GetValues<TideError>() -> cost kind |]
        TideSummary(measured "AP50" json, costs, measured "falsePositives" json, measured "falseNegatives" json)

    let internal toReliability json =
        Calibration
            [| for bin in Json.items "bins" json ->
                   let low, high, count = requiredNumber "low" bin, requiredNumber "high" bin, int (requiredNumber "count" bin)
                   CalibrationBin(low, high, count, measured "confidence" bin, measured "accuracy" bin) |]

    /// Reads what members wrote; raises FormatException naming what is missing.
    let internal ofJson task json =
        { Type = [ IouType.Box; IouType.Mask ] |> List.tryFind (taskOf >> (=) task)
          Numbers = toNamed json
          Categories =
            [ for category in Json.items "categories" json ->
                  Json.tryText "name" category |> Option.defaultValue "", toNamed category ]
          Errors = Json.tryPath "errors" json |> Option.map toErrors
          Confusion =
            [ for cell in Json.items "confusion" json do
                  match cell.ValueKind, (if cell.ValueKind = JsonValueKind.Array then cell.GetArrayLength() else 0) with
                  | JsonValueKind.Array, 3 ->
                      let at (index: int) = int (Json.toNumber cell[index])
                      at 0, at 1, at 2
                  | _ -> raise (FormatException "a cell of the confusion matrix has not three numbers") ]
          Reliability = Json.tryPath "calibration" json |> Option.map toReliability }
