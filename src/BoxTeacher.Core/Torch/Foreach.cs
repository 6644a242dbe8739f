using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// One operation on many tensors: what optimizers and teachers do to all weights. Nothing is recorded for backward. Lists
/// that belong together have equal lengths, and tensors of one place equal sizes. On our own provider each is one call of
/// libtorch; on another, a loop.
/// </summary>
public static partial class Foreach
{
    /// <summary>target += alpha * other.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static void add_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, double alpha = 1)
    {
        Check(targets, others);
        var done = false;
        AddAtOnce(targets, others, alpha, ref done);
        Each(done, targets, k => targets[k].add_(others[k], alpha));
    }

    /// <summary>target *= other.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static void mul_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        Check(targets, others);
        var done = false;
        MulAtOnce(targets, others, ref done);
        Each(done, targets, k => targets[k].mul_(others[k]));
    }

    /// <summary>target *= value.</summary>
    public static void mul_(IReadOnlyList<Tensor> targets, double value)
    {
        var done = false;
        MulAtOnce(targets, value, ref done);
        Each(done, targets, k => targets[k].mul_(value));
    }

    /// <summary>target = 0.</summary>
    public static void zero_(IReadOnlyList<Tensor> targets)
    {
        var done = false;
        ZeroAtOnce(targets, ref done);
        Each(done, targets, k => targets[k].fill_(0));
    }

    /// <summary>target = other, element type and device converted.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static void copy_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        Check(targets, others);
        Each(false, targets, k => targets[k].copy_(others[k]));
    }

    /// <summary>
    /// The exponential moving average of a teacher: target = momentum * target + (1 - momentum) * source. Float tensors on
    /// the CPU are read and written once.
    /// </summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static void ema_(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources, double momentum)
    {
        Check(targets, sources);
        var done = false;
        EmaAtOnce(targets, sources, momentum, ref done);
        Each(done, targets, k => {
            using var source = sources[k].to(targets[k].dtype, targets[k].device);
            targets[k].mul_(momentum).add_(source, 1 - momentum);
        });
    }

    /// <summary>The norm of each tensor, a scalar tensor each.</summary>
    public static Tensor[] norm(IReadOnlyList<Tensor> tensors, double p = 2)
    {
        using var guard = no_grad();
        return [.. tensors.Select(t => linalg.vector_norm(t, p))];
    }

    private static void Each(bool done, IReadOnlyList<Tensor> targets, Action<int> body)
    {
        if (done) {
            return;
        }
        using var guard = no_grad();
        for (var k = 0; k < targets.Count; k++) {
            body(k);
        }
    }

    private static void Check(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others)
    {
        if (targets.Count != others.Count) {
            throw new ArgumentException($"{targets.Count} targets and {others.Count} others");
        }
    }

    // A provider that can do all tensors in one call does so and sets `done`; without an implementation the call vanishes.
    static partial void AddAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, double alpha, ref bool done);
    static partial void MulAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> others, ref bool done);
    static partial void MulAtOnce(IReadOnlyList<Tensor> targets, double value, ref bool done);
    static partial void ZeroAtOnce(IReadOnlyList<Tensor> targets, ref bool done);
    static partial void EmaAtOnce(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources, double momentum, ref bool done);
}
