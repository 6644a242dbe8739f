using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>Tensors by name from any kind of file that weights are published in. Nothing in a file is executed.</summary>
internal static class WeightsFile
{
    /// <summary>Where checkpoints keep a network's weights beside other things.</summary>
    private static readonly string[] Containers = ["model.", "state_dict.", "blobs."];

    /// <summary>
    /// All tensors, on the CPU, in the caller's dispose scope: of safetensors, of torch.save's files, and of pickles of numpy arrays
    /// (.pkl). Only the weights of a training checkpoint are kept.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is damaged, or asks for something to be executed; the message names it.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Dictionary<string, Tensor> Read(string file)
    {
        using var scope = NewDisposeScope();
        var tensors = IsSafetensors(file) ? SafeTensors.Read(file) : PthReader.ReadTensors(file);
        var container =
            Containers.FirstOrDefault(beginning => tensors.Keys.Any(name => name.StartsWith(beginning, StringComparison.Ordinal))) ?? "";
        // The solver's momentum lies among the weights of Caffe2's files.
        var weights = tensors
            .Where(entry =>
                entry.Key.StartsWith(container, StringComparison.Ordinal) && !entry.Key.EndsWith("_momentum", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[container.Length..], entry => entry.Value);
        foreach (var tensor in weights.Values)
        {
            tensor.MoveToOuterDisposeScope();
        }

        return weights;
    }

    // A header's length and a brace, where the others have a zip's or a pickle's first bytes.
    private static bool IsSafetensors(string file)
    {
        Span<byte> head = stackalloc byte[9];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || head[8] == '{';
    }
}
