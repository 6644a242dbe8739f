namespace BoxTeacher.Workbench

open System
open System.Globalization
open Microsoft.AspNetCore.Html

/// What one cell of a table says; the number of decimals is the column's.
[<RequireQualifiedAccess>]
type Cell =
    | Text of string
    | Count of int64
    | Number of float
    | Spread of Spread
    | Difference of Difference
    | Duration of TimeSpan
    | Missing

/// Which of a column's numbers is the best.
[<RequireQualifiedAccess>]
type Better =
    | Higher
    | Lower
    | Neither

/// A column over rows of some type.
type Column<'row> =
    { Title: string
      Decimals: int
      Better: Better
      Value: 'row -> Cell }

/// A column's heading, once its cells are settled.
type Heading =
    { Title: string
      Decimals: int
      Better: Better
      /// Whether it holds words rather than numbers.
      IsText: bool }

/// Columns over rows of any type.
[<RequireQualifiedAccess>]
module Column =

    /// A column of words.
    let text title (value: 'row -> string) : Column<'row> =
        { Title = title; Decimals = 0; Better = Better.Neither; Value = value >> Cell.Text }

    /// A column of whole numbers.
    let count title (value: 'row -> int64) : Column<'row> =
        { Title = title; Decimals = 0; Better = Better.Neither; Value = value >> Cell.Count }

    /// A column of numbers; NaN, of what could not be measured, is shown as "-".
    let number title decimals better (value: 'row -> float) : Column<'row> =
        { Title = title; Decimals = decimals; Better = better; Value = value >> Cell.Number }

    /// A column of means with their spread.
    let spread title decimals better (value: 'row -> Spread) : Column<'row> =
        { Title = title; Decimals = decimals; Better = better; Value = value >> Cell.Spread }

    /// A column of paired differences; None for the row the others are compared with.
    let difference title decimals (value: 'row -> Difference option) : Column<'row> =
        { Title = title
          Decimals = decimals
          Better = Better.Neither
          Value = value >> Option.map Cell.Difference >> Option.defaultValue Cell.Missing }

    /// A column of times.
    let duration title (value: 'row -> TimeSpan) : Column<'row> =
        { Title = title; Decimals = 0; Better = Better.Neither; Value = value >> Cell.Duration }

/// A table with a caption, headings, rows and notes below it. It shows itself in a notebook.
type Table =
    { Caption: string
      Headings: Heading list
      Rows: Cell list list
      Notes: string list }

    interface IHtmlContent with
        member table.WriteTo(writer, _) = writer.Write(TableText.html table: string)

/// A cell's words, and which cells are the best of their column.
and internal CellText =

    /// The number by which cells of a column are compared.
    static member Rank(cell: Cell) =
        match cell with
        | Cell.Number value -> Some value
        | Cell.Count value -> Some(float value)
        | Cell.Spread spread -> Some spread.Mean
        | Cell.Duration span -> Some span.TotalSeconds
        | _ -> None
        |> Option.filter Double.IsFinite

    /// Whether each cell of each row is the best of its column, as shown: numbers that read alike are equally good.
    static member Best(table: Table) =
        let shown decimals (value: float) = Math.Round(value, (decimals: int))

        let best =
            table.Headings
            |> List.mapi (fun index heading ->
                let ranks =
                    table.Rows |> List.choose (fun row -> CellText.Rank row[index]) |> List.map (shown heading.Decimals)

                // Where all are equal, none is the best.
                match heading.Better, List.distinct ranks with
                | Better.Higher, _ :: _ :: _ -> Some(List.max ranks)
                | Better.Lower, _ :: _ :: _ -> Some(List.min ranks)
                | _ -> None)

        table.Rows
        |> List.map (fun row ->
            List.zip3 row table.Headings best
            |> List.map (fun (cell, heading, best) -> best.IsSome && (CellText.Rank cell |> Option.map (shown heading.Decimals)) = best))

    /// A count and what is counted: 1 run, 2 runs.
    static member Counted (count: int) noun = if count = 1 then $"1 {noun}" else $"{count} {noun}s"

    /// A time as people say it: 42 s, 3 min 05 s, 2 h 07 min.
    static member Duration(span: TimeSpan) =
        let whole = TimeSpan.FromSeconds(Math.Round span.TotalSeconds)

        if span.TotalSeconds < 1.0 then $"%.2f{span.TotalSeconds} s"
        elif whole.TotalSeconds < 60.0 then $"{whole.Seconds} s"
        elif whole.TotalMinutes < 60.0 then $"{whole.Minutes} min {whole.Seconds:D2} s"
        else $"{int whole.TotalHours} h {whole.Minutes:D2} min"

    /// The words of a cell: plusMinus and minus are the signs to use, sign(value) adds a plus to a positive difference.
    static member Words (minus: string) (plusMinus: string) (heading: Heading) (cell: Cell) =
        let fixedPoint (value: float) =
            let text = value.ToString($"F{heading.Decimals}", CultureInfo.InvariantCulture)
            // A negative number that rounds to zero has no sign.
            let isZero = text |> Seq.forall (fun c -> not (Char.IsDigit c) || c = '0')
            if text.StartsWith '-' then (if isZero then text.Substring 1 else minus + text.Substring 1) else text

        let signed value =
            let text = fixedPoint value
            if value > 0.0 && Seq.exists (fun c -> c > '0' && c <= '9') text then "+" + text else text

        match cell with
        | Cell.Text text -> text
        | Cell.Count value -> value.ToString CultureInfo.InvariantCulture
        | Cell.Number value when Double.IsFinite value -> fixedPoint value
        | Cell.Spread spread when not (Double.IsFinite spread.Mean) -> "-"
        | Cell.Spread spread when Double.IsFinite spread.Deviation -> $"{fixedPoint spread.Mean} {plusMinus} {fixedPoint spread.Deviation}"
        | Cell.Spread spread -> fixedPoint spread.Mean
        | Cell.Difference difference when not (Double.IsFinite difference.Mean) -> "-"
        | Cell.Difference difference when Double.IsFinite difference.Low ->
            $"{signed difference.Mean} [{signed difference.Low}, {signed difference.High}]"
        | Cell.Difference difference -> signed difference.Mean
        | Cell.Duration span -> CellText.Duration span
        | Cell.Number _ -> "-"
        | Cell.Missing -> ""

/// A table as the text of some document.
and internal TableText =

    /// An HTML fragment that follows the colors of the page around it.
    static member html(table: Table) =
        let escape = BoxTeacher.Properties.Html.escape
        let words = CellText.Words "−" "±"
        let align heading = if heading.IsText then "left" else "right"
        let style = "padding:.35em .75em;border-bottom:1px solid color-mix(in srgb, currentColor 18%, transparent);font-variant-numeric:tabular-nums;white-space:nowrap"

        let head =
            table.Headings
            |> List.map (fun h -> $"<th scope=\"col\" style=\"{style};text-align:{align h}\">{escape h.Title}</th>")
            |> String.concat ""

        let rows =
            List.zip table.Rows (CellText.Best table)
            |> List.map (fun (row, best) ->
                List.zip3 table.Headings row best
                |> List.map (fun (heading, cell, isBest) ->
                    let text = escape (words heading cell)
                    let text = if isBest then $"<strong>{text}</strong>" else text
                    $"<td style=\"{style};text-align:{align heading}\">{text}</td>")
                |> String.concat ""
                |> fun cells -> $"<tr>{cells}</tr>")
            |> String.concat "\n"

        let notes =
            table.Notes
            |> List.map (fun note -> $"<p style=\"margin:.4em 0;font-size:.87em;opacity:.8\">{escape note}</p>")
            |> String.concat "\n"

        let caption =
            if table.Caption = "" then
                ""
            else
                $"<caption style=\"text-align:left;padding:.35em 0;font-weight:600\">{escape table.Caption}</caption>"

        $"<div style=\"overflow-x:auto\"><table style=\"border-collapse:collapse;border:0\">{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>{notes}</div>"

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

        let titles =
            [ for heading, parts in List.zip table.Headings widths do
                  for part in parts do
                      quote (heading.Title.Replace("−", "-") + part) ]

        [ String.Join(",", titles)
          for row in table.Rows do
              String.Join(",", [ for cell, parts in List.zip row widths do for field in fields parts.Length cell -> quote field ]) ]
        |> String.concat "\n"
        |> fun text -> text + "\n"
