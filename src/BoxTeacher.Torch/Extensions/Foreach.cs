using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// One operation on many tensors in one call: what optimizers and teachers do to all weights. Nothing is recorded for
/// backward. Lists that belong together have equal lengths, and tensors of one place equal sizes.
/// </summary>
public static unsafe class Foreach
{
    private static readonly Operator s_add = new("_foreach_add_", "List");
    private static readonly Operator s_addScalar = new("_foreach_add_", "Scalar");
    private static readonly Operator s_mul = new("_foreach_mul_", "List");
    private static readonly Operator s_mulScalar = new("_foreach_mul_", "Scalar");
    private static readonly Operator s_zero = new("_foreach_zero_");
    private static readonly Operator s_norm = new("_foreach_norm", "Scalar");

    /// <summary>target += alpha * other.</summary>
    public static void add_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, double alpha = 1)
    {
        Check(targets, others);
        Run(targets, list => s_add.Void(list, others.ToArray(), alpha));
    }

    /// <summary>target += value.</summary>
    public static void add_(IReadOnlyList<Tensor> targets, double value) => Run(targets, list => s_addScalar.Void(list, value));

    /// <summary>target *= other.</summary>
    public static void mul_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        Check(targets, others);
        Run(targets, list => s_mul.Void(list, others.ToArray()));
    }

    /// <summary>target *= value.</summary>
    public static void mul_(IReadOnlyList<Tensor> targets, double value) => Run(targets, list => s_mulScalar.Void(list, value));

    /// <summary>target = 0.</summary>
    public static void zero_(IReadOnlyList<Tensor> targets) => Run(targets, list => s_zero.Void(list));

    /// <summary>target = other, element type and device converted.</summary>
    public static void copy_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        Check(targets, others);
        using var guard = no_grad();
        for (var k = 0; k < targets.Count; k++) {
            targets[k].copy_(others[k]);
        }
    }

    /// <summary>
    /// The exponential moving average of a teacher: target = momentum * target + (1 - momentum) * source. Float tensors on
    /// the CPU are read and written once.
    /// </summary>
    public static void ema_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources, double momentum)
    {
        Check(targets, sources);
        if (targets.Count == 0) {
            return;
        }
        var (t, s) = (autograd.Handles(targets), autograd.Handles(sources));
        fixed (nint* pt = t, ps = s) {
            var done = Error.Check(NativeMethods.bt_ema(pt, ps, t.Length, momentum));
            GC.KeepAlive(targets);
            GC.KeepAlive(sources);
            if (done != 0) {
                return;
            }
        }
        using var guard = no_grad();
        for (var k = 0; k < targets.Count; k++) {
            using var source = sources[k].to(targets[k]);
            targets[k].mul_(momentum).add_(source, 1 - momentum);
        }
    }

    /// <summary>The norm of each tensor, a scalar tensor each.</summary>
    public static Tensor[] norm(IReadOnlyList<Tensor> tensors, double p = 2)
    {
        using var guard = no_grad();
        return tensors.Count == 0 ? [] : s_norm.List(tensors.ToArray(), p);
    }

    private static void Run(IReadOnlyList<Tensor> targets, Action<Tensor[]> body)
    {
        if (targets.Count == 0) {
            return;
        }
        using var guard = no_grad();
        body([.. targets]);
    }

    private static void Check(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        if (targets.Count != others.Count) {
            throw new ArgumentException($"{targets.Count} targets and {others.Count} others");
        }
    }
}
