// Measures the kernel: start to first result, cells, interruption, output, memory.
//   dotnet fsi tests/notebook/measure.fsx [path of boxteacher-kernel.dll] [rounds]
// Exits with 1 when the median start takes longer than the limit of 3 s. Run it on a quiet machine.
#load "../BoxTeacher.Kernel.Tests/Client.fs"

open System
open System.Diagnostics
open System.IO
open System.Threading
open BoxTeacher.Kernel.Tests.Client

let startLimit = 3.0
let built = Path.Combine(__SOURCE_DIRECTORY__, "../../artifacts/bin/BoxTeacher.Kernel/release/boxteacher-kernel.dll")
let arguments = fsi.CommandLineArgs |> Array.skip 1
let program = arguments |> Array.tryItem 0 |> Option.defaultValue built |> Path.GetFullPath
let rounds = arguments |> Array.tryItem 1 |> Option.map int |> Option.defaultValue 5

let timed (work: unit -> 'T) =
    let clock = Stopwatch.StartNew()
    let result = work ()
    result, clock.Elapsed.TotalSeconds

let median (values: float list) = (List.sort values)[values.Length / 2]

let megabytes (kernel: KernelProcess) =
    kernel.Process.Refresh()
    float kernel.Process.WorkingSet64 / 1e6

let firstResult () =
    let (kernel: KernelProcess, client: Client), seconds =
        timed (fun () ->
            let kernel = new KernelProcess(program)
            let client = kernel.Connect()

            if (client.Run "1 + 1").Form "text/plain" <> Some "2" then
                failwith "The first cell did not give its result."

            kernel, client)

    let processor = kernel.Process.TotalProcessorTime.TotalSeconds
    (client :> IDisposable).Dispose()
    (kernel :> IDisposable).Dispose()
    seconds, processor

let starts, processor = List.init rounds (fun _ -> firstResult ()) |> List.unzip
printfn "start to first result    median %.2f s, best %.2f s, worst %.2f s of %d" (median starts) (List.min starts) (List.max starts) rounds
printfn "its processor time       median %.2f s" (median processor)

let kernel = new KernelProcess(program)
let client = kernel.Connect()
client.Run "1 + 1" |> ignore
printfn "memory after first cell  %.0f MB" (megabytes kernel)

let _, hundred = timed (fun () -> for i in 1..100 do client.Run $"let value{i} = {i} * 2\nvalue{i}" |> ignore)
printfn "100 small cells          %.2f s; memory %.0f MB" hundred (megabytes kernel)

let _, lines = timed (fun () -> client.Run "for i in 1 .. 200_000 do Console.WriteLine i")
printfn "200,000 printed lines    %.2f s" lines

let _, html = timed (fun () -> client.Run "HTML(String('y', 5_000_000))")
printfn "5 MB of HTML             %.2f s; memory %.0f MB" html (megabytes kernel)

let _, completion = timed (fun () -> client.Ask("complete", dict [ ("code", box "List.ma"); ("cursor_pos", 7) ]))
let _, warm = timed (fun () -> client.Ask("complete", dict [ ("code", box "List.so"); ("cursor_pos", 7) ]))
printfn "completion               first %.0f ms, then %.0f ms" (1000.0 * completion) (1000.0 * warm)

let interrupted (code: string) =
    let id = client.Start("printfn \"ready\"\n" + code)
    client.OutputsUntil(id, fun o -> o.Kind = "stream") |> ignore
    Thread.Sleep 200

    timed (fun () ->
        client.Command("interrupt", dict []) |> ignore
        client.Finish id)
    |> snd

printfn "interrupt of a loop      %.2f s" (interrupted "let mutable n = 0L\nwhile true do n <- n + 1L")
printfn "interrupt of a wait      %.2f s" (interrupted "Threading.Thread.Sleep 60_000")

let _, ending =
    timed (fun () ->
        client.Command("shutdown", dict [ ("restart", false) ]) |> ignore
        kernel.Process.WaitForExit())

printfn "shutdown                 %.2f s" ending
(kernel :> IDisposable).Dispose()
exit (if median starts <= startLimit then 0 else 1)
