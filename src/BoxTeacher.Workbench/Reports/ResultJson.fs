namespace BoxTeacher.Workbench

open System
open System.Globalization
open System.IO
open System.Text.Json

/// An ablation's results as JSON, complete: the report is made again from it alone.
[<RequireQualifiedAccess>]
module ResultJson =

    let private ofSpread (spread: Spread) =
        Json.object [ "mean", Json.number spread.Mean; "sd", Json.number spread.Deviation; "n", Json.count spread.Count ]

    let private ofDifference (d: Difference) =
        Json.object [ "mean", Json.number d.Mean; "low", Json.number d.Low; "high", Json.number d.High; "n", Json.count d.Count ]

    /// What the table says; derived from the runs, for people and other programs.
    let private summary (result: AblationResult) =
        Json.array
            [ for row in AblationResult.summaries result ->
                   Json.object
                       [ "variant", Json.text row.Variant
                         "metrics", Json.object [ for name, spread in row.Metrics -> name, ofSpread spread ]
                         "differencesToBase",
                         Json.object [ for name, d in row.Differences do match d with Some d -> name, ofDifference d | None -> () ]
                         "seconds", ofSpread row.Seconds
                         "peakMemory", Json.count row.PeakMemory ] ]

    /// The results as JSON.
    let ofResult (result: AblationResult) =
        let p = result.Provenance

        Json.object
            [ "question", Json.text result.Question
              "data", Json.text result.Data
              "variants", Json.texts result.Variants
              "base", Json.text result.Base
              "seeds", Json.array [ for seed in result.Seeds -> Json.count seed ]
              "metrics", Json.texts result.Metrics
              "categories", Json.texts result.Categories
              "provenance",
              Json.object
                  [ "command", Json.text p.Command
                    "finished", Json.text (p.Finished.ToString("O", CultureInfo.InvariantCulture))
                    "code", Json.text p.Code
                    "machine", Json.text p.Machine
                    "degree", Json.count p.Degree
                    "threads", Json.count p.Threads
                    "wallSeconds", Json.number p.WallSeconds ]
              "summary", summary result
              "runs", Json.array [ for run in result.Runs -> RunJson.ofResult run ]
              "gallery",
              Json.array
                  [ for image in result.Gallery ->
                         Json.object
                             [ "id", Json.count image.Id
                               "height", Json.count image.Height
                               "width", Json.count image.Width
                               "mimeType", Json.text image.MimeType
                               "file", Json.text (Convert.ToBase64String image.File)
                               "truth", Json.array [ for object in image.Truth -> RunJson.ofFound object ] ] ] ]

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

        let texts path = [ for item in Json.items path json do if item.ValueKind = JsonValueKind.String then string (item.GetString()) ]

        { Question = text "question" json
          Data = text "data" json
          Variants = texts "variants"
          Base = text "base" json
          Seeds = [ for seed in Json.items "seeds" json do if seed.ValueKind = JsonValueKind.Number then seed.GetInt64() ]
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
              Threads = Json.tryNumber "provenance.threads" json |> Option.defaultValue 0.0 |> int
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
