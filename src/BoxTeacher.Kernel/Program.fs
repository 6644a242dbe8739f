/// The process: one argument, Jupyter's connection file.
module internal BoxTeacher.Kernel.Program

open System
open System.IO
open System.Runtime.ExceptionServices
open System.Runtime.InteropServices
open System.Threading

[<DllImport("libc")>]
extern int private getppid()

/// Ends the process when the one that started it is gone: a kernel whose server was killed would stay for ever.
let private followParent () =
    if not (OperatingSystem.IsWindows()) && not (isNull (Environment.GetEnvironmentVariable "JPY_PARENT_PID")) then
        let parent = getppid ()

        let rec watch () =
            Thread.Sleep 2000
            if getppid () = parent then watch () else Environment.Exit 1

        Thread(watch, IsBackground = true, Name = "kernel: parent").Start()

/// An exception on a thread that a cell has started is shown, and the kernel lives on. On the kernel's own threads it
/// is the end.
let private surviveStrayExceptions () =
    ExceptionHandling.SetUnhandledExceptionHandler(fun problem ->
        let own = Thread.CurrentThread.Name |> Option.ofObj |> Option.exists _.StartsWith("kernel: ")

        if not own then
            Console.Error.WriteLine $"Unhandled exception on a background thread: {problem}"

        not own)

let private serve (file: string) =
    // What is said about the kernel itself goes to whoever started it, not into the notebook.
    let log = Console.Error
    let kernel = NotebookKernel(Connection.read file, Environment.CurrentDirectory, log.WriteLine)

    let interrupt (context: PosixSignalContext) =
        context.Cancel <- true
        kernel.Interrupt()

    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, interrupt)
    AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> kernel.Flush())
    surviveStrayExceptions ()
    followParent ()
    kernel.Run()

[<EntryPoint>]
let main arguments =
    match arguments with
    | [| file |] ->
        try
            serve file
            Environment.Exit 0
            0
        with
        | :? IOException
        | :? InvalidDataException
        | :? UnauthorizedAccessException
        | :? Net.Sockets.SocketException as problem ->
            eprintfn "boxteacher-kernel: %s" problem.Message
            1
    | _ ->
        eprintfn "usage: boxteacher-kernel CONNECTION_FILE      (Jupyter calls it; scripts/kernel.sh installs it)"
        2
