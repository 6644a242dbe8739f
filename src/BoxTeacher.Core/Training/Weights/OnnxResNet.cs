using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// A <see cref="ResNet"/> of basic blocks in an ONNX graph. Its names say nothing, so the model and the graph are walked together: each node
/// must do what the model does in that place, with the same kernel, stride, padding and epsilon.
/// </summary>
internal sealed class OnnxResNet
{
    private readonly string _file;
    private readonly OnnxGraph _graph;
    private readonly ILookup<string, OnnxNode> _readers;
    private readonly Dictionary<string, string> _sources = [];

    private OnnxResNet(string file)
    {
        (_file, _graph) = (file, OnnxGraph.Read(file));
        _readers = _graph.Nodes.SelectMany(node => node.Inputs.Distinct().Select(input => (input, node)))
            .ToLookup(entry => entry.input, entry => entry.node);
    }

    /// <summary>
    /// The backbone's tensors under the published names (<c>stem.conv1.weight</c>), others under the file's own; on the CPU.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="network">A network over one ResNet.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or its graph is not that ResNet; the message names the place.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Dictionary<string, Tensor> Read(string file, nn.Module network)
    {
        var reader = new OnnxResNet(file);
        var backbone = network.modules().OfType<ResNet>().FirstOrDefault()
            ?? throw new InvalidDataException($"{file}: ONNX graphs are read into a ResNet of basic blocks, and the model has no ResNet");
        reader.Walk(backbone);
        var others = reader._graph.Tensors.Keys.Except(reader._sources.Values).Except(reader._sources.Keys);
        return reader._sources.Concat(others.Select(name => KeyValuePair.Create(name, name)))
            .ToDictionary(entry => entry.Key, entry => reader._graph.Tensors[entry.Value].ToTensor());
    }

    private void Walk(ResNet network)
    {
        var value = Activated("stem.conv1", Convolved("stem.conv1", network.Stem.Convolution, _graph.Input, readers: 1));
        if (network.Stem.Pools)
        {
            var pool = Only("stem", value, "MaxPool");
            Window("stem", pool, ResNetStem.PoolKernel, ResNetStem.PoolStride);
            value = pool.Outputs[0];
        }

        foreach (var (i, stage) in network.Stages.Index())
        {
            foreach (var (b, block) in stage.Blocks.Index())
            {
                var place = $"res{i + 2}.{b}";
                value = Through(place, block as BasicBlock ?? throw Wrong(place, $"the model has a {block.GetName()}, the file basic blocks"), value);
            }
        }

        var rest = _graph.Nodes.Count(node => node.Operator == "Conv" && !_sources.ContainsValue(node.Inputs.ElementAtOrDefault(1) ?? ""));
        if (rest > 0)
        {
            throw Wrong(value, $"the file has {rest} convolutions more than the model");
        }
    }

    private string Through(string place, BasicBlock block, string input)
    {
        var inner = Activated($"{place}.conv1", Convolved($"{place}.conv1", block.First, input, readers: 2));
        inner = Convolved($"{place}.conv2", block.Second, inner, readers: 1);
        var beside = block.Shortcut is { } shortcut ? Convolved($"{place}.shortcut", shortcut, input, readers: 2) : input;
        var sum = Only(place, inner, "Add");
        return sum.Inputs.Count == 2 && sum.Inputs.Contains(beside)
            ? Activated(place, sum.Outputs[0])
            : throw Wrong(place, $"{sum.Name} adds {string.Join(" and ", sum.Inputs)}, not {inner} and {beside}");
    }

    private string Activated(string place, string input) => Only(place, input, "Relu").Outputs[0];

