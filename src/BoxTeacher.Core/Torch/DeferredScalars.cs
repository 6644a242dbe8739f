using System.Runtime.InteropServices;

namespace BoxTeacher.Torch;

/// <summary>
/// Keeps the native half of numbers alive while an operation may still read it. TorchSharp makes a Scalar for every number in an expression
/// (<c>x + 1.5</c>, and the hidden factor of <c>x + y</c>), nothing refers to it during the native call, and so the finalizer may free it
/// before it is read: an operation then fails at random with "Expected false to be true", or reads another number
/// (dotnet/TorchSharp, pull request 1496). Here what TorchSharp frees is freed a second later.
/// </summary>
internal static unsafe partial class DeferredScalars
{
    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4; // PROT_READ, PROT_WRITE, PROT_EXEC

    private const int Milliseconds = 1000;

    private static readonly Queue<(nint Scalar, long Released)> Waiting = new();

    /// <summary>
    /// Leads the function of TorchSharp's library that frees a Scalar to <see cref="Release"/>, by a jump at its beginning. On Linux and
    /// x64
    /// only; where the system forbids it, everything stays as it was.
    /// </summary>
    /// <param name="binding">The loaded library.</param>
    /// <returns>Whether it is done.</returns>
    public static bool Install(nint binding)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !NativeLibrary.TryGetExport(binding, "THSTorch_dispose_scalar", out var function))
        {
            return false;
        }
        delegate* unmanaged<nint, void> release = &Release;
        ReadOnlySpan<byte> jump = [0x48, 0xB8, .. BitConverter.GetBytes((long)release), 0xFF, 0xE0]; // mov rax, release; jmp rax
        var page = function - function % Environment.SystemPageSize;
        var length = function + jump.Length - page;
        if (Protect(page, length, ReadWrite) != 0)
        {
            return false;
        }
        jump.CopyTo(new Span<byte>((void*)function, jump.Length));
        return Protect(page, length, ReadExecute) == 0;
    }

    [UnmanagedCallersOnly]
    private static void Release(nint scalar)
    {
        lock (Waiting)
        {
            var now = Environment.TickCount64;
            Waiting.Enqueue((scalar, now));
            while (now - Waiting.Peek().Released > Milliseconds)
            {
                NativeMemory.Free((void*)Waiting.Dequeue().Scalar);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(nint address, nint length, int protection);
}
