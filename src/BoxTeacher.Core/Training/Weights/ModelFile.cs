using BoxTeacher.Methods;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// Weights in files. Ours hold a method's networks under the published names, <c>student.*</c> and, with a teacher, <c>teacher.*</c>;
/// what others publish is read in each <see cref="WeightLayout"/>. Nothing in a file is executed.
/// </summary>
public static class ModelFile
{
    /// <summary>
    /// Writes both networks, parameters and buffers, and what else the method keeps, as <c>method.*</c>: a file that ends in <c>.pth</c> as
    /// Python's torch.load reads it, with the weights under "model" as detectron2 expects them, any other as safetensors.
    /// </summary>
    public static void Write(string file, ITrainingMethod method)
    {
        using var scope = NewDisposeScope();
        var tensors = (from entry in Networks(method)
                       from tensor in entry.Network.state_dict()
                       select KeyValuePair.Create(entry.Prefix + tensor.Key, tensor.Value))
            .Concat(method.State.Select(entry => KeyValuePair.Create(WeightLayout.Method.OwnState + entry.Key, entry.Value)));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        if (Path.GetExtension(file).Equals(".pth", StringComparison.OrdinalIgnoreCase))
        {
            PthWriter.Write(file, tensors, under: "model");
        }
        else
        {
            SafeTensors.Write(file, tensors);
        }
    }

