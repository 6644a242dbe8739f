using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Stochastic depth (Huang et al. 2016): in training, each sample's values are dropped as a whole with a given probability, and
/// enlarged by the inverse of the rest otherwise. In evaluation it is the identity.
/// </summary>
public sealed class DropPath : nn.Module<Tensor, Tensor>
{
    private readonly double _rate;

    /// <summary>A layer without parameters.</summary>
    /// <param name="rate">Probability of dropping, 0 to below 1.</param>
    /// <param name="random">What it draws from; null: the stream of seed 0.</param>
    public DropPath(double rate, RandomStream? random = null) : base(nameof(DropPath))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rate, 1);
        _rate = rate;
        Random = random ?? new RandomStream(0);
    }

    /// <summary>What it draws from. A stream of the step's own makes a step repeatable, in whatever run and order.</summary>
    public RandomStream Random { get; set; }

    /// <summary>The layers of this kind in networks, in the order of their modules.</summary>
    public static IReadOnlyList<DropPath> In(params IEnumerable<nn.Module> networks) =>
        [.. networks.SelectMany(network => network.modules()).OfType<DropPath>()];

    /// <summary>Gives each layer a stream of its own.</summary>
    /// <param name="layers">In an order that does not change; see <see cref="In"/>.</param>
    /// <param name="random">Split by the number of the layer.</param>
    public static void Seed(IReadOnlyList<DropPath> layers, RandomStream random)
    {
        foreach (var (index, layer) in layers.Index())
        {
            layer.Random = random.Split((ulong)index);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (_rate == 0 || !training)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        var kept = new double[input.size(0)];
        for (var i = 0; i < kept.Length; i++)
        {
            kept[i] = Random.Chance(_rate) ? 0 : 1 / (1 - _rate);
        }
        long[] perSample = [-1, .. Enumerable.Repeat(1L, (int)input.ndim - 1)];
        return (input * DeviceValues.Of(kept, [kept.Length], input.device, input.dtype).view(perSample)).MoveToOuterDisposeScope();
    }
}