    // A convolution and its normalization. Those that read one value differ by their kernels.
    private string Convolved(string place, ConvNorm module, string input, int readers)
    {
        var side = module.Weight.size(2);
        var all = _readers[input].ToList();
        var found = all.Where(node => node.Operator == "Conv" && node.Inputs.Count >= 2 && node.Inputs[0] == input
            && _graph.Tensors.TryGetValue(node.Inputs[1], out var kernel) && kernel.Shape.ElementAtOrDefault(2) == side).ToList();
        if (found.Count != 1 || all.Count != readers)
        {
            throw Wrong(place, $"{input} is read by {Words(all)}, where the model has one {side}x{side} convolution");
        }

        var convolution = found[0];
        Window(place, convolution, side, module.Stride);
        Equal(place, convolution, "group", [1], [1]);
        if (convolution.Inputs.Count > 2)
        {
            throw Wrong(place, $"{convolution.Name} has a bias, the model none");
        }

        Take($"{place}.weight", convolution.Inputs[1], module.Weight.shape);
        var norm = Only(place, convolution.Outputs[0], "BatchNormalization");
        if (norm.Inputs.Count != 5 || module.Norm is not FrozenBatchNorm2d frozen)
        {
            throw Wrong(place, $"{norm.Name} is no frozen batch normalization of the model");
        }

        Equal(place, norm, "epsilon", [1e-5], [frozen.Epsilon]);
        foreach (var (tensor, source) in ((string[])["weight", "bias", "running_mean", "running_var"]).Zip(norm.Inputs.Skip(1)))
        {
            Take($"{place}.norm.{tensor}", source, [module.Weight.size(0)]);
        }

        return norm.Outputs[0];
    }

    // The windows of a map whose sides are multiples of the stride: they begin at the same cells, and as many of them end in it.
    private void Window(string place, OnnxNode node, long kernel, long stride)
    {
        Equal(place, node, "kernel_shape", [kernel, kernel], [kernel, kernel]);
        Equal(place, node, "strides", [1, 1], [stride, stride]);
        Equal(place, node, "dilations", [1, 1], [1, 1]);
        Equal(place, node, "ceil_mode", [0], [0]);
        var begin = kernel / 2;
        var end = kernel - stride - begin;
        var pads = node.Attributes.GetValueOrDefault("pads") ?? [0, 0, 0, 0];
        if (pads.Count != 4 || pads.Take(2).Any(pad => pad != begin) || pads.Skip(2).Any(pad => pad < end || pad >= end + stride))
        {
            throw Wrong(place, $"{node.Name} has pads {string.Join(", ", pads)}, the model {begin} on every side");
        }
    }

    private void Equal(string place, OnnxNode node, string key, IReadOnlyList<double> unsaid, IReadOnlyList<double> wanted)
    {
        var found = node.Attributes.GetValueOrDefault(key) ?? unsaid;
        var alike = found.Zip(wanted).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-6 * Math.Abs(pair.Second));
        if (found.Count != wanted.Count || !alike)
        {
            throw Wrong(place, FormattableString.Invariant($"{node.Name} has {key} {Numbers(found)}, the model {Numbers(wanted)}"));
        }
    }

    private void Take(string name, string source, IReadOnlyList<long> shape)
    {
        var found = _graph.Tensors.GetValueOrDefault(source) ?? throw Wrong(name, $"the file has no float32 tensor {source}");
        _sources[name] = found.Shape.SequenceEqual(shape)
            ? source
            : throw Wrong(name, $"{source} has shape [{string.Join(", ", found.Shape)}], the model wants [{string.Join(", ", shape)}]");
    }

    private OnnxNode Only(string place, string input, string wanted)
    {
        var all = _readers[input].ToList();
        return all is [var node] && node.Operator == wanted
            ? node
            : throw Wrong(place, $"{input} is read by {Words(all)}, where the model has one {wanted}");
    }

    private static string Words(List<OnnxNode> nodes) =>
        nodes.Count == 0 ? "nothing" : string.Join(", ", nodes.Select(node => $"{node.Name} ({node.Operator})"));

    private static string Numbers(IEnumerable<double> values) =>
        string.Join(", ", values.Select(value => value.ToString("G7", System.Globalization.CultureInfo.InvariantCulture)));

    private InvalidDataException Wrong(string place, string what) => new($"{_file}: {place}: {what.ReplaceLineEndings(" ")}");
}
