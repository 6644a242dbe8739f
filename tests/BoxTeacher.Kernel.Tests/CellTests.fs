namespace BoxTeacher.Kernel.Tests

open System
open System.IO
open Xunit
open BoxTeacher.Kernel.Tests.Client

/// One kernel for all tests that leave it usable; they run one after another.
type SharedKernel() =
    let kernel = new KernelProcess(builtKernel)
    let client = kernel.Connect()
    member _.Kernel = kernel
    member _.Client = client

    interface IDisposable with
        member _.Dispose() =
            (client :> IDisposable).Dispose()
            (kernel :> IDisposable).Dispose()

[<CollectionDefinition "kernel">]
type KernelCollection() =
    interface ICollectionFixture<SharedKernel>

/// What a notebook's user sees of cells that run.
[<Collection "kernel">]
type CellTests(shared: SharedKernel) =
    let run code = shared.Client.Run code
    let plain code = (run code).Form "text/plain"

    let failing code =
        let result = run code
        Assert.Equal("error", result.Status)
        Assert.Single(result.Of "error")

    [<Fact>]
    member _.``a value is shown as text``() =
        Assert.Equal(Some "42", plain "6 * 7")
        Assert.Equal(Some "text", plain "\"text\"")
        Assert.Equal(Some "None", plain "(None: int option)")

    [<Fact>]
    member _.``unit and definitions show nothing``() =
        Assert.Empty((run "()").Forms)
        Assert.Empty((run "let quiet = 3").Forms)

    [<Fact>]
    member _.``definitions last from cell to cell``() =
        run "let lasting = 20" |> ignore
        Assert.Equal(Some "21", plain "lasting + 1")

    [<Fact>]
    member _.``printed text arrives in order on its stream``() =
        let result = run "printf \"a\"; eprintf \"x\"; printfn \"b\"; eprintfn \"y\""
        Assert.Equal("ab\n", result.Printed "stdout")
        Assert.Equal("xy\n", result.Printed "stderr")

    [<Fact>]
    member _.``output of the C library and of child processes arrives``() =
        let code =
            lines
                [ "open System.Runtime.InteropServices"
                  "module Native ="
                  "    [<DllImport(\"libc\")>]"
                  "    extern int puts(string text)"
                  "Native.puts \"from C\" |> ignore"
                  "System.Diagnostics.Process.Start(\"echo\", \"from a child\").WaitForExit()" ]

        let printed = (run code).Printed "stdout"
        Assert.Contains("from C\n", printed)
        Assert.Contains("from a child\n", printed)

    [<Fact>]
    member _.``records in a sequence become a table that escapes markup``() =
        let result = run "type Row = { Name: string; Score: float }\n[ { Name = \"<b>\"; Score = 0.25 } ]"
        let html = result.Form("text/html").Value
        Assert.Contains("<th>Name</th><th>Score</th>", html)
        Assert.Contains("&lt;b&gt;", html)
        Assert.Contains(">0.25<", html)
        Assert.Equal(Some "Name  Score\n<b>    0.25", result.Form "text/plain")

    [<Fact>]
    member _.``an endless sequence ends``() =
        Assert.Contains("0; 1; 2", (plain "Seq.initInfinite id").Value)

    [<Fact>]
    member _.``a lazy sequence is computed once``() =
        let result = run "type Step = { Number: int }\nseq { for i in 1 .. 3 do\n        printfn \"computing %d\" i\n        { Number = i } }"
        Assert.Equal("computing 1\ncomputing 2\ncomputing 3\n", result.Printed "stdout")
        Assert.Equal(Some "Number\n     1\n     2\n     3", result.Form "text/plain")
        let numbers = run "seq { for i in 1 .. 2 do\n        printfn \"%d\" i\n        i }"
        Assert.Equal("1\n2\n", numbers.Printed "stdout")
        Assert.Equal(Some "seq [1; 2]", numbers.Form "text/plain")

    [<Fact>]
    member _.``text that is no valid Unicode harms nobody``() =
        Assert.Equal("ok", (run "Console.WriteLine(String('\\uD800', 2))").Status)
        Assert.Equal(Some "2", plain "1 + 1")

    [<Fact>]
    member _.``a console that a cell has redirected is back in the next cell``() =
        run "Console.SetOut(new StringWriter())" |> ignore
        Assert.Equal("here\n", (run "printfn \"here\"").Printed "stdout")

    [<Fact>]
    member _.``a displayed value is updated in place``() =
        let result = run "let shown = display \"one\"\nshown.Update \"two\""
        let id (output: Received) = output.Content.GetProperty("transient").GetProperty("display_id").GetString()
        let first = Assert.Single(result.Of "display_data")
        let second = Assert.Single(result.Of "update_display_data")
        Assert.Equal(id first, id second)
        Assert.Equal("two", second.Content.GetProperty("data").GetProperty("text/plain").GetString())

    [<Fact>]
    member _.``an update reaches the client while the cell runs``() =
        let id = shared.Client.Start "let live = display 0\nfor i in 1 .. 3 do\n    Threading.Thread.Sleep 300\n    live.Update i\n    printfn \"step %d\" i"
        let clock = Diagnostics.Stopwatch.StartNew()
        shared.Client.OutputsUntil(id, fun o -> o.Kind = "update_display_data") |> ignore
        let first = clock.ElapsedMilliseconds
        let rest = shared.Client.Finish id
        Assert.Equal("ok", rest.Status)
        Assert.True(clock.ElapsedMilliseconds - first > 400L, "the first update came only with the end of the cell")

    [<Fact>]
    member _.``html, images and scripts keep their form``() =
        Assert.Equal(Some "<i>x</i>", (run "HTML \"<i>x</i>\"").Form "text/html")
        Assert.Equal(Some "<i>x</i>", (run "\"<i>x</i>\".DisplayAs \"text/html\"").Form "text/html")
        Assert.Equal(Some "AAAA", (run "FormattedValue(\"image/png\", \"AAAA\")").Form "image/png")
        Assert.Contains("<script", (run "Javascript \"1\"").Form("text/html").Value)

        let both = run "[ FormattedValue(\"text/html\", \"h\"); FormattedValue(\"text/plain\", \"p\") ]"
        Assert.Equal(Some "h", both.Form "text/html")
        Assert.Equal(Some "p", both.Form "text/plain")

        let vega = run "FormattedValue(\"application/vnd.test.v1+json\", \"{\\\"a\\\": 1}\")"
        Assert.Contains("{\"a\":1}", vega.Form("application/vnd.test.v1+json").Value)

    [<Fact>]
    member _.``the html language builds elements``() =
        let html = (run "open Html\ndiv [ _class \"c\"; _hidden true ] [ b [] [ str \"<\" ]; img [ _src \"s\" ] []; rawText \"<u>\" ]").Form "text/html"
        Assert.Equal(Some "<div class=\"c\" hidden><b>&lt;</b><img src=\"s\"><u></div>", html)

    [<Fact>]
    member _.``a formatter found by the attribute's name is used, inherited ones too``() =
        let code =
            lines
                [ "type TypeFormatterSourceAttribute(source: Type) ="
                  "    inherit Attribute()"
                  "    member _.FormatterSourceType = source"
                  "    member val PreferredMimeTypes: string[] = null with get, set"
                  "type CirclePainter() ="
                  "    member _.MimeType = \"text/html\""
                  "    member _.Format(value: obj, writer: IO.TextWriter) = writer.Write(\"<circle>\"); true"
                  "type CircleSource() ="
                  "    member _.CreateTypeFormatters() = seq { box (CirclePainter()) }"
                  "[<TypeFormatterSource(typeof<CircleSource>)>]"
                  "type Circle = Small of int | Large of string"
                  "Large \"x\"" ]

        Assert.Equal(Some "<circle>", (run code).Form "text/html")

    [<Fact>]
    member _.``registered formatters win, and only until they are reset``() =
        let code =
            lines
                [ "type Angle = { Degrees: float }"
                  "Formatter.Register<Angle>((fun angle -> $\"{angle.Degrees} deg\"), \"text/html\")"
                  "{ Degrees = 90.0 }" ]

        Assert.Equal(Some "90 deg", (run code).Form "text/html")
        let reset = run "Formatter.ResetToDefault()\n{ Degrees = 90.0 }"
        Assert.Contains("<table>", reset.Form("text/html").Value)

    [<Fact>]
    member _.``a compiler error names the place and shows the line``() =
        let error = failing "let a = 1\nlet b = a + missing"
        Assert.Equal("CompilerError", error.Text "ename")
        Assert.Contains("(2,13): error FS0039", error.Text "evalue")
        let traceback = error.Content.GetProperty("traceback").EnumerateArray() |> Seq.map _.GetString() |> List.ofSeq
        Assert.Contains("    let b = a + missing", traceback)
        Assert.Contains("                ^^^^^^^", traceback)

    [<Theory>]
    [<InlineData("7 : int", "(1,3): error FS0010")>]
    [<InlineData("#r \"nuget: FsCheck, no-version\"", "(1,1): error FS0999")>] // refused without a network too
    member _.``what the compiler only mentions beside an outcome is an error too``(code: string, place: string) =
        let error = failing code
        Assert.Contains(place, error.Text "evalue")
        Assert.DoesNotContain("FS0192", string (error.Content.GetProperty "traceback"))

    [<Fact>]
    member _.``an exception keeps its type, message and line``() =
        let error = failing "let rec thrower n : int =\n    if n = 0 then raise (InvalidOperationException \"broken\")\n    1 + thrower (n - 1)\n\nlet unused = thrower 2"
        Assert.Equal("System.InvalidOperationException", error.Text "ename")
        Assert.Equal("broken", error.Text "evalue")
        let traceback = error.Content.GetProperty("traceback").EnumerateArray() |> Seq.map _.GetString() |> String.concat "\n"
        Assert.Matches("thrower.* in cell-\\d+, line 2", traceback)
        Assert.Matches("main@.* in cell-\\d+, line 5", traceback)
        Assert.DoesNotContain("FSharp.Compiler", traceback)
        Assert.Equal(Some "2", plain "1 + 1")

    [<Fact>]
    member _.``a formatter that throws is shown without the kernel's own calls``() =
        let error = failing "Formatter.Register<Version>((fun (_: Version) -> failwith<string> \"unwilling\"), \"text/html\")\nVersion(1, 2)"
        run "Formatter.ResetToDefault()" |> ignore
        Assert.Equal("unwilling", error.Text "evalue")
        let traceback = error.Content.GetProperty("traceback").EnumerateArray() |> Seq.map _.GetString() |> String.concat "\n"
        Assert.Matches("in cell-\\d+, line 1", traceback)
        Assert.DoesNotContain("BoxTeacher", traceback)
        Assert.DoesNotContain(".fs:line", traceback)

    [<Fact>]
    member _.``what the compiler's own directives print is shown``() =
        Assert.Contains("Real:", (run "#time \"on\"\n1 + 1").Printed "stdout")
        run "#time \"off\"" |> ignore
        Assert.Equal("", (run "1 + 1").Printed "stdout")

    [<Fact>]
    member _.``a warning is shown and does not stop the cell``() =
        let result = run "let partial = function Some n -> n\npartial (Some 5)"
        Assert.Equal("ok", result.Status)
        Assert.Contains("(1,15): warning FS0025", result.Printed "stderr")
        Assert.Equal(Some "5", result.Form "text/plain")

    [<Fact>]
    member _.``directives switch languages, measure, list and import``() =
        Assert.Equal(Some "# Title", (run "#!markdown\n# Title").Form "text/markdown")
        Assert.Equal(Some "<hr>", (run "#!html\n<hr>").Form "text/html")
        Assert.StartsWith("Wall time: ", (plain "#!time\n()").Value)
        run "let listed = 1" |> ignore
        Assert.Contains("listed", (plain "#!who").Value)
        Assert.Contains("<td style=\"text-align:left\">listed</td>", (run "#!whos").Form("text/html").Value)
        File.WriteAllText(Path.Combine(shared.Kernel.Folder, "part.fsx"), "let imported = 7")
        Assert.Equal(Some "8", plain "#!import part.fsx\nimported + 1")
        Assert.Equal(Some "7", plain "#load \"part.fsx\"\nPart.imported")
        Assert.Contains("cell-", (failing "1\n#!nonsense").Text "evalue")

    [<Fact>]
    member _.``positions below a directive are positions in the cell``() =
        Assert.Contains("(3,1): error", (failing "#!time\n\nmissing").Text "evalue")

    [<Fact>]
    member _.``a question to the user is asked and answered``() =
        let id = shared.Client.Start "let answer = Kernel.GetInputAsync(\"name? \").Result\nlet line = Console.ReadLine()\nanswer + line"
        Assert.Equal("name? ", shared.Client.Answer "Ada")
        Assert.Equal("", shared.Client.Answer " Lovelace")
        Assert.Equal(Some "Ada Lovelace", (shared.Client.Finish id).Form "text/plain")

    [<Fact>]
    member _.``an exception on a background thread does not end the kernel``() =
        let result = run "let stray = Threading.Thread(fun () -> failwith \"stray\")\nstray.Start()\nstray.Join()\nThreading.Thread.Sleep 300"
        Assert.Equal("ok", result.Status)
        Assert.Contains("stray", result.Printed "stderr")
        Assert.Equal(Some "2", plain "1 + 1")
