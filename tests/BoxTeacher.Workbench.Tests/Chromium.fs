/// Pages as a browser shows them, for tests that need one.
module BoxTeacher.Workbench.Tests.Chromium

open System
open System.Collections.Concurrent
open Xunit
open PuppeteerSharp
open BoxTeacher.Workbench

/// A test that is skipped where no browser is.
type ChromiumFactAttribute() as this =
    inherit FactAttribute()

    do
        if (ChartPng.tryBrowser ()).IsNone then
            this.Skip <- $"there is no Chromium; {ChartPng.variable} may name one"

/// What a page is: the value of an expression in it, what it asked for from elsewhere, and its errors.
type Visit<'T> =
    { Value: 'T
      Requests: string list
      Errors: string list }

let private browser =
    lazy
        Puppeteer
            .LaunchAsync(
                LaunchOptions(
                    ExecutablePath = (ChartPng.tryBrowser ()).Value,
                    Pipe = true,
                    Args = [| if Environment.IsPrivilegedProcess then "--no-sandbox" |]
                )
            )
            .Result

/// Opens an address in a window of a width, waits until a condition holds, and evaluates an expression.
let visit<'T> width (address: string) condition expression : Visit<'T> =
    backgroundTask {
        let! page = browser.Value.NewPageAsync()
        do! page.SetViewportAsync(ViewPortOptions(Width = width, Height = 900))
        let requests, errors = ConcurrentQueue(), ConcurrentQueue()
        page.Request.Add(fun event -> if event.Request.Url <> address && not (event.Request.Url.StartsWith "data:") then requests.Enqueue event.Request.Url)
        page.PageError.Add(fun event -> errors.Enqueue event.Message)
        let! _ = page.GoToAsync address
        let! _ = page.WaitForExpressionAsync condition
        let! value = page.EvaluateExpressionAsync<'T> expression
        do! page.CloseAsync()
        return { Value = value; Requests = List.ofSeq requests; Errors = List.ofSeq errors }
    }
    |> _.Result
