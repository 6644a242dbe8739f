using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BoxTeacher.Kernels;

/// <summary>Loops on the threads of libtorch's own operators: a second pool beside them would wait for theirs to stop spinning.</summary>
internal static unsafe partial class TorchParallel
{
    /// <summary>The items from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public delegate void Range(long first, long end);

    /// <summary>Does all of <paramref name="count"/> items, in ranges on the threads of the calling thread's setting.</summary>
    /// <param name="count">Items, from 0 on.</param>
    /// <param name="grain">The fewest items that are worth a thread, at least 1.</param>
    /// <param name="body">Must not raise.</param>
    public static void For(long count, long grain, Range body)
    {
        if (count <= grain)
        {
            body(0, count);
            return;
        }

        var work = GCHandle.Alloc(body);
        _ = ParallelFor(0, count, grain, &Run, GCHandle.ToIntPtr(work));
        work.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(long first, long end, nint work) => ((Range)GCHandle.FromIntPtr(work).Target!)(first, end);

    // Part of libtorch's stable C interface (torch/csrc/stable/c/shim.h).
    [LibraryImport("torch_cpu", EntryPoint = "torch_parallel_for")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ParallelFor(
        long begin, long end, long grain, delegate* unmanaged[Cdecl]<long, long, nint, void> body, nint context);
}
