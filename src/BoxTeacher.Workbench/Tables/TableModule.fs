namespace BoxTeacher.Workbench

open System
open System.Globalization

// Spectre.Console has a Table of its own, so its namespace is not opened.
type private Markup = Spectre.Console.Markup
type private Justify = Spectre.Console.Justify
type private IRenderable = Spectre.Console.Rendering.IRenderable

/// Tables from rows, and what they look like in a terminal and in documents.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Table =

    /// A table of rows, one column each.
    let ofRows caption (columns: Column<'row> list) (rows: 'row seq) : Table =
        let cells = [ for row in rows -> [ for column in columns -> column.Value row ] ]

        let headings =
            columns
            |> List.mapi (fun index column ->
                { Heading.Title = column.Title
                  Decimals = column.Decimals
                  Better = column.Better
                  IsText = cells |> List.exists (fun row -> match row[index] with Cell.Text _ -> true | _ -> false) })

        { Caption = caption; Headings = headings; Rows = cells; Notes = [] }

    /// The table with a note below it.
    let withNote note (table: Table) = { table with Notes = table.Notes @ [ note ] }

    let private words minus plusMinus (table: Table) =
        [ for row in table.Rows -> [ for heading, cell in List.zip table.Headings row -> CellText.Words minus plusMinus heading cell ] ]

    let private grid caption (headings: (string * bool) list) (rows: (string * bool) list list) =
        let shown = Spectre.Console.Table()
        shown.Border <- Spectre.Console.TableBorder.Rounded

        if caption <> "" then
            shown.Title <- Spectre.Console.TableTitle(Markup.Escape caption)

        for title, isText in headings do
            let column = Spectre.Console.TableColumn(Markup.Escape title)
            column.Alignment <- if isText then Justify.Left else Justify.Right
            shown.AddColumn column |> ignore

        for row in rows do
            let cells =
                row
                |> List.map (fun (text, isBest) ->
                    let text = Markup.Escape text
                    Markup(if isBest then $"[bold]{text}[/]" else text) :> IRenderable)

            shown.Rows.Add(cells) |> ignore

        shown :> IRenderable

    /// The table for a terminal so many characters wide. One that does not fit is turned: a row a column.
    let toTerminal (width: int) (table: Table) : Spectre.Console.Rendering.IRenderable =
        let rows = List.zip (words "−" "±" table) (CellText.Best table) |> List.map (fun (row, best) -> List.zip row best)

        let needed =
            table.Headings
            |> List.mapi (fun index heading ->
                (heading.Title :: (rows |> List.map (fun row -> fst row[index])) |> List.map _.Length |> List.max) + 3)
            |> List.sum

        let shown =
            if needed < width || table.Headings.IsEmpty || rows.IsEmpty then
                grid table.Caption [ for heading in table.Headings -> heading.Title, heading.IsText ] rows
            else
                let names = rows |> List.map (fun row -> fst row.Head, false)

                grid
                    table.Caption
                    ((table.Headings.Head.Title, true) :: names)
                    [ for index in 1 .. table.Headings.Length - 1 ->
                          (table.Headings[index].Title, false) :: [ for row in rows -> row[index] ] ]

        Spectre.Console.Rows(
            [ yield shown
              for note in table.Notes do
                  yield Spectre.Console.Text note :> IRenderable ]
        )

    /// An HTML fragment that follows the colors of the page around it and needs nothing from elsewhere.
    let toHtml (table: Table) = TableText.html table

    /// A pipe table of GitHub's Markdown; best values in bold.
    let toMarkdown (table: Table) =
        let escape (text: string) = text.Replace("|", "\\|")
        let line (cells: string list) = "| " + String.Join(" | ", cells) + " |"
        let rule = table.Headings |> List.map (fun heading -> if heading.IsText then ":---" else "---:")

        let rows =
            List.zip (words "−" "±" table) (CellText.Best table)
            |> List.map (fun (row, best) ->
                List.zip row best
                |> List.map (fun (text, isBest) -> if isBest then $"**{escape text}**" else escape text)
                |> line)

        [ if table.Caption <> "" then
              $"**{table.Caption}**"
              ""
          line [ for heading in table.Headings -> escape heading.Title ]
          line rule
          yield! rows
          for note in table.Notes do
              ""
              note ]
        |> String.concat "\n"
        |> fun text -> text + "\n"

    /// A LaTeX table with booktabs' rules.
    let toLatex (table: Table) =
        let escape (text: string) =
            text
            |> String.collect (function
                | '\\' -> "\\textbackslash{}"
                | '&' | '%' | '$' | '#' | '_' | '{' | '}' as c -> $"\\{c}"
                | '~' -> "\\textasciitilde{}"
                | '^' -> "\\textasciicircum{}"
                | c -> string c)

        // Words are escaped before the signs become mathematics.
        let words (text: string) = (escape text).Replace("±", "$\\pm$").Replace("−", "$-$").Replace("+", "$+$")

        let cell (heading: Heading) isBest value =
            let text = words (CellText.Words "−" "±" heading value)
            if isBest then $"\\textbf{{{text}}}" else text

        let align = table.Headings |> List.map (fun heading -> if heading.IsText then "l" else "r") |> String.concat ""
        let line (cells: string list) = String.Join(" & ", cells) + " \\\\"

        [ "\\begin{table}"
          "\\centering"
          if table.Caption <> "" then
              $"\\caption{{{words table.Caption}}}"
          $"\\begin{{tabular}}{{{align}}}"
          "\\toprule"
          line [ for heading in table.Headings -> words heading.Title ]
          "\\midrule"
          for row, best in List.zip table.Rows (CellText.Best table) do
              line [ for heading, value, isBest in List.zip3 table.Headings row best -> cell heading isBest value ]
          "\\bottomrule"
          "\\end{tabular}"
          for note in table.Notes do
              $"\\par\\footnotesize {words note}"
          "\\end{table}" ]
        |> String.concat "\n"
        |> fun text -> text + "\n"

    /// Comma-separated values with every number in full: a spread fills three columns (mean, sd, n), a difference four
    /// (mean, low, high, n). Headings have a plain minus, which programs know.
    let toCsv (table: Table) =
        let quote (text: string) =
            if text.IndexOfAny [| ','; '"'; '\n'; '\r' |] >= 0 then "\"" + text.Replace("\"", "\"\"") + "\"" else text

        let number (value: float) =
            if Double.IsFinite value then value.ToString("R", CultureInfo.InvariantCulture) else ""

        let parts index =
            let kinds = table.Rows |> List.map (fun row -> row[index])

            if kinds |> List.exists (function Cell.Spread _ -> true | _ -> false) then [ " mean"; " sd"; " n" ]
            elif kinds |> List.exists (function Cell.Difference _ -> true | _ -> false) then [ " mean"; " low"; " high"; " n" ]
            elif kinds |> List.exists (function Cell.Duration _ -> true | _ -> false) then [ " (s)" ]
            else [ "" ]

        let fields width cell =
            let values =
                match cell with
                | Cell.Text text -> [ text ]
                | Cell.Count value -> [ value.ToString CultureInfo.InvariantCulture ]
                | Cell.Number value -> [ number value ]
                | Cell.Spread spread -> [ number spread.Mean; number spread.Deviation; string spread.Count ]
                | Cell.Difference d -> [ number d.Mean; number d.Low; number d.High; string d.Count ]
                | Cell.Duration span -> [ number span.TotalSeconds ]
                | Cell.Missing -> []

            values @ List.replicate (max 0 (width - values.Length)) ""

        let widths = table.Headings |> List.mapi (fun index _ -> parts index)

        [ String.Join(",", [ for heading, parts in List.zip table.Headings widths do for part in parts -> quote (heading.Title.Replace("−", "-") + part) ])
          for row in table.Rows do
              String.Join(",", [ for cell, parts in List.zip row widths do for field in fields parts.Length cell -> quote field ]) ]
        |> String.concat "\n"
        |> fun text -> text + "\n"
