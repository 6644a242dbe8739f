using System.Security.Cryptography;
using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Processes;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// A step that several processes take together, each with a share of the batch, so that it is the step of one process with the whole batch:
/// normalizers are added before the losses are formed, gradients are added while the backward pass runs, and batch norms see all images.
/// Weights then stay the same in all processes, to the bit.
/// </summary>
/// <param name="method">The method; its student's graph is cut and its norms are shared until this is disposed.</param>
/// <param name="processes">More than one.</param>
internal sealed class SharedStep(ITrainingMethod method, IProcessGroup processes) : IDisposable
{
    // Those of backbones are come to by the cuts of the graph.
    private readonly SharedBatchNorms _norms = new(
        processes,
        [.. Norms(method.Student), .. method.Teacher is { } teacher ? Norms(teacher.Network) : []],
        norm => !method.Student.modules().OfType<Backbone>().SelectMany(Norms).Contains(norm));

    private readonly SharedBackward _backward = new(method.Student, processes);

    /// <summary>
    /// This process's part of the losses: the sum of the values over the processes is that of the whole batch, and so are the gradients'.
    /// </summary>
    public LossTerms Losses(Batch batch, Step step) =>
        method.Losses(batch, step with { Processes = processes }).Over(processes.SumOf);

    /// <summary>Differentiates this process's part; gradients are those of the whole batch afterwards.</summary>
    /// <param name="loss">0-dim.</param>
    public Exchange Backward(Tensor loss)
    {
        using var scope = NewDisposeScope();
        return _backward.Run(_norms.Anchor() is { } anchor ? loss + anchor : loss);
    }

    /// <summary>Makes sure that all processes have the same weights and statistics.</summary>
    /// <exception cref="InvalidOperationException">They have not: a fault of the program.</exception>
    public void CheckAlike(int iteration)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            foreach (var (_, value) in method.Student.state_dict().Concat(method.Teacher?.Network.state_dict() ?? []).Concat(
                method.State.ToDictionary()))
            {
                TensorBytes.Write(value, stream);
            }
        }

        var all = processes.Gather(hash.Hash!);
        if (all.Index().FirstOrDefault(own => !own.Item.SequenceEqual(all[0])) is { Item: not null } other)
        {
            throw new InvalidOperationException($"iteration {iteration}: the weights of processes 0 and {other.Index} differ");
        }
    }

    private static IEnumerable<BatchNorm2d> Norms(nn.Module network) => network.modules().OfType<BatchNorm2d>();

    /// <inheritdoc/>
    public void Dispose()
    {
        _norms.Dispose();
        _backward.Dispose();
    }
}
