using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>Gradients of leaves.</summary>
internal static unsafe class Gradients
{
    /// <summary>The gradient, or null: none.</summary>
    internal static Tensor? Get(Tensor t)
    {
        var handle = NativeMethods.bt_grad(t.Handle);
        return handle == 0 ? null : new Tensor(handle);
    }

    internal static bool Exists(Tensor t)
    {
        var handle = NativeMethods.bt_grad(t.Handle);
        if (handle != 0) {
            NativeMethods.bt_release(handle);
        }
        return handle != 0;
    }

    internal static void Set(Tensor t, Tensor? grad) => Error.Check(NativeMethods.bt_set_grad(t.Handle, grad is null ? 0 : grad.Handle));

    /// <summary>Drops a gradient, or fills it with zeros.</summary>
    internal static void Clear(Tensor t, bool toNone)
    {
        if (toNone) {
            Set(t, null);
        } else {
            var handle = t.Handle;
            Error.Check(NativeMethods.bt_zero_grads(&handle, 1));
        }
    }
}
