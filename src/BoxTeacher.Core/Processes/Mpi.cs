using System.Runtime.InteropServices;

namespace BoxTeacher.Processes;

/// <summary>
/// The functions of MPI 3.1 that are needed, in Open MPI's binary interface: its handles are addresses of exported symbols. Other kinds of
/// MPI have another one. An error within MPI ends the processes (MPI_ERRORS_ARE_FATAL, the default), so that results are not looked at.
/// </summary>
internal static unsafe partial class Mpi
{
    public const string Library = "libmpi.so.40";

    /// <summary>Any thread may call at any time (MPI_THREAD_MULTIPLE).</summary>
    public const int AnyThread = 3;

    /// <summary>The result takes the place of what is sent (MPI_IN_PLACE).</summary>
    public const nint InPlace = 1;

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Start(nint argc, nint argv, int wanted, out int provided);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void End();

    [LibraryImport(Library, EntryPoint = "MPI_Abort")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Abort(nint communicator, int code);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Rank(nint communicator, out int rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Size(nint communicator, out int size);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Duplicate(nint communicator, out nint own);

    [LibraryImport(Library, EntryPoint = "MPI_Allreduce")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void AllReduce(nint send, void* receive, int count, nint type, nint operation, nint communicator);

    [LibraryImport(Library, EntryPoint = "MPI_Iallreduce")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void BeginAllReduce(
        nint send, void* receive, int count, nint type, nint operation, nint communicator, out nint request);

    [LibraryImport(Library, EntryPoint = "MPI_Test")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Test(ref nint request, out int isDone, nint status);

    [LibraryImport(Library, EntryPoint = "MPI_Bcast")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Broadcast(void* bytes, int count, nint type, int root, nint communicator);

    /// <summary>Lets other threads have the core for a while.</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Sleep(uint microseconds);

    /// <summary>The address of a symbol, which is what Open MPI's handles are.</summary>
    public static nint Handle(string name) => NativeLibrary.GetExport(Loaded(), name);

    /// <summary>The library.</summary>
    /// <exception cref="IOException">It is not there, or of another MPI.</exception>
    private static nint Loaded() => NativeLibrary.TryLoad(Library, typeof(Mpi).Assembly, null, out var library)
        ? library
        : throw new IOException(
            $"{Library}: this process was started with others to train together, and Open MPI's library is not there (Debian: libopenmpi3)");
}
