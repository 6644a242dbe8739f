using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>The numbers of tensors as kernels read and write them.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Where a contiguous float32 tensor of the CPU begins; the caller keeps it alive.</summary>
    public static float* Pointer(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
