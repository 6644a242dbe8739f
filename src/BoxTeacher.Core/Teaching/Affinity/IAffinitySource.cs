using BoxTeacher.Losses;
using BoxTeacher.Teaching.Targets;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Affinity;

/// <summary>
/// Says which pairs of pixels ought to share a label, from the picture or from the teacher's masks. The loss looks
/// at pairs with an end inside the box only, so a source need not.
/// </summary>
public interface IAffinitySource
{
    /// <summary>Affinity of each pair of each box.</summary>
    /// <param name="scene">Picture, boxes and valid pixels on the mask grid.</param>
    /// <param name="pseudoMasks">[G, h, w] float32 in [0, 1]: the teacher's masks within their boxes; zeros for boxes without one.</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>[G, P, h, w] float32 &gt;= 0, 0 for pairs that leave the grid; a fresh tensor.</returns>
    Tensor Affinity(MaskScene scene, Tensor pseudoMasks, PixelPairs pairs);
}

/// <summary>Makes affinity sources from functions, and from other sources.</summary>
public static class AffinitySource
{
    /// <summary>A source from a function.</summary>
    public static IAffinitySource From(Func<MaskScene, Tensor, PixelPairs, Tensor> affinity) => new Function(affinity);

    /// <summary>Hard affinities: 1 where the source says at least <paramref name="threshold"/> (which is &gt; 0), else 0.</summary>
    public static IAffinitySource AtLeast(this IAffinitySource source, double threshold)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        return From((scene, masks, pairs) =>
        {
            using var scope = NewDisposeScope();
            var affinity = source.Affinity(scene, masks, pairs);
            return (affinity >= threshold).to(affinity.dtype).MoveToOuterDisposeScope();
        });
    }

    private sealed class Function(Func<MaskScene, Tensor, PixelPairs, Tensor> affinity) : IAffinitySource
    {
        public Tensor Affinity(MaskScene scene, Tensor pseudoMasks, PixelPairs pairs) => affinity(scene, pseudoMasks, pairs);
    }
}
