using BoxTeacher.Teaching;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>A method's weights in one safetensors file, named as published: <c>student.*</c> and, with a teacher, <c>teacher.*</c>.</summary>
public static class ModelFile
{
    /// <summary>Writes both networks; parameters and buffers.</summary>
    public static void Write(string file, ITeachingMethod method)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (prefix, network) in Networks(method))
        {
            foreach (var (name, tensor) in network.state_dict())
            {
                tensors.Add(prefix + name, tensor);
            }
        }
        Safetensors.Save(file, tensors);
    }

    /// <summary>Reads both networks.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its names or shapes are not this model's; the message names them.</exception>
    public static void Read(string file, ITeachingMethod method)
    {
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Load(file);
        foreach (var (prefix, network) in Networks(method))
        {
            Read(file, tensors, prefix, network);
        }
    }

    /// <summary>Reads one network: from a method's file by its prefix, or from a file that holds only this network.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its names or shapes are not this model's; the message names them.</exception>
    public static void Read(string file, Network which, nn.Module network)
    {
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Load(file);
        var prefix = Prefix(which);
        Read(file, tensors, tensors.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)) ? prefix : "", network);
    }

    private static void Read(string file, Dictionary<string, Tensor> tensors, string prefix, nn.Module network)
    {
        using var guard = no_grad();
        var missing = new List<string>();
        foreach (var (name, tensor) in network.state_dict())
        {
            if (!tensors.TryGetValue(prefix + name, out var stored))
            {
                missing.Add(prefix + name);
            }
            else if (!stored.shape.AsSpan().SequenceEqual(tensor.shape))
            {
                throw new InvalidDataException(
                    $"{file}: {prefix}{name} has shape [{string.Join(',', stored.shape)}], the model wants [{string.Join(',', tensor.shape)}]");
            }
            else
            {
                tensor.copy_(stored);
            }
        }
        if (missing.Count > 0)
        {
            throw new InvalidDataException($"{file}: {missing.Count} tensors are missing, the first is {missing[0]}");
        }
    }

    private static IEnumerable<(string Prefix, nn.Module Network)> Networks(ITeachingMethod method)
    {
        yield return (Prefix(Network.Student), method.Student);
        if (method.Teacher is { } teacher)
        {
            yield return (Prefix(Network.Teacher), teacher);
        }
    }

    private static string Prefix(Network network) => network == Network.Student ? "student." : "teacher.";
}
