namespace BoxTeacher.Workbench

open System
open BoxTeacher.Files
open System.IO

/// The files a report consists of.
type ReportFiles =
    { /// The page; self-contained.
      Page: string
      /// Every number, and what the page is made again from.
      Results: string }

/// Reports of ablations: one page that needs no network, and one JSON file with every number.
[<RequireQualifiedAccess>]
module Report =

    /// The report as a page that needs nothing from elsewhere. Raises ArgumentException when there is no finished run.
    let toHtml (result: AblationResult) =
        if result.Runs.IsEmpty then
            invalidArg (nameof result) "there is no finished run to report"

        ReportPage.html result

    let private writePage folder result =
        let page = Path.Combine(folder, "report.html")
        AtomicFile.WriteText(page, toHtml result)
        page

    /// Writes report.html, results.json and the table as table.md, table.tex and table.csv into a folder, each whole or not at all.
    let write (folder: string) (result: AblationResult) =
        let results = Path.Combine(folder, "results.json")
        let table = AblationResult.table result
        AtomicFile.WriteText(results, Json.ofNode (ResultJson.ofResult result))
        AtomicFile.WriteText(Path.Combine(folder, "table.md"), Table.toMarkdown table)
        AtomicFile.WriteText(Path.Combine(folder, "table.tex"), Table.toLatex table)
        AtomicFile.WriteText(Path.Combine(folder, "table.csv"), Table.toCsv table)
        { Page = writePage folder result; Results = results }

    /// Makes report.html again from a results file, beside it. Raises InvalidDataException naming the file and what is wrong in it.
    let rebuild (resultsFile: string) =
        let folder = Path.GetDirectoryName(Path.GetFullPath resultsFile) |> Option.ofObj |> Option.defaultValue "."
        { Page = writePage folder (ResultJson.read resultsFile); Results = resultsFile }
