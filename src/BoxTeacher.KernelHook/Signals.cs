using System.Diagnostics;
using System.Runtime.InteropServices;

/// <summary>
/// Jupyter's interrupt is a SIGINT, which would end the kernel's host. All threads of the kernel are started with it blocked
/// (env --block-signal=INT in kernel.json); the one here takes it and sends the process a SIGCONT, to which any library may listen by
/// PosixSignalRegistration.
/// </summary>
internal static partial class Signals
{
    // Their numbers in Linux.
    private const int Interrupt = 2, Terminate = 15, Continue = 18;

    /// <summary>Passes interrupts on, and ends the process when the one that started it has ended.</summary>
    public static unsafe void Watch()
    {
        // sigset_t: 1024 bits, the lowest one for signal 1.
        var interrupt = stackalloc ulong[16];
        interrupt[0] = 1UL << (Interrupt - 1);
        // timespec: seconds and nanoseconds.
        var second = stackalloc nint[2] { 1, 0 };
        var parent = ParentId();
        while (ParentId() == parent)
        {
            if (Wait(interrupt, 0, second) == Interrupt)
            {
                _ = Send(Environment.ProcessId, Continue);
            }
        }
        // A training may write its checkpoint first.
        _ = Send(Environment.ProcessId, Terminate);
        Thread.Sleep(TimeSpan.FromSeconds(10));
        Process.GetCurrentProcess().Kill();
    }

    [LibraryImport("libc", EntryPoint = "sigtimedwait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Wait(ulong* signals, nint information, nint* timeout);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ParentId();
}
