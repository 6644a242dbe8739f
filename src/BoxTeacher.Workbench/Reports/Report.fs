namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Charts

/// The files a report consists of.
type ReportFiles =
    { /// The page; self-contained.
      Page: string
      /// Every number, and what the page is made again from.
      Results: string }

/// Reports of ablations: one page that needs no network, and one JSON file with every number.
[<RequireQualifiedAccess>]
module Report =

    /// The report as a page that needs nothing from elsewhere. plotly is the text of plotly.js, if the charts are to be interactive.
    /// Raises ArgumentException when there is no finished run.
    let toHtml (plotly: string option) (result: AblationResult) =
        if result.Runs.IsEmpty then
            invalidArg (nameof result) "there is no finished run to report"

        ReportPage.html plotly result

    /// Writes report.html, results.json and the table as table.md, table.tex and table.csv into a folder, each whole or not at all.
    /// Charts are interactive when the environment variable PLOTLY_JS names a copy of plotly.js.
    let write (folder: string) (result: AblationResult) =
        let plotly =
            Environment.GetEnvironmentVariable "PLOTLY_JS"
            |> Option.ofObj
            |> Option.filter (fun path -> path <> "")
            |> Option.map File.ReadAllText

        let files = { Page = Path.Combine(folder, "report.html"); Results = Path.Combine(folder, "results.json") }
        let table = AblationResult.table result
        Files.writeText files.Results (Json.toIndentedText (ResultJson.ofResult result))
        Files.writeText files.Page (toHtml plotly result)
        Files.writeText (Path.Combine(folder, "table.md")) (Table.toMarkdown table)
        Files.writeText (Path.Combine(folder, "table.tex")) (Table.toLatex table)
        Files.writeText (Path.Combine(folder, "table.csv")) (Table.toCsv table)
        files

    /// Makes the report again from a results file, into the same folder.
    let rebuild (resultsFile: string) =
        let folder = Path.GetDirectoryName(Path.GetFullPath resultsFile) |> Option.ofObj |> Option.defaultValue "."
        write folder (ResultJson.read resultsFile)
