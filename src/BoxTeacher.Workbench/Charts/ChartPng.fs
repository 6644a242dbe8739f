namespace BoxTeacher.Workbench

open System
open System.IO
open System.Threading.Tasks
open Plotly.NET
open PuppeteerSharp

/// Charts as PNG pictures, drawn by plotly.js in a headless Chromium where there is one.
[<RequireQualifiedAccess>]
module ChartPng =

    /// The environment variable that names a Chromium or Chrome; without it the usual places are looked into.
    let variable = "CHROMIUM"

    let private usualPlaces =
        [ "/usr/bin/chromium"
          "/usr/bin/chromium-browser"
          "/usr/bin/google-chrome"
          "/Applications/Chromium.app/Contents/MacOS/Chromium"
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]

    /// The program that draws; None where no browser is.
    let tryBrowser () =
        match Environment.GetEnvironmentVariable variable with
        | null
        | "" -> usualPlaces |> List.tryFind File.Exists
        | named -> Some named

    // Pixels of the picture per pixel of the page.
    let private scale = 2

    let private milliseconds = 20_000

    // Of opening the page, and of drawing: a browser that hangs need not heed the limits that it was given.
    let private patience = TimeSpan.FromSeconds 30.0

    /// A page with plotly.js. Its browser listens to nothing but a pipe from this process, and ends when the pipe does, however that
    /// comes about; closed, it takes its temporary files along.
    let private openPage (browser: string) =
        task {
            let! browser =
                Puppeteer.LaunchAsync(
                    LaunchOptions(
                        ExecutablePath = browser,
                        Pipe = true,
                        Timeout = milliseconds,
                        ProtocolTimeout = milliseconds,
                        // Chromium's sandbox refuses to work for root.
                        Args = [| if Environment.IsPrivilegedProcess then "--no-sandbox" |]
                    )
                )

            AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Task.Run(fun () -> browser.CloseAsync()).Wait milliseconds |> ignore)
            let! page = browser.NewPageAsync()
            do! page.SetOfflineModeAsync true
            let! _ = page.AddScriptTagAsync(AddTagOptions(Content = PlotlyScript.text ()))
            return page
        }

    let private draw (page: IPage) chart =
        task {
            let figure = GenericChart.toFigureJson chart

            let! uri =
                page.EvaluateExpressionAsync<string>
                    $"(figure => Plotly.toImage(figure, {{ format: 'png', scale: {scale}, width: figure.layout.width || {ChartStyle.width} }}))({figure})"

            return Convert.FromBase64String(uri.Substring(uri.IndexOf ',' + 1))
        }

    let private attempt (work: unit -> Task<_>) =
        async {
            try
                let! result = (Task.Factory.StartNew work).Unwrap().WaitAsync patience |> Async.AwaitTask
                return Some result
            with _ ->
                return None
        }

    // One browser for the process, and one chart at a time. A browser that has ended, by an interrupt that reached it too, is started anew.
    let private painter =
        lazy
            MailboxProcessor<GenericChart * AsyncReplyChannel<byte array option>>.Start(fun requests ->
                let rec serve (opened: IPage option) =
                    async {
                        let! chart, reply = requests.Receive()

                        let! page =
                            match opened, tryBrowser () with
                            | Some page, _ when page.Browser.IsConnected && not page.IsClosed -> async.Return opened
                            | _, Some browser -> attempt (fun () -> openPage browser)
                            | _, None -> async.Return None

                        let! picture =
                            match page with
                            | Some page -> attempt (fun () -> draw page chart)
                            | None -> async.Return None

                        reply.Reply picture
                        return! serve page
                    }

                serve None)

    /// A chart as a PNG file's bytes, two pixels per pixel of the page; None where no browser is, or where it cannot draw the chart
    /// within half a minute.
    let tryRender (chart: GenericChart) : byte array option =
        if (tryBrowser ()).IsNone then None else painter.Value.PostAndReply(fun reply -> chart, reply)
