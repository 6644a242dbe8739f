using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module learns. It takes the native tensor over: <c>data</c> becomes empty.</summary>
public class Parameter : torch.Tensor
{
    private static readonly Operator s_detach = new("detach");

    /// <summary>What took this parameter's place when its module moved to another device or type.</summary>
    internal Parameter? Successor { get; set; }

    public Parameter(torch.Tensor data, bool requires_grad = true) : base(Take(data))
        => Error.Check(NativeMethods.bt_set_requires_grad(Handle, requires_grad ? 1 : 0));

    /// <summary>The result of an operation is detached from its history: parameters are leaves.</summary>
    private static nint Take(torch.Tensor data)
    {
        if (NativeMethods.bt_is_leaf(data.Handle) != 0) {
            return data.DecoupleFromNativeHandle();
        }
        using (data) {
            return s_detach.Tensor(data).DecoupleFromNativeHandle();
        }
    }

    /// <summary>This parameter, or the one that replaced it.</summary>
    internal Parameter Current
    {
        get {
            var current = this;
            while (current is { IsInvalid: true, Successor: { } next }) {
                current = next;
            }
            return current;
        }
    }
}
