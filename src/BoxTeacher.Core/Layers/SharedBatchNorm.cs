using BoxTeacher.Processes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Batch normalization over the images of all processes: y = (x - mean) / sqrt(var + eps) * weight + bias with mean and variance over the
/// whole batch, and running statistics that move by these, the same in all processes. Forward and backward pass add 2C + 1 numbers each.
/// Published code normalizes by each process's own images.
/// </summary>
/// <remarks>
/// A norm keeps its class: hooks let it run in inference mode, where it moves nothing, and put the shared result in the place of its own.
/// The backward pass waits for the other processes, which all have to come to it. A norm that one process's losses do not depend on is
/// part of them all the same by <see cref="Anchor"/>.
/// </remarks>
public sealed class SharedBatchNorms : IDisposable
{
    private readonly IProcessGroup _processes;
    private readonly List<Tensor> _outputs = [];
    private readonly List<Action> _removals = [];

    /// <summary>Lets batch norms normalize over all processes where they are in training mode, until it is disposed.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="norms">The same in all of them.</param>
    /// <param name="isAnchored">Whether a norm's outputs are among those of <see cref="Anchor"/>.</param>
    public SharedBatchNorms(IProcessGroup processes, IEnumerable<BatchNorm2d> norms, Func<BatchNorm2d, bool> isAnchored)
    {
        _processes = processes;
        foreach (var norm in norms)
        {
            var anchored = isAnchored(norm);
            var isTraining = false;
            var before = norm.register_forward_pre_hook((module, input) =>
            {
                isTraining = module.training;
                module.eval();
                return input;
            });
            var after = norm.register_forward_hook((module, input, own) =>
            {
                if (!isTraining)
                {
                    return own;
                }

                module.train();
                own.Dispose();
                return Apply(norm, input, anchored);
            });
            _removals.AddRange([before.remove, after.remove]);
        }
    }

    /// <summary>Lets the norms normalize by themselves again.</summary>
    public void Dispose()
    {
        _removals.ForEach(remove => remove());
        Anchor()?.Dispose();
    }

    /// <summary>0, with a gradient of zeros for all outputs since the last call; null where there are none.</summary>
    public Tensor? Anchor()
    {
        using var scope = NewDisposeScope();
        var anchors = _outputs.Select(output => output.narrow(0, 0, 0).sum()).ToList();
        _outputs.ForEach(output => output.Dispose());
        _outputs.Clear();
        return anchors.Count == 0 ? null : stack(anchors).sum().MoveToOuterDisposeScope();
    }

    private Tensor Apply(BatchNorm2d norm, Tensor input, bool isAnchored)
    {
        using var scope = NewDisposeScope();
        var (mean, variance, count) = Statistics(input, norm.running_mean!.dtype);
        using (no_grad())
        {
            norm.num_batches_tracked!.add_(1);
            var share = norm.momentum ?? 1.0 / norm.num_batches_tracked.item<long>();
            norm.running_mean!.lerp_(mean, tensor(share, mean.dtype, mean.device));
            norm.running_var!.lerp_(variance * (count / Math.Max(1, count - 1)), tensor(share, mean.dtype, mean.device));
        }

        var output = Normalized.apply(input, norm.weight!, norm.bias!, mean, variance, new Whole(norm.eps, count, _processes));
        if (isAnchored && output.requires_grad)
        {
            _outputs.Add(output.alias().DetachFromDisposeScope());
        }

        return output.MoveToOuterDisposeScope();
    }

    // [C] each, over N, H and W of all processes. Squares are summed around each process's own mean, in double precision.
    private (Tensor Mean, Tensor Variance, double Count) Statistics(Tensor input, ScalarType type)
    {
        using var gradients = no_grad();
        input = input.to(type);
        var channels = input.size(1);
        var count = input.numel() / channels;
        var mean = input.mean([0, 2, 3]).to(float64);
        var squares = input.var([0, 2, 3], unbiased: false).to(float64) + mean.square();
        var sums = cat([mean * count, squares * count, full([1], count, float64, input.device)]);
        _processes.Sum(sums);
        var all = sums[2 * channels].item<double>();
        var whole = sums.narrow(0, 0, channels) / all;
        var variance = (sums.narrow(0, channels, channels) / all - whole.square()).clamp(min: 0);
        return (whole.to(type), variance.to(type), all);
    }

    /// <summary>What a normalization knows beside its tensors.</summary>
    private sealed record Whole(double Eps, double Count, IProcessGroup Processes);

    /// <summary>The normalization by statistics that depend on the input, in all processes.</summary>
    private sealed class Normalized : autograd.SingleTensorFunction<Normalized>
    {
        public override string Name => nameof(SharedBatchNorms);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (input, weight, bias, mean, variance) =
                ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (Tensor)vars[4]);
            ctx.save_for_backward([input, weight, mean, variance]);
            ctx.save_data(nameof(Whole), vars[5]);
            return nn.functional.batch_norm(input, mean, variance, weight, bias, training: false, eps: ((Whole)vars[5]).Eps);
        }

        // With y = (x - mean) / deviation: dx = (dy - mean(dy) - y mean(dy y)) weight / deviation, the means over all processes (Ioffe and
        // Szegedy 2015, section 3); dweight = sum(dy y) and dbias = sum(dy) are this process's part.
        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (input, weight, type) = (saved[0], saved[1], gradient.dtype);
            gradient = gradient.to(weight.dtype);
            var whole = (Whole)ctx.get_data(nameof(Whole));
            var inverse = (saved[3] + whole.Eps).rsqrt();
            var centered = input - PerChannel(saved[2]);
            var (own, product) = (gradient.sum([0, 2, 3]), (gradient * centered).sum([0, 2, 3]));
            var sums = stack([own, product]).to(float64);
            whole.Processes.Sum(sums);
            var means = (sums / whole.Count).to(gradient.dtype);
            var result = gradient - PerChannel(means[0]);
            result.addcmul_(centered, PerChannel(means[1] * inverse.square()), -1).mul_(PerChannel(inverse * weight));
            return
            [
                result.to(type).MoveToOuterDisposeScope(), (product * inverse).MoveToOuterDisposeScope(), own.MoveToOuterDisposeScope(),
                null!, null!, null!,
            ];
        }

        private static Tensor PerChannel(Tensor values) => values.view(1, -1, 1, 1);
    }
}
