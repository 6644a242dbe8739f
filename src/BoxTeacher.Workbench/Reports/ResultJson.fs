namespace BoxTeacher.Workbench

open System
open System.Globalization
open System.IO
open System.Text.Json
open BoxTeacher.Charts

/// An ablation's results as JSON, complete: the report is made again from it alone.
[<RequireQualifiedAccess>]
module ResultJson =

    let private text (value: string) = JsonValue.Text value
    let private number (value: float) = JsonValue.Number value
    let private texts values = JsonValue.Array [| for value in values -> text value |]

    let private ofSpread (spread: Spread) =
        JsonValue.Object [ "mean", number spread.Mean; "sd", number spread.Deviation; "n", number (float spread.Count) ]

    let private ofDifference (d: Difference) =
        JsonValue.Object [ "mean", number d.Mean; "low", number d.Low; "high", number d.High; "n", number (float d.Count) ]

    /// What the table says; derived from the runs, for people and other programs.
    let private summary (result: AblationResult) =
        JsonValue.Array
            [| for row in AblationResult.summaries result ->
                   JsonValue.Object
                       [ "variant", text row.Variant
                         "metrics", JsonValue.Object [ for name, spread in row.Metrics -> name, ofSpread spread ]
                         "differencesToBase",
                         JsonValue.Object [ for name, d in row.Differences do match d with Some d -> name, ofDifference d | None -> () ]
                         "seconds", ofSpread row.Seconds
                         "peakMemory", number (float row.PeakMemory) ] |]

    /// The results as JSON.
    let ofResult (result: AblationResult) =
        let p = result.Provenance

        JsonValue.Object
            [ "question", text result.Question
              "data", text result.Data
              "variants", texts result.Variants
              "base", text result.Base
              "seeds", JsonValue.Array [| for seed in result.Seeds -> number (float seed) |]
              "metrics", texts result.Metrics
              "categories", texts result.Categories
              "provenance",
              JsonValue.Object
                  [ "command", text p.Command
                    "finished", text (p.Finished.ToString("O", CultureInfo.InvariantCulture))
                    "code", text p.Code
                    "machine", text p.Machine
                    "degree", number (float p.Degree)
                    "wallSeconds", number p.WallSeconds ]
              "summary", summary result
              "runs", JsonValue.Array [| for run in result.Runs -> RunJson.ofResult run |]
              "gallery",
              JsonValue.Array
                  [| for image in result.Gallery ->
                         JsonValue.Object
                             [ "id", number (float image.Id)
                               "height", number (float image.Height)
                               "width", number (float image.Width)
                               "mimeType", text image.MimeType
                               "file", text (Convert.ToBase64String image.File)
                               "truth", JsonValue.Array [| for object in image.Truth -> RunJson.ofFound object |] ] |] ]

    /// The results, when a report can be made of them; raises FormatException naming what does not fit.
    let private consistent (result: AblationResult) =
        let refuse text = raise (FormatException text)
        let isVariant name = List.contains name result.Variants

        if result.Metrics.IsEmpty then refuse "the results name no 'metrics'"
        if result.Variants.IsEmpty then refuse "the results name no 'variants'"
        if result.Seeds.IsEmpty then refuse "the results name no 'seeds'"
        if not (isVariant result.Base) then refuse $"'base' is '{result.Base}', which is none of the 'variants'"

        for run in result.Runs do
            if not (isVariant run.Run.Variant) then
                refuse $"a run is of '{run.Run.Variant}', which is none of the 'variants'"

        result

    /// Reads results; raises FormatException naming what is missing or does not fit.
    let toResult json : AblationResult =
        let text path json =
            Json.tryText path json |> Option.defaultWith (fun () -> raise (FormatException $"the results have no text '{path}'"))

        let number path json =
            Json.tryNumber path json |> Option.defaultWith (fun () -> raise (FormatException $"the results have no number '{path}'"))

        let texts path =
            [ for item in Json.items path json do match item with JsonValue.Text value -> value | _ -> () ]

        { Question = text "question" json
          Data = text "data" json
          Variants = texts "variants"
          Base = text "base" json
          Seeds = [ for seed in Json.items "seeds" json do match seed with JsonValue.Number value -> int64 value | _ -> () ]
          Metrics = texts "metrics"
          Categories = texts "categories"
          Runs = [ for run in Json.items "runs" json -> RunJson.toResult run ]
          Gallery =
            [ for image in Json.items "gallery" json ->
                  { Id = int64 (number "id" image)
                    Height = int (number "height" image)
                    Width = int (number "width" image)
                    MimeType = text "mimeType" image
                    File = Convert.FromBase64String(text "file" image)
                    Truth = [ for object in Json.items "truth" image -> RunJson.toFound object ] } ]
          Provenance =
            { Command = text "provenance.command" json
              Finished = DateTimeOffset.Parse(text "provenance.finished" json, CultureInfo.InvariantCulture)
              Code = text "provenance.code" json
              Machine = text "provenance.machine" json
              Degree = int (number "provenance.degree" json)
              WallSeconds = number "provenance.wallSeconds" json } }
        |> consistent

    /// Reads a results file; raises InvalidDataException naming the file when it is damaged.
    let read (file: string) =
        try
            toResult (Json.parse (File.ReadAllText file))
        with
        | :? FormatException
        | :? ArgumentException
        | :? JsonException as error -> raise (InvalidDataException($"{file}: {error.Message}", error))
