using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace BoxTeacher.Processes;

/// <summary>
/// Sums of CUDA tensors by NCCL 2, one GPU per process, on the default stream, behind what computes the tensors. Written after NCCL's
/// documentation; it has never run: no machine with two GPUs was at hand.
/// </summary>
internal sealed unsafe partial class NcclGroup : IDisposable
{
    private const string Library = "libnccl.so.2";
    private const int IdLength = 128, Float32 = 7, Float64 = 8, Add = 0; // NCCL_UNIQUE_ID_BYTES, ncclFloat32, ncclFloat64, ncclSum

    private readonly nint _communicator;

    private NcclGroup(nint communicator) => _communicator = communicator;

    /// <summary>A group over the GPUs of some processes; null where a process has no NCCL.</summary>
    /// <exception cref="IOException">NCCL refuses, for instance since two processes have one GPU.</exception>
    public static NcclGroup? Join(IProcessGroup processes)
    {
        if (processes.Any(!NativeLibrary.TryLoad(Library, typeof(NcclGroup).Assembly, null, out _)))
        {
            return null;
        }

        var id = default(Id);
        if (processes.IsFirst())
        {
            Check(GetUniqueId(out id));
        }

        processes.Broadcast(new Span<byte>(&id, IdLength), 0);
        // A process sees its own GPU alone (Launch.ChooseGpu), which therefore is the current one.
        Check(InitRank(out var communicator, processes.Size, id, processes.Rank));
        return new NcclGroup(communicator);
    }

    /// <summary>Adds a contiguous tensor over the processes, in place.</summary>
    public void Sum(Tensor values)
    {
        if (DataPointer(values.Handle, out var address) != 0)
        {
            throw new InvalidOperationException("The tensor has no memory.");
        }

        Check(AllReduce(
            address, address, (nuint)values.numel(), values.dtype == ScalarType.Float64 ? Float64 : Float32, Add, _communicator, 0));
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Destroy(_communicator);

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new IOException($"{Library}: {Marshal.PtrToStringUTF8(ErrorText(result))}; each process needs a GPU of its own");
        }
    }

    [LibraryImport(Library, EntryPoint = "ncclGetUniqueId")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetUniqueId(out Id id);

    [LibraryImport(Library, EntryPoint = "ncclCommInitRank")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int InitRank(out nint communicator, int size, Id id, int rank);

    [LibraryImport(Library, EntryPoint = "ncclAllReduce")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AllReduce(nint send, nint receive, nuint count, int type, int operation, nint communicator, nint stream);

    [LibraryImport(Library, EntryPoint = "ncclCommDestroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Destroy(nint communicator);

    [LibraryImport(Library, EntryPoint = "ncclGetErrorString")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ErrorText(int result);

    // Of libtorch's stable C interface; loaded with torch.
    [LibraryImport("torch_cpu", EntryPoint = "aoti_torch_get_data_ptr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DataPointer(nint tensor, out nint address);

    /// <summary>ncclUniqueId.</summary>
    private struct Id
    {
        public fixed byte Bytes[IdLength];
    }
}
