using System.Diagnostics;
using BoxTeacher.Backbones;
using BoxTeacher.Processes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>How long the gradients of a step were added over processes.</summary>
/// <param name="Seconds">Time of the sums.</param>
/// <param name="Waited">What of it the step waited for; the rest went by beside the backward pass.</param>
public readonly record struct Exchange(double Seconds, double Waited);

/// <summary>
/// A backward pass whose gradients are added over processes while it runs. The graph is cut where a stage of the backbone ends: what comes
/// after gets a leaf in the stage's place. The pass then goes from cut to cut, and when it has passed all cuts of a stage, the gradients of
/// the stage's parameters are complete and their sum begins.
/// </summary>
internal sealed class SharedBackward : IDisposable
{
    private const int BucketLength = 1 << 22;

    private readonly IProcessGroup _processes;
    private readonly List<Action> _hooks = [];

    // From the heads back to the images: the order of all sums.
    private readonly List<Part> _parts;
    private readonly List<Cut> _cuts = [];
    private Task _last = Task.CompletedTask;

    /// <summary>Cuts a network's graph from now on.</summary>
    /// <param name="network">The network.</param>
    /// <param name="processes">Those over which gradients are added.</param>
    public SharedBackward(nn.Module network, IProcessGroup processes)
    {
        _processes = processes;
        var backbones = network.modules().OfType<Backbone>().ToList();
        var layers = backbones.SelectMany(backbone => backbone.modules())
            .Where(module => module is SwinStage || IsStage(module)).Distinct();
        // A pyramid's own layers come behind all others; what another backbone has beside its stages (its stem) may come before.
        var pyramids = backbones.Where(backbone => backbone is FeaturePyramid);
        List<nn.Module> stages = [.. pyramids, .. layers.Reverse(), .. backbones.Except(pyramids)];
        // What is in a stage belongs to it alone; the heads have the rest.
        var taken = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var parts = stages.OrderBy(stage => stage is Backbone).ThenByDescending(stages.IndexOf).ToDictionary(stage => stage, PartOf);
        _parts = [PartOf(network), .. stages.Select(stage => parts[stage])];
        foreach (var (stage, part) in stages.Zip(_parts.Skip(1)))
        {
            _hooks.Add(stage switch
            {
                Backbone backbone => backbone.register_forward_hook((_, _, levels) => Take(part, levels)).remove,
                nn.Module<Tensor, Tensor> layer => layer.register_forward_hook((_, _, output) => Take(part, [output])[0]).remove,
                _ => throw new InvalidOperationException($"{stage.GetName()} is no stage."),
            });
        }

        bool IsStage(nn.Module module) =>
            module is Sequential && backbones.Any(backbone => backbone is ResNet && backbone.children().Contains(module));

        Part PartOf(nn.Module module) => new([.. module.parameters().Where(own => own.requires_grad && taken.Add(own))]);
    }

