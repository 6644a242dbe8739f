using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

internal static class Handles
{
    /// <summary>A fresh object on the same native tensor.</summary>
    internal static Tensor Share(this Tensor t) => new(NativeMethods.bt_retain(t.Handle));
}
