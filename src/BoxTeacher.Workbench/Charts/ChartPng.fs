namespace BoxTeacher.Workbench

open System
open System.IO
open Plotly.NET
open PuppeteerSharp

/// Charts as PNG pictures, drawn by plotly.js in a headless Chromium where there is one.
[<RequireQualifiedAccess>]
module ChartPng =

    /// The environment variable that names a Chromium or Chrome; otherwise the usual places are looked into.
    let variable = "CHROMIUM"

    let private usualPlaces =
        [ "/usr/bin/chromium"
          "/usr/bin/chromium-browser"
          "/usr/bin/google-chrome"
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
          "/Applications/Chromium.app/Contents/MacOS/Chromium" ]

    let private browser () =
        match Environment.GetEnvironmentVariable variable with
        | null
        | "" -> usualPlaces |> List.tryFind File.Exists
        | named -> Some named

    let private milliseconds = 20_000

    // Chromium talks to us over a pipe and ends when the pipe does, however this process ends.
    let private start executable =
        task {
            let options =
                LaunchOptions(
                    ExecutablePath = executable,
                    Pipe = true,
                    Timeout = milliseconds,
                    ProtocolTimeout = milliseconds,
                    // Chromium's sandbox does not work for root. What runs in it is plotly.js alone.
                    Args = [| if Environment.IsPrivilegedProcess then "--no-sandbox" |]
                )

            let! browser = Puppeteer.LaunchAsync options
            let! page = browser.NewPageAsync()
            do! page.SetOfflineModeAsync true
            let! _ = page.AddScriptTagAsync(AddTagOptions(Content = PlotlyScript.text ()))
            return page
        }

    /// Finer than the screen, in pixels per pixel of the page.
    let private scale = 2

    let private draw (page: IPage) chart =
        task {
            let figure = GenericChart.toFigureJson chart

            let! uri =
                page.EvaluateExpressionAsync<string>
                    $"(figure => Plotly.toImage(figure, {{ format: 'png', scale: {scale}, width: figure.layout.width || {ChartStyle.width} }}))({figure})"

            return Convert.FromBase64String(uri.Substring(uri.IndexOf ',' + 1))
        }

    // One browser for the whole process, one chart at a time. A browser that went away (an interrupt reaches it too) is started anew.
    let private studio =
        lazy
            MailboxProcessor<GenericChart * AsyncReplyChannel<byte array option>>.Start(fun requests ->
                let rec serve (page: IPage option) =
                    async {
                        let! chart, reply = requests.Receive()

                        let! page, picture =
                            async {
                                try
                                    let! page =
                                        match page, browser () with
                                        | Some page, _ when not page.IsClosed && page.Browser.IsConnected -> async.Return page
                                        | _, Some executable -> start executable |> Async.AwaitTask
                                        | _, None -> raise (FileNotFoundException())

                                    try
                                        let! picture = draw page chart |> Async.AwaitTask
                                        return Some page, Some picture
                                    with _ ->
                                        return Some page, None
                                with _ ->
                                    return None, None
                            }

                        reply.Reply picture
                        return! serve page
                    }

                serve None)

    /// A chart as a PNG file's bytes; None where no browser is, or where it does not draw the chart.
    let tryRender (chart: GenericChart) : byte array option =
        if (browser ()).IsSome then studio.Value.PostAndReply(fun reply -> chart, reply) else None
