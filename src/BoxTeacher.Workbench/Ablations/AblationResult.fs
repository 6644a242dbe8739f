namespace BoxTeacher.Workbench

open System

/// An image of the gallery: the picture and what is truly in it.
type GalleryImage =
    { Id: int64
      Height: int
      Width: int
      /// The picture as a file that browsers show.
      File: byte array
      /// "image/jpeg" or "image/png".
      MimeType: string
      /// True objects; their score is 1.
      Truth: FoundObject list }

/// Where results come from.
type Provenance =
    { /// The command that makes them again.
      Command: string
      Finished: DateTimeOffset
      /// Version of the code.
      Code: string
      /// Processor, cores, memory, system, runtime.
      Machine: string
      /// Number of runs that trained side by side.
      Degree: int
      /// Threads of each run; 0 where nobody knows.
      Threads: int
      /// Time of this call, cached runs included at what reading them took.
      WallSeconds: float }

/// Everything an ablation measured.
type AblationResult =
    { /// The question that the ablation asks.
      Question: string
      /// What it trained and evaluated on.
      Data: string
      /// The variants in the order of the table.
      Variants: string list
      /// The variant that the others are compared with.
      Base: string
      Seeds: int64 list
      /// Metrics of the table, the most important one first.
      Metrics: string list
      Categories: string list
      /// Finished runs.
      Runs: RunResult list
      Gallery: GalleryImage list
      Provenance: Provenance }

/// What one variant measured, over its seeds.
type VariantSummary =
    { Variant: string
      /// Metric, mean and spread.
      Metrics: (string * Spread) list
      /// Metric and difference to the base, paired by seed; None for the base itself.
      Differences: (string * Difference option) list
      /// Seconds of a run.
      Seconds: Spread
      /// Largest resident memory of the process, in bytes.
      PeakMemory: int64 }

/// Summaries of an ablation's results.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module AblationResult =

    /// Confidence of the intervals of paired differences.
    let confidence = 0.95

    /// The finished runs of a variant, in the order of the seeds.
    let runsOf variant result =
        result.Seeds
        |> List.choose (fun seed -> result.Runs |> List.tryFind (fun run -> run.Run.Variant = variant && run.Run.Seed = seed))

    /// The values of a metric over a variant's seeds.
    let values metric variant result =
        runsOf variant result |> List.map (fun run -> run.Metric metric) |> List.filter Double.IsFinite

    /// The difference of a metric between a variant and the base, paired by seed.
    let difference metric variant (result: AblationResult) =
        let pairs =
            [ for run in runsOf variant result do
                  match runsOf result.Base result |> List.tryFind (fun other -> other.Run.Seed = run.Run.Seed) with
                  | Some other -> run.Metric metric, other.Metric metric
                  | None -> () ]

        Statistics.pairedDifference confidence (pairs |> List.filter (fun (a, b) -> Double.IsFinite a && Double.IsFinite b))

    /// One summary a variant.
    let summaries (result: AblationResult) =
        [ for variant in result.Variants ->
              let runs = runsOf variant result

              { Variant = variant
                Metrics = [ for metric in result.Metrics -> metric, Statistics.spread (values metric variant result) ]
                Differences =
                  [ for metric in result.Metrics ->
                        metric, (if variant = result.Base then None else Some(difference metric variant result)) ]
                Seconds = Statistics.spread [ for run in runs -> run.Seconds ]
                PeakMemory = runs |> List.map _.PeakMemory |> List.fold max 0L } ]

    /// The table of an ablation: metrics with their spread over seeds, the main metric's paired difference to the base, time and memory.
    let table (result: AblationResult) =
        let metric name (row: VariantSummary) = row.Metrics |> List.find (fun (key, _) -> key = name) |> snd
        let main = result.Metrics.Head
        let finished = result.Variants |> List.map (fun variant -> (runsOf variant result).Length)

        let title (row: VariantSummary) =
            if row.Variant = result.Base && result.Variants.Length > 1 then $"{row.Variant} (base)" else row.Variant

        let columns =
            [ Column.text "variant" title
              for name in result.Metrics do
                  Column.spread name 1 Better.Higher (metric name)
              if result.Variants.Length > 1 then
                  Column.difference $"{main} − base" 1 (fun row -> row.Differences |> List.find (fun (key, _) -> key = main) |> snd)
              Column.duration "time a run" (fun row -> TimeSpan.FromSeconds(if Double.IsFinite row.Seconds.Mean then row.Seconds.Mean else 0.0))
              Column.number "MB" 0 Better.Neither (fun row -> if row.PeakMemory > 0L then float row.PeakMemory / 1e6 else nan) ]

        let seeds = result.Seeds.Length

        let spreadNote =
            if seeds > 1 then
                $"Mean ± standard deviation over {seeds} seeds; differences are paired by seed, in brackets Student's %.0f{100.0 * confidence} %% interval, each on its own."
            else
                "One seed: there is no spread and no interval, and a difference of a few points may be chance."

        let missing = finished |> List.sumBy (fun count -> seeds - count)

        let noted =
            [ for variant in result.Variants do
                  for run in runsOf variant result |> List.truncate 1 do
                      for note in Json.items "notes" (Json.parse run.Run.Recipe) -> string note, variant ]
            |> List.groupBy fst
            |> List.map (fun (note, of') ->
                if of'.Length = result.Variants.Length then note
                else $"""{of' |> List.map (fun (_, variant) -> $"'{variant}'") |> String.concat " and "}: {note}""")

        Table.ofRows result.Question columns (summaries result)
        |> Table.withNote $"{result.Data}. {spreadNote} AP in percent, best in bold. Memory is the whole process's while the run was in it, with what ran beside it."
        |> List.foldBack Table.withNote (List.rev noted)
        |> fun table -> if missing = 0 then table else table |> Table.withNote $"{missing} of {seeds * finished.Length} runs are missing."

    /// What the numbers say of the main metric, one sentence a variant, never more than they say.
    let verdicts (result: AblationResult) =
        let main = result.Metrics.Head

        [ for variant in result.Variants do
              if variant <> result.Base then
                  let d = difference main variant result

                  let size = $"%.1f{abs d.Mean}"
                  let isLevel = size = "0.0"
                  let direction = if d.Mean >= 0.0 then "above" else "below"

                  let standing =
                      if isLevel then $"level with {result.Base} in {main}" else $"{size} points of {main} {direction} {result.Base}"

                  if not (runsOf variant result).IsEmpty && (values main variant result).IsEmpty then
                      $"{variant} has no {main}."
                  elif d.Count = 0 then
                      $"{variant}: no seed is finished in both this variant and {result.Base}."
                  elif not (Double.IsFinite d.Low) then
                      $"{variant} ended {standing} with one seed, which says nothing about chance."
                  elif isLevel then
                      $"{variant} is {standing}; the interval of the difference is [%.1f{d.Low}, %.1f{d.High}] ({d.Count} seeds)."
                  elif d.IsClear then
                      $"{variant} is {standing}; the interval [%.1f{d.Low}, %.1f{d.High}] leaves zero out ({d.Count} seeds)."
                  else
                      $"{variant} is {standing}, which {d.Count} seeds do not tell from chance: the interval [%.1f{d.Low}, %.1f{d.High}] contains zero." ]
