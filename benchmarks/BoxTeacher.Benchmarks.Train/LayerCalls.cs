using BoxTeacher.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>The convolutions and fully connected layers that were called, by their sizes.</summary>
internal sealed class LayerCalls
{
    private readonly List<Call> calls = [];

    public int Count => calls.Count;

    /// <summary>Notes the calls of a network's layers until it is disposed.</summary>
    public IDisposable Listen(nn.Module network)
    {
        var removals = new List<Action>();
        foreach (var module in network.modules())
        {
            var weight = module.named_parameters(recurse: false).Where(entry => entry is { name: "weight", parameter.Dimensions: 2 or 4 })
                .Select(entry => entry.parameter).FirstOrDefault();
            if (weight is not null && module is nn.Module<Tensor, Tensor> layer)
            {
                var isTransposed = module is ConvTranspose2d;
                removals.Add(layer.register_forward_hook((_, input, output) => Note(input, weight, output, isTransposed)).remove);
            }
            else if (module is PyramidConvolution pyramid)
            {
                removals.Add(pyramid.register_forward_hook((_, inputs, outputs) =>
                    [.. inputs.Zip(outputs, (input, output) => Note(input, pyramid.Weight, output, isTransposed: false))]).remove);
            }
        }

        return new Removal(removals);
    }

    private Tensor Note(Tensor input, Tensor weight, Tensor output, bool isTransposed)
    {
        var learns = is_grad_enabled();
        calls.Add(new Call(
            input.shape, weight.shape, output.shape, isTransposed, learns && input.requires_grad, learns && weight.requires_grad));
        return output;
    }

    /// <summary>Floating-point operations of the layers with weights of so many dimensions, two per multiply-add, in billions.</summary>
    public double Gigaflop(int dimensions) => calls.Where(call => call.Weight.Length == dimensions).Sum(call => call.Flop) / 1e9;

    /// <summary>Milliseconds of processor time of the same layers on random numbers.</summary>
    public double Replay(int dimensions)
    {
        var total = TimeSpan.Zero;
        foreach (var call in calls.Where(call => call.Weight.Length == dimensions && call.Output[0] > 0))
        {
            using var scope = NewDisposeScope();
            using var gradients = enable_grad();
            var input = rand(call.Input).requires_grad_(call.IsInputLearned);
            var weight = rand(call.Weight).requires_grad_(call.IsWeightLearned);
            var gradient = rand(call.Output);
            var start = Environment.CpuUsage.TotalTime;
            var output = call.Apply(input, weight);
            if (output.requires_grad)
            {
                output.backward([gradient]);
            }

            total += Environment.CpuUsage.TotalTime - start;
        }

        return total.TotalMilliseconds;
    }

    private sealed record Call(long[] Input, long[] Weight, long[] Output, bool IsTransposed, bool IsInputLearned, bool IsWeightLearned)
    {
        // A transposed convolution is one from its output to its input.
        private long[] Large => IsTransposed ? Output : Input;

        private long[] Small => IsTransposed ? Input : Output;

        private long[] Stride => [(Large[2] + Small[2] - 1) / Small[2], (Large[3] + Small[3] - 1) / Small[3]];

        private long[] Padding => [(Weight[2] - 1) / 2, (Weight[3] - 1) / 2];

        public double Flop => 2.0 * Product(Weight) / Weight[0] * Product(Small) * (1 + (IsInputLearned ? 1 : 0) + (IsWeightLearned ? 1 : 0));

        public Tensor Apply(Tensor input, Tensor weight) =>
            Weight.Length == 2 ? F.linear(input, weight)
            : IsTransposed ? F.conv_transpose2d(input, weight, null, Stride, Padding)
            : F.conv2d(input, weight, null, Stride, Padding);

        private static double Product(long[] sides) => sides.Aggregate(1.0, (product, side) => product * side);
    }

    private sealed class Removal(List<Action> removals) : IDisposable
    {
        public void Dispose() => removals.ForEach(remove => remove());
    }
}