    /// <summary>Differentiates a loss; gradients are the sums of all processes afterwards.</summary>
    /// <param name="loss">Of this process's share; 0-dim.</param>
    public Exchange Run(Tensor loss)
    {
        var sums = new Queue<(Bucket Bucket, Task<double> Sum)>();
        var next = 0;
        loss.backward();
        Begin();
        while (_cuts.Count > 0)
        {
            using var cut = _cuts[^1];
            _cuts.RemoveAt(_cuts.Count - 1);
            cut.Backward();
            cut.Part.Open--;
            Begin();
        }

        var (watch, seconds) = (Stopwatch.StartNew(), 0.0);
        foreach (var (bucket, sum) in sums)
        {
            seconds += sum.GetAwaiter().GetResult();
            bucket.Spread();
        }

        return new Exchange(seconds, watch.Elapsed.TotalSeconds);

        // In one order in all processes, whatever parts a process has passed.
        void Begin()
        {
            for (; next < _parts.Count && _parts[next].Open == 0; next++)
            {
                foreach (var bucket in _parts[next].Buckets)
                {
                    var sum = _processes.BeginSum(bucket.Gather());
                    sums.Enqueue((bucket, sum));
                    _last = sum;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The graph of a step that failed.
        _cuts.ForEach(cut => cut.Dispose());
        _cuts.Clear();
        _hooks.ForEach(remove => remove());
        // A step that failed leaves sums behind for which other processes wait.
        foreach (var bucket in _last.IsCompleted ? _parts.SelectMany(part => part.Buckets) : [])
        {
            bucket.Dispose();
        }
    }

    private IReadOnlyList<Tensor> Take(Part part, IReadOnlyList<Tensor> outputs)
    {
        if (!outputs.Any(output => output.requires_grad))
        {
            return outputs;
        }

        var cut = new Cut(part, [.. outputs.Where(output => output.requires_grad)]);
        _cuts.Add(cut);
        part.Open++;
        var leaves = cut.Leaves.AsEnumerable().GetEnumerator();
        return [.. outputs.Select(output => output.requires_grad && leaves.MoveNext() ? leaves.Current.alias() : output)];
    }

    /// <summary>The parameters of a stage.</summary>
    private sealed class Part
    {
        public Part(Parameter[] parameters)
        {
            var buckets = new List<List<Parameter>>();
            long length = BucketLength;
            foreach (var parameter in parameters)
            {
                if (length >= BucketLength)
                {
                    buckets.Add([]);
                    length = 0;
                }

                buckets[^1].Add(parameter);
                length += parameter.numel();
            }

            Buckets = [.. buckets.Select(bucket => new Bucket([.. bucket]))];
        }

        public IReadOnlyList<Bucket> Buckets { get; }

        /// <summary>Calls of the stage whose gradients are not yet complete.</summary>
        public int Open { get; set; }
    }

    /// <summary>The outputs of one call of a stage, and what stands in their place behind it.</summary>
    private sealed class Cut : IDisposable
    {
        private readonly Tensor[] _outputs;

        public Cut(Part part, Tensor[] outputs)
        {
            (Part, _outputs) = (part, outputs);
            foreach (var output in outputs)
            {
                output.DetachFromDisposeScope();
            }

            Leaves = Array.ConvertAll(outputs, output => output.detach().requires_grad_(true).DetachFromDisposeScope());
        }

        public Part Part { get; }

        public Tensor[] Leaves { get; }

        // Also where nothing came back: what lies before may wait for other processes in its own pass.
        public void Backward()
        {
            using var scope = NewDisposeScope();
            autograd.backward(_outputs, [.. Leaves.Select(leaf => leaf.grad ?? zeros_like(leaf))]);
        }

        public void Dispose()
        {
            foreach (var tensor in _outputs.Concat(Leaves))
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>Some gradients in one piece, behind a mark for each: whether there is one.</summary>
    private sealed class Bucket : IDisposable
    {
        private readonly Parameter[] _parameters;
        private readonly Tensor _values;

        public Bucket(Parameter[] parameters)
        {
            _parameters = parameters;
            var length = parameters.Length + parameters.Sum(parameter => parameter.numel());
            _values = zeros([length], parameters[0].dtype, parameters[0].device).DetachFromDisposeScope();
        }

        public Tensor Gather()
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            var marks = new float[_parameters.Length];
            foreach (var (i, parameter, own) in Pieces())
            {
                if (parameter.grad is { } gradient)
                {
                    own.view(parameter.shape).copy_(gradient);
                    marks[i] = 1;
                }
                else
                {
                    own.zero_();
                }
            }

            _values.narrow(0, 0, marks.Length).copy_(tensor(marks));
            return _values;
        }

        // A parameter without a gradient in any process stays so: optimizers pass it over.
        public void Spread()
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            var marks = Structures.HostValues.Floats(_values.narrow(0, 0, _parameters.Length));
            foreach (var (i, parameter, own) in Pieces())
            {
                if (parameter.grad is { } gradient)
                {
                    gradient.copy_(own.view(parameter.shape));
                }
                else if (marks[i] > 0)
                {
                    parameter.grad = own.view(parameter.shape).clone().DetachFromDisposeScope();
                }
            }
        }

        public void Dispose() => _values.Dispose();

        private IEnumerable<(int Index, Parameter Parameter, Tensor Own)> Pieces()
        {
            long first = _parameters.Length;
            for (var i = 0; i < _parameters.Length; i++)
            {
                yield return (i, _parameters[i], _values.narrow(0, first, _parameters[i].numel()));
                first += _parameters[i].numel();
            }
        }
    }
}
