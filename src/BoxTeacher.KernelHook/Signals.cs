using System.Diagnostics;
using System.Runtime.InteropServices;

/// <summary>
/// Jupyter's interrupt is a SIGINT, which ends the host of .NET Interactive. The kernel is started with it blocked in all of its threads
/// (env --block-signal=INT); one thread takes it and sends the process a SIGCONT instead, which any library may listen to by
/// PosixSignalRegistration.
/// </summary>
internal static partial class Signals
{
    // Of Linux, on every processor that .NET runs on.
    private const int Interrupt = 2, Terminate = 15, Continue = 18;

    /// <summary>Passes interrupts on; ends the process when the one that started it has ended.</summary>
    public static unsafe void Watch()
    {
        var started = ParentId();
        // sigset_t: a bit per signal, the first one for signal 1; 1024 bits.
        var signals = stackalloc ulong[16];
        signals[0] = 1UL << (Interrupt - 1);
        // timespec: seconds, nanoseconds.
        var second = stackalloc nint[2] { 1, 0 };
        while (ParentId() == started)
        {
            if (WaitForSignal(signals, 0, second) == Interrupt)
            {
                _ = Send(Environment.ProcessId, Continue);
            }
        }
        // In good order, with a checkpoint and without processes left behind; or not.
        _ = Send(Environment.ProcessId, Terminate);
        Thread.Sleep(TimeSpan.FromSeconds(10));
        Process.GetCurrentProcess().Kill();
    }

    [LibraryImport("libc", EntryPoint = "sigtimedwait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int WaitForSignal(ulong* signals, nint information, nint* timeout);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ParentId();
}
