using System.Runtime.InteropServices;

namespace BoxTeacher.Torch.Interop;

internal enum IndexKind : int
{
    None, Ellipsis, Single, Slice, Bool, Tensor,
}

/// <summary>One index as the C ABI sees it (indexing.cpp, struct Index). The bits of Given: start, stop, step.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeIndex
{
    internal IndexKind Kind;
    internal int Given;
    internal long Start;
    internal long Stop;
    internal long Step;
    internal nint Tensor;
}