    /// <summary>Reads both networks and the method's state completely.</summary>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or its names or shapes are not this model's; the message names them.
    /// </exception>
    public static void Read(string file, ITrainingMethod method)
    {
        using var scope = NewDisposeScope();
        var tensors = WeightsFile.Read(file);
        foreach (var (prefix, network) in Networks(method))
        {
            var names = tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal));
            ReadAll(file, names, tensors, prefix, new WeightLayout.Detector(), network.state_dict());
        }

        var state = tensors.Keys.Where(name => name.StartsWith(WeightLayout.Method.OwnState, StringComparison.Ordinal));
        ReadAll(file, state, tensors, WeightLayout.Method.OwnState, new WeightLayout.Detector(), method.State);
    }

    /// <summary>
    /// Reads one network completely: from a method's file by its prefix, or from a file that holds only this network; under detectron2's
    /// names, which are ours, or mmdetection's.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, it holds only the other network, or its names or shapes are not this model's; the message names them.
    /// </exception>
    public static void Read(string file, Network which, nn.Module network)
    {
        using var scope = NewDisposeScope();
        var tensors = WeightsFile.Read(file);
        var names = WeightLayout.Method.NamesOf(tensors.Keys, which, out var prefix);
        if (prefix.Length == 0 && tensors.Keys.Any(name => WeightLayout.Method.Inside(name) is not null))
        {
            var (wanted, other) = which == Network.Student ? ("student", "teacher") : ("teacher", "student");
            throw new InvalidDataException($"{file}: holds no {wanted}, only a {other}");
        }

        var layout = WeightLayout.Of([.. names.Select(name => name[prefix.Length..])]) as WeightLayout.MmDetection;
        ReadAll(file, names, tensors, prefix, layout ?? (WeightLayout)new WeightLayout.Detector(), network.state_dict());
    }

    /// <summary>
    /// Reads what a file has of a network's weights, normally those of a pretrained backbone; the rest stays as it is. Of a method's file
    /// it takes the student: a teacher begins as its copy.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, its names follow no known layout, or none of them fits; an ONNX graph is not that of the network's backbone.
    /// </exception>
    public static WeightsReport LoadPretrained(string file, nn.Module network)
    {
        using var scope = NewDisposeScope();
        var tensors = OnnxGraph.IsIn(file) ? OnnxResNet.Read(file, network) : WeightsFile.Read(file);
        var layout = WeightLayout.Of(tensors.Keys)
            ?? throw new InvalidDataException($"{file}: names of no known layout: {WeightsReport.Summary([.. tensors.Keys])}");
        var state = network.state_dict();
        var found = new Dictionary<string, Tensor>();
        var unexpected = new List<string>();
        foreach (var (name, tensor) in tensors)
        {
            if (layout.Translate(name) is { } translated && state.ContainsKey(translated))
            {
                found[translated] = tensor;
            }
            else if (!IsNotOfStudent(layout, name) && !IsDerived(name))
            {
                unexpected.Add(name);
            }
        }
        var misshapen = found.Where(entry => !SameShape(entry.Value, state[entry.Key])).ToList();
        foreach (var (name, _) in misshapen)
        {
            found.Remove(name);
        }

        if (found.Count == 0)
        {
            throw new InvalidDataException($"{file}: none of its tensors fits the network: {WeightsReport.Summary([.. tensors.Keys])}");
        }

        var statistics = layout is WeightLayout.Caffe2 ? FoldedStatistics(state, found) : [];
        Copy(found, state);
        Copy(statistics, state);
        return new WeightsReport(
            file, layout, [.. found.Keys],
            [.. state.Keys.Except(found.Keys).Except(statistics.Keys).Except(misshapen.Select(entry => entry.Key))],
            unexpected, [.. misshapen.Select(entry =>
                $"{entry.Key} {Shape(entry.Value)} for {Shape(state[entry.Key])}{Reason(entry.Key, entry.Value, state[entry.Key])}")]);
    }

    /// <summary>A folded batch norm has a scale and a bias only: its mean is 0 and its variance 1, as detectron2 fills them in.</summary>
    private static Dictionary<string, Tensor> FoldedStatistics(Dictionary<string, Tensor> state, Dictionary<string, Tensor> found)
    {
        const string Scale = ".norm.weight";
        var norms = found.Keys.Where(name => name.EndsWith(Scale, StringComparison.Ordinal)).Select(name => name[..^"weight".Length]);
        return norms.SelectMany(norm => ((string Name, double Value)[])[(norm + "running_mean", 0), (norm + "running_var", 1)])
            .Where(entry => state.ContainsKey(entry.Name) && !found.ContainsKey(entry.Name))
            .ToDictionary(entry => entry.Name, entry => full_like(state[entry.Name], entry.Value));
    }

    private static void ReadAll(
        string file, IEnumerable<string> names, Dictionary<string, Tensor> tensors, string prefix, WeightLayout layout,
        IReadOnlyDictionary<string, Tensor> state)
    {
        var stored = new Dictionary<string, Tensor>();
        var unknown = new List<string>();
        foreach (var name in names)
        {
            var bare = name[prefix.Length..];
            if (layout.Translate(bare) is { } translated && state.ContainsKey(translated))
            {
                stored[translated] = tensors[name];
            }
            else if (!IsDerived(bare))
            {
                unknown.Add(name);
            }
        }
        Refuse("are missing", [.. state.Keys.Except(stored.Keys).Select(name => prefix + name)]);
        Refuse("are not of this model", unknown);
        foreach (var (name, tensor) in state)
        {
            if (!SameShape(stored[name], tensor))
            {
                throw new InvalidDataException(
                    $"{file}: {prefix}{name} has shape {Shape(stored[name])}, the model wants {Shape(tensor)}{Reason(name, stored[name], tensor)}");
            }
        }
        Copy(stored, state);

        void Refuse(string what, IReadOnlyList<string> list)
        {
            if (list.Count > 0)
            {
                throw new InvalidDataException($"{file}: {list.Count} tensors {what}, the first is {list[0]}: {WeightsReport.Summary(list)}");
            }
        }
    }

    // What another number of outputs of a Faster R-CNN's last layers means.
    private static string Reason(string name, Tensor stored, Tensor wanted)
    {
        var (found, here) = (stored.shape.FirstOrDefault(), wanted.shape.FirstOrDefault());
        return name switch
        {
            _ when found == here => "",
            _ when name.Contains("box_predictor.bbox_pred.") && found == 4 => ": the file moves boxes alike for all classes, the model by class",
            _ when name.Contains("box_predictor.bbox_pred.") && here == 4 => ": the file moves boxes by class, the model alike for all classes",
            _ when name.Contains("box_predictor.bbox_pred.") => $": classes are {found / 4} there and {here / 4} here",
            _ when name.Contains("box_predictor.cls_score.") => $": classes are {found - 1} there and {here - 1} here",
            _ when name.Contains("mask_head.predictor.") => $": classes are {found} there and {here} here",
            _ => "",
        };
    }

    private static void Copy(Dictionary<string, Tensor> values, IReadOnlyDictionary<string, Tensor> state)
    {
        using var guard = no_grad();
        foreach (var (name, value) in values)
        {
            state[name].copy_(value);
        }
    }

    private static bool IsNotOfStudent(WeightLayout layout, string name) =>
        layout is WeightLayout.Method
        && (WeightLayout.Method.IsTeacher(name) || name.StartsWith(WeightLayout.Method.OwnState, StringComparison.Ordinal));

    // Counters of batch norms that are frozen here, masks that follow from an image's size, and what detectron2 keeps of its settings.
    private static bool IsDerived(string name) =>
        name.EndsWith(".num_batches_tracked", StringComparison.Ordinal) || name.EndsWith(".attn_mask", StringComparison.Ordinal)
        || name.Contains("anchor_generator.cell_anchors.", StringComparison.Ordinal)
        || name.EndsWith("pixel_mean", StringComparison.Ordinal) || name.EndsWith("pixel_std", StringComparison.Ordinal);

    private static bool SameShape(Tensor left, Tensor right) => left.shape.AsSpan().SequenceEqual(right.shape);

    private static string Shape(Tensor tensor) => $"[{string.Join(',', tensor.shape)}]";

    private static IEnumerable<(string Prefix, nn.Module Network)> Networks(ITrainingMethod method)
    {
        yield return (Prefix(Network.Student), method.Student);
        if (method.Teacher is { } teacher)
        {
            yield return (Prefix(Network.Teacher), teacher.Network);
        }
    }

    private static string Prefix(Network network) => network == Network.Student ? "student." : "teacher.";
}
