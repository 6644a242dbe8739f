namespace BoxTeacher.Kernel

open System
open System.Runtime.InteropServices
open System.Text
open System.Threading

/// The parts of the C library that capture what native code prints.
module private Libc =

    [<Struct; StructLayout(LayoutKind.Sequential)>]
    type Pollfd =
        val mutable Descriptor: int
        val mutable Events: int16
        val mutable Returned: int16

    [<DllImport("libc", SetLastError = true)>]
    extern int pipe(int[] descriptors)

    [<DllImport("libc", SetLastError = true)>]
    extern int dup2(int source, int target)

    [<DllImport("libc", SetLastError = true)>]
    extern int poll(Pollfd& descriptors, unativeint count, int timeout)

    [<DllImport("libc", SetLastError = true)>]
    extern nativeint read(int descriptor, byte[] buffer, unativeint count)

    [<DllImport("libc")>]
    extern int fflush(nativeint file)

    [<DllImport("libc")>]
    extern int setvbuf(nativeint file, nativeint buffer, int mode, unativeint size)

/// Captures the C-level standard output: `printf` of native libraries and the output of child processes bypass the
/// console of .NET. The descriptor is replaced by a pipe that a thread reads. Standard error stays as it is, because
/// the messages of a crash must not end in a pipe that nobody reads any more.
type internal NativeOutput private (descriptor: int, file: nativeint, write: string -> unit) =
    let gate = obj ()
    let buffer = Array.zeroCreate<byte> 65536
    let decoder = Encoding.UTF8.GetDecoder()
    let readable = 1s

    let poll timeout =
        let mutable entry = Libc.Pollfd(Descriptor = descriptor, Events = readable)
        Libc.poll (&entry, 1un, timeout) > 0 && entry.Returned &&& readable <> 0s

    // Under the lock: whoever holds it and finds the pipe empty knows that all earlier bytes have been handed on.
    let pump () =
        lock gate (fun () ->
            while poll 0 do
                let count = int (Libc.read (descriptor, buffer, unativeint buffer.Length))
                let characters = Array.zeroCreate<char> (decoder.GetCharCount(buffer, 0, max 0 count))
                let length = decoder.GetChars(buffer, 0, max 0 count, characters, 0)
                write (String(characters, 0, length)))

    let rec watch () =
        poll -1 |> ignore
        pump ()
        watch ()

    do Thread(watch, IsBackground = true, Name = "kernel: native output").Start()

    /// Brings everything printed so far into the notebook.
    member _.Drain() =
        if file <> 0n then
            Libc.fflush file |> ignore

        pump ()

    /// <summary>Replaces the standard output of the process; nothing on systems without POSIX descriptors.</summary>
    /// <param name="write">Takes the captured text.</param>
    static member Start(write: string -> unit) =
        if OperatingSystem.IsWindows() then
            None
        else
            let ends = [| 0; 0 |]

            if Libc.pipe ends <> 0 || Libc.dup2 (ends[1], 1) < 0 then
                None
            else
                let symbol = if OperatingSystem.IsMacOS() then "__stdoutp" else "stdout"

                let file =
                    match NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), symbol) with
                    | true, address -> Marshal.ReadIntPtr address
                    | _ -> 0n

                // A pipe is buffered in blocks by default; by lines, output appears while the native code runs.
                let byLines = 1

                if file <> 0n then
                    Libc.setvbuf (file, 0n, byLines, 0un) |> ignore

                Some(NativeOutput(ends[0], file, write))
