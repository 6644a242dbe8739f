namespace BoxTeacher.Kernel.Tests

open System
open System.Diagnostics
open System.Threading
open Xunit
open BoxTeacher.Kernel.Tests.Client

/// Cells that are interrupted, and kernels that end.
[<Collection "kernel">]
type InterruptTests(shared: SharedKernel) =
    let client = shared.Client

    /// Interrupts a cell once it has printed "ready"; returns how it ended and after how long.
    let interrupt code =
        let id = client.Start("printfn \"ready\"\n" + code)
        client.OutputsUntil(id, fun o -> o.Kind = "stream" && (o.Text "text").Contains "ready") |> ignore
        Thread.Sleep 100
        let clock = Stopwatch.StartNew()
        Assert.Equal("ok", (client.Command("interrupt", dict [])).Text "status")
        let result = client.Finish id
        result, clock.Elapsed

    [<Theory>]
    [<InlineData("let mutable n = 0L\nwhile true do n <- n + 1L")>]
    [<InlineData("Threading.Thread.Sleep 60_000")>]
    [<InlineData("Threading.Tasks.Task.Delay(60_000).Wait()")>]
    [<InlineData("async { do! Async.Sleep 60_000 } |> Async.RunSynchronously")>]
    [<InlineData("(new Threading.ManualResetEvent(false)).WaitOne() |> ignore")>]
    member _.``a loop or a wait ends, and the session goes on``(code: string) =
        let result, time = interrupt code
        Assert.Equal("error", result.Status)
        Assert.Equal("Interrupted", (Assert.Single(result.Of "error")).Text "ename")
        Assert.InRange(time.TotalSeconds, 0.0, 10.0)
        let next = client.Run "1 + 1"
        Assert.Empty(next.Of "error")
        Assert.Equal(Some "2", next.Form "text/plain")

    [<Fact>]
    member _.``a computation that watches the token ends between two steps``() =
        let code =
            lines
                [ "let context = AppDomain.CurrentDomain.GetAssemblies() |> Seq.pick (fun a -> a.GetType \"Microsoft.DotNet.Interactive.KernelInvocationContext\" |> Option.ofObj)"
                  "let current = context.GetProperty(\"Current\").GetValue null"
                  "let token = context.GetProperty(\"CancellationToken\").GetValue current :?> Threading.CancellationToken"
                  "let mutable steps = 0"
                  "while not token.IsCancellationRequested do"
                  "    Threading.Thread.Sleep 300"
                  "    steps <- steps + 1"
                  "    printfn \"step %d done\" steps"
                  "printfn \"checkpoint written\"" ]

        let result, _ = interrupt code
        Assert.EndsWith("checkpoint written\n", result.Printed "stdout")
        Assert.Equal("ok", result.Status)

    [<Fact>]
    member _.``who has read the token and does not heed it is stopped by a second interrupt``() =
        let id =
            client.Start(
                lines
                    [ "let ignored = Microsoft.DotNet.Interactive.KernelInvocationContext.Current.CancellationToken"
                      "printfn \"ready\""
                      "while true do Threading.Thread.Sleep 10" ]
            )

        client.OutputsUntil(id, fun o -> o.Kind = "stream") |> ignore
        client.Command("interrupt", dict []) |> ignore
        Thread.Sleep 500
        client.Command("interrupt", dict []) |> ignore
        Assert.Equal("Interrupted", (Assert.Single((client.Finish id).Of "error")).Text "ename")

    [<Fact>]
    member _.``a question that nobody answers can be interrupted, and a late answer is forgotten``() =
        let asking = client.Start "Console.ReadLine() |> ignore"
        let late = client.Question()
        client.Command("interrupt", dict []) |> ignore
        Assert.Equal("Interrupted", (Assert.Single((client.Finish asking).Of "error")).Text "ename")
        client.Reply "too late"
        Assert.Equal("", late)
        Thread.Sleep 200
        let next = client.Start "Console.ReadLine()"
        client.Answer "in time" |> ignore
        Assert.Equal(Some "in time", (client.Finish next).Form "text/plain")

    [<Fact>]
    member _.``an interrupt between cells hurts no later cell``() =
        client.Command("interrupt", dict []) |> ignore
        Assert.Equal("ok", (client.Run "Threading.Thread.Sleep 300").Status)

    [<Fact>]
    member _.``a cell that exits ends the process with its output sent, and the kernel starts again``() =
        use kernel = new KernelProcess(builtKernel)
        use first = kernel.Connect()
        let id = first.Start "printfn \"last words\"\nexit 3"
        let last = first.OutputsUntil(id, fun o -> o.Kind = "stream")
        Assert.NotEmpty last
        Assert.True(kernel.Process.WaitForExit 10_000)
        Assert.Equal(3, kernel.Process.ExitCode)
        kernel.Restart()
        use second = kernel.Connect()
        Assert.Equal(Some "2", (second.Run "1 + 1").Form "text/plain")
        Assert.True((second.Command("shutdown", dict [ "restart", true ])).Content.GetProperty("restart").GetBoolean())
        Assert.True(kernel.Process.WaitForExit 10_000)
        Assert.Equal(0, kernel.Process.ExitCode)
