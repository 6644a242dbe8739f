module BoxTeacher.Workbench.Tests.TableTests

open System
open System.IO
open System.Xml.Linq
open Xunit
open Microsoft.DotNet.Interactive.Formatting
open BoxTeacher.Workbench

type private Row = { Name: string; Ap: Spread; Gain: Difference option; Time: TimeSpan }

let private table =
    let rows =
        [ { Name = "BoxInst & co"
            Ap = Statistics.spread [ 20.0; 22.0 ]
            Gain = None
            Time = TimeSpan.FromSeconds 62.0 }
          { Name = "BoxTeacher_on"
            Ap = Statistics.spread [ 25.0; 27.6 ]
            Gain = Some(Statistics.pairedDifference 0.95 [ 25.0, 20.0; 27.6, 22.0 ])
            Time = TimeSpan.FromSeconds 91.0 }
          { Name = "<half> | 50 %"
            Ap = Statistics.spread [ 1.0 ]
            Gain = Some(Statistics.pairedDifference 0.95 [ -3.04, 0.0 ])
            Time = TimeSpan.FromSeconds 0.5 } ]

    Table.ofRows
        "Masks"
        [ Column.text "variant" _.Name
          Column.spread "AP" 1 Better.Higher _.Ap
          Column.difference "to base" 1 _.Gain
          Column.duration "time" _.Time ]
        rows
    |> Table.withNote "n = 2"

[<Fact>]
let ``markdown`` () =
    let expected =
        """**Masks**

| variant | AP | to base | time |
| :--- | ---: | ---: | ---: |
| BoxInst & co | 21.0 ± 1.4 |  | 1 min 02 s |
| BoxTeacher_on | **26.3 ± 1.8** | +5.3 [+1.5, +9.1] | 1 min 31 s |
| <half> \| 50 % | 1.0 | −3.0 | 0.50 s |

n = 2
"""

    Assert.Equal(expected, Table.toMarkdown table)

[<Fact>]
let ``LaTeX escapes its special characters and sets the signs as mathematics`` () =
    let latex = Table.toLatex table
    Assert.Contains("BoxInst \\& co & 21.0 $\\pm$ 1.4 &  & 1 min 02 s \\\\", latex)
    Assert.Contains("BoxTeacher\\_on & \\textbf{26.3 $\\pm$ 1.8} & $+$5.3 [$+$1.5, $+$9.1] & 1 min 31 s \\\\", latex)
    Assert.Contains("50 \\%", latex)
    Assert.Contains("\\begin{tabular}{lrrr}", latex)

[<Fact>]
let ``CSV keeps every number in full`` () =
    let lines = (Table.toCsv table).TrimEnd('\n').Split '\n'
    Assert.Equal("variant,AP mean,AP sd,AP n,to base mean,to base low,to base high,to base n,time (s)", lines[0])
    Assert.Equal("BoxInst & co,21,1.4142135623730951,2,,,,,62", lines[1])
    Assert.Equal("<half> | 50 %,1,,1,-3.04,,,1,0.5", lines[3])

[<Fact>]
let ``signs of headings are mathematics in LaTeX and plain in CSV`` () =
    let table = Table.ofRows "a − b" [ Column.text "AP − base ± 1" id ] [ "x" ]
    Assert.Contains("AP $-$ base $\\pm$ 1 \\\\", Table.toLatex table)
    Assert.DoesNotContain("−", Table.toLatex table)
    Assert.StartsWith("AP - base", Table.toCsv table)

[<Fact>]
let ``numbers have a decimal point wherever the reader lives`` () =
    let culture = Globalization.CultureInfo.CurrentCulture

    try
        let comma = Globalization.CultureInfo.InvariantCulture.Clone() :?> Globalization.CultureInfo
        comma.NumberFormat.NumberDecimalSeparator <- ","
        Globalization.CultureInfo.CurrentCulture <- comma
        let table = Table.ofRows "" [ Column.duration "time" id; Column.number "AP" 1 Better.Neither _.TotalMinutes ] [ TimeSpan.FromSeconds 0.25 ]
        Assert.Contains("| 0.25 s | 0.0 |", Table.toMarkdown table)
    finally
        Globalization.CultureInfo.CurrentCulture <- culture

[<Fact>]
let ``HTML is well formed, escaped, and bold only where the best is`` () =
    let html = Table.toHtml table
    let document = XDocument.Parse html
    Assert.Equal<string list>([ "26.3 ± 1.8" ], [ for e in document.Descendants "strong" -> e.Value ])
    Assert.Contains("&lt;half&gt; | 50 %", html)
    Assert.Equal(12, Seq.length (document.Descendants "td"))

[<Theory>]
[<InlineData(120, false)>]
[<InlineData(62, true)>]
let ``the terminal shows everything, turned where it is narrow`` (width: int) (isTurned: bool) =
    let writer = new StringWriter()
    let settings = Spectre.Console.AnsiConsoleSettings(Ansi = Spectre.Console.AnsiSupport.No, Out = Spectre.Console.AnsiConsoleOutput writer)
    let console = Spectre.Console.AnsiConsole.Create settings
    console.Profile.Width <- width
    console.Write(Table.toTerminal width table)
    let shown = writer.ToString()
    let firstRow = shown.Split('\n') |> Array.find _.Contains("variant")
    // Turned, the variants stand side by side.
    Assert.Equal(isTurned, firstRow.Contains "BoxTeacher_on")

    for text in [ "Masks"; "BoxTeacher_on"; "26.3 ± 1.8"; "+5.3 [+1.5, +9.1]"; "n = 2" ] do
        Assert.Contains(text, shown)

[<Fact>]
let ``numbers that read alike are equally good, none is the best of equals, and lower may be better`` () =
    let t =
        Table.ofRows
            ""
            [ Column.number "loss" 1 Better.Lower id; Column.number "same" 0 Better.Higher (fun v -> 1.0 + v / 100.0) ]
            [ 2.04; 2.01; 3.0 ]

    Assert.Equal("| **2.0** | 1 |", (Table.toMarkdown t).Split('\n')[2])
    Assert.Equal("| **2.0** | 1 |", (Table.toMarkdown t).Split('\n')[3])
    Assert.Equal("| 3.0 | 1 |", (Table.toMarkdown t).Split('\n')[4])

[<Fact>]
let ``a negative number that rounds to zero has no sign, and what could not be measured is a dash`` () =
    let t = Table.ofRows "" [ Column.number "v" 1 Better.Neither id ] [ -0.01; nan; 0.01 ]
    Assert.Equal("| 0.0 |\n| - |\n| 0.0 |", String.Join("\n", (Table.toMarkdown t).Split('\n')[2..4]))

[<Fact>]
let ``a notebook shows a table as HTML`` () =
    let shown = FormattedValue.CreateManyFromObject table |> Seq.exactlyOne
    Assert.Equal("text/html", shown.MimeType)
    Assert.Equal(Table.toHtml table, shown.Value)
