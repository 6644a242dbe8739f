using System;
using System.Collections.Generic;
using BoxTeacher.Torch.Interop;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <content>All tensors in one call of libtorch.</content>
public static unsafe partial class Foreach
{
    private static readonly Operator s_add = new("_foreach_add_", "List");
    private static readonly Operator s_mul = new("_foreach_mul_", "List");
    private static readonly Operator s_mulScalar = new("_foreach_mul_", "Scalar");
    private static readonly Operator s_zero = new("_foreach_zero_");

    private static bool Run(Operator op, IReadOnlyList<Tensor> targets, params ReadOnlySpan<Value> rest)
    {
        if (targets.Count > 0) {
            using var guard = no_grad();
            op.Void([(Tensor[])[.. targets], .. rest]);
        }
        return true;
    }

    static partial void AddAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, double alpha, ref bool done)
        => done = Run(s_add, targets, (Tensor[])[.. others], alpha);

    static partial void MulAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, ref bool done)
        => done = Run(s_mul, targets, (Tensor[])[.. others]);

    static partial void MulAtOnce(IReadOnlyList<Tensor> targets, double value, ref bool done) => done = Run(s_mulScalar, targets, value);

    static partial void ZeroAtOnce(IReadOnlyList<Tensor> targets, ref bool done) => done = Run(s_zero, targets);

    static partial void EmaAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources, double momentum, ref bool done)
    {
        var (t, s) = (autograd.Handles(targets), autograd.Handles(sources));
        fixed (nint* pt = t, ps = s) {
            done = Error.Check(NativeMethods.bt_ema(pt, ps, t.Length, momentum)) != 0;
        }
        GC.KeepAlive(targets);
        GC.KeepAlive(sources);
    }
}
