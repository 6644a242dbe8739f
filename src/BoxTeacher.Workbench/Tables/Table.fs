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

    /// A column of numbers; NaN is shown as missing.
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
        | Cell.Spread spread when not (Double.IsFinite spread.Mean) -> ""
        | Cell.Spread spread when Double.IsFinite spread.Deviation -> $"{fixedPoint spread.Mean} {plusMinus} {fixedPoint spread.Deviation}"
        | Cell.Spread spread -> fixedPoint spread.Mean
        | Cell.Difference difference when not (Double.IsFinite difference.Mean) -> ""
        | Cell.Difference difference when Double.IsFinite difference.Low ->
            $"{signed difference.Mean} [{signed difference.Low}, {signed difference.High}]"
        | Cell.Difference difference -> signed difference.Mean
        | Cell.Duration span -> CellText.Duration span
        | Cell.Number _
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
