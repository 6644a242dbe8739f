// A live notebook as a person sees and uses it: Debian's Jupyter in a headless Chromium. Screenshots go to artifacts/notebook.
//   scripts/notebooks.sh live
#I "../../artifacts/bin/BoxTeacher.Workbench/release"
#r "Microsoft.Extensions.Logging.Abstractions.dll"
#r "PuppeteerSharp.dll"

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open System.Text.RegularExpressions
open PuppeteerSharp

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let folder = Path.Combine(root, "artifacts", "notebooks", "live")
let pictures = Path.Combine(root, "artifacts", "notebook")
let token = Guid.NewGuid().ToString "N"
let patience = 120_000

let demand condition (message: string) = if not condition then failwith message

// A server of its own, and the notebook in a folder of its own, since Jupyter saves what it shows.

if Directory.Exists folder then Directory.Delete(folder, true)
for created in [ folder; pictures ] do Directory.CreateDirectory created |> ignore
File.Copy(Path.Combine(__SOURCE_DIRECTORY__, "live.ipynb"), Path.Combine(folder, "live.ipynb"))

let port =
    use listener = new TcpListener(IPAddress.Loopback, 0)
    listener.Start()
    (listener.LocalEndpoint :?> IPEndPoint).Port

let jupyter (arguments: string list) = Process.Start(ProcessStartInfo("jupyter", arguments, WorkingDirectory = folder))

let server =
    jupyter
        [ "notebook"; "--allow-root"; "--no-browser"; "--log-level=ERROR"; "--ip=127.0.0.1"; $"--port={port}"; "--NotebookApp.port_retries=0"
          $"--NotebookApp.token={token}"; $"--NotebookApp.notebook_dir={folder}" ]

let address = $"http://127.0.0.1:{port}"

let browser =
    let options = LaunchOptions(ExecutablePath = "/usr/bin/chromium", Args = [| "--no-sandbox"; "--disable-gpu" |])
    (Puppeteer.LaunchAsync options).Result

/// A page whose requests are heard.
let newPage (heard: string -> unit) =
    let page = (browser.NewPageAsync()).Result
    page.DefaultTimeout <- patience
    page.SetViewportAsync(ViewPortOptions(Width = 1100, Height = 1000)).Wait()
    page.Request.Add(fun request -> heard request.Request.Url)
    page

let requested = Collections.Concurrent.ConcurrentQueue<string>()
let page = newPage requested.Enqueue

let evaluate<'T> (script: string) (arguments: obj list) = page.EvaluateFunctionAsync<'T>(script, Array.ofList arguments).Result
let wait (script: string) (arguments: obj list) =
    page.WaitForFunctionAsync(script, WaitForFunctionOptions(Timeout = Nullable patience), Array.ofList arguments).Wait()

let cell = "const cell = document.querySelectorAll('.code_cell')[index]; const output = cell.querySelector('.output');"
let text index = evaluate<string> $"index => {{ {cell} return output.innerText }}" [ index ]
let shows index (pattern: string) = wait $"(index, pattern) => {{ {cell} return new RegExp(pattern).test(output.innerText) }}" [ index; pattern ]
let picture name = page.ScreenshotAsync(Path.Combine(pictures, $"{name}.png")).Wait()
let scroll index = evaluate<obj> $"index => {{ {cell} cell.scrollIntoView({{ block: 'end' }}) }}" [ index ] |> ignore

/// Waits until no cell runs. The kernel's state and the answer to a cell come by different ways, in any order.
let idle () =
    wait "() => Jupyter.notebook.kernel?.is_connected() && !Jupyter.notebook.kernel_busy && !document.querySelector('.code_cell.running')" []

/// Starts a code cell and returns without waiting for its end.
let start (index: int) =
    evaluate<obj>
        "index => {
            const cell = Jupyter.notebook.get_cells().filter(c => c.cell_type === 'code')[index]
            Jupyter.notebook.select(Jupyter.notebook.find_cell_index(cell))
            Jupyter.notebook.scroll_to_cell(Jupyter.notebook.find_cell_index(cell))
            cell.execute()
        }"
        [ index ]
    |> ignore

let run index =
    start index
    idle ()

let step () = Regex.Match(text 3, @"(\d+)/400").Groups[1].Value |> int
/// What plotly.js has drawn of a cell's chart.
let drawn index = evaluate<string> $"index => {{ {cell} return output.querySelector('.js-plotly-plot .main-svg')?.innerHTML }}" [ index ]
let waitDrawn index = wait $"index => {{ {cell} return output.querySelector('.js-plotly-plot .main-svg') }}" [ index ]
let waitStep beyond = wait $"(index, beyond) => {{ {cell} return Number(/(\\d+)\\/400/.exec(output.innerText)?.[1]) > beyond }}" [ 3; beyond ]

let drive () =
    page.GoToAsync($"{address}/notebooks/live.ipynb?token={token}").Wait()
    wait "() => globalThis.Jupyter?.notebook?.kernel?.is_connected()" []
    idle ()
    run 0
    run 1

    run 2
    waitDrawn 2
    demand ((evaluate<string> "() => Plotly.version" []).StartsWith "2.") "another plotly.js"
    demand (requested |> Seq.exists _.Contains("plotly.min.js")) "plotly.js came from nowhere"
    let elsewhere = requested |> Seq.filter (fun url -> url.StartsWith "http" && not (url.StartsWith address)) |> List.ofSeq
    demand elsewhere.IsEmpty $"the page asked for %A{elsewhere}"
    picture "chart"
    printfn "plotly.js drew a chart, from the notebook server alone"

    start 3
    waitStep 10
    waitDrawn 3
    let first, curve = step (), drawn 3
    waitStep (first + 5)
    demand (evaluate<bool> "() => Jupyter.notebook.kernel_busy" []) "the progress changed only when the cell had ended"
    demand (drawn 3 <> curve) "the loss curve was not drawn anew"
    scroll 3
    picture "training"
    printfn "progress and loss curve changed while the cell trained"

    page.ClickAsync("#run_int button[data-jupyter-action='jupyter-notebook:interrupt-kernel']").Wait()
    shows 3 "stopped, with a checkpoint"
    idle ()
    let stopped = step ()
    demand (stopped < 400) "the training was at its end"
    scroll 3
    picture "training-stopped"
    printfn $"the training ended after step {stopped}, with a checkpoint"

    start 3
    waitStep (max stopped 250)
    scroll 3
    picture "training-resumed"
    shows 3 "done in"
    idle ()
    run 4
    shows 4 "time a run"
    scroll 4
    picture "training-finished"
    printfn "the same cell went on from there and ended; its table is shown"

    evaluate<obj> "() => new Promise(ready => { Jupyter.notebook.events.one('kernel_ready.Kernel', () => ready()); Jupyter.notebook.kernel.restart() })" []
    |> ignore
    run 0
    wait "() => document.querySelector('.code_cell .input_prompt').innerText.trim() === 'In\\u00a0[1]:'" []
    printfn "the kernel was restarted"

    evaluate<obj> "() => Jupyter.notebook.save_notebook()" [] |> ignore

/// A saved notebook that somebody else opens: its scripts do not run.
let untrusted () =
    let saved = File.ReadAllText(Path.Combine(folder, "live.ipynb"))
    File.WriteAllText(Path.Combine(folder, "untrusted.ipynb"), saved.Replace("Driven by", "Once driven by"))
    page.GoToAsync($"{address}/notebooks/untrusted.ipynb?token={token}").Wait()
    wait "() => globalThis.Jupyter?.notebook?.kernel?.is_connected()" []
    wait "() => document.querySelector('.output img[src^=\"data:image/png\"]')?.naturalWidth > 100" []
    demand (isNull (drawn 2)) "an untrusted notebook ran a script"
    scroll 2
    picture "untrusted"
    printfn "an untrusted notebook shows its charts as pictures"

/// A saved notebook as a page of its own.
let exported () =
    use export = jupyter [ "nbconvert"; "--to"; "html"; "--template"; "boxteacher"; "--log-level"; "ERROR"; "live.ipynb" ]
    export.WaitForExit()
    let alone = newPage ignore
    alone.SetOfflineModeAsync(true).Wait()
    alone.GoToAsync($"file://{folder}/live.html", WaitUntilNavigation.DOMContentLoaded).Wait()
    alone.WaitForFunctionAsync("() => document.querySelectorAll('.js-plotly-plot .main-svg').length > 1").Wait()
    alone.ScreenshotAsync(Path.Combine(pictures, "exported.png"), ScreenshotOptions(FullPage = true)).Wait()
    printfn "an exported page draws its charts by itself"

let result =
    try
        // The server may not listen yet.
        let rec reach attempts =
            try
                use client = new TcpClient("127.0.0.1", port)
                ()
            with :? SocketException when attempts > 0 && not server.HasExited ->
                Threading.Thread.Sleep 200
                reach (attempts - 1)

        reach 150
        drive ()
        untrusted ()
        exported ()
        0
    with error ->
        picture "failed"
        eprintfn "%s" (error.GetBaseException().Message)
        1

browser.CloseAsync().Wait()
server.Kill(entireProcessTree = true)
exit result
