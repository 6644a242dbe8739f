using BoxTeacher.Losses;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Affinity;

/// <summary>
/// Pixels of like colour belong together (BoxInst, section 3.2). BoxInst and BoxTeacher use it as
/// <c>new ColourAffinity().AtLeast(0.3)</c>.
/// </summary>
public sealed class ColourAffinity : IAffinitySource
{
    /// <inheritdoc />
    public Tensor Affinity(MaskScene scene, Tensor pseudoMasks, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var similarity = ColourSimilarity.OfPairs(ColourSimilarity.Lab(ColourSimilarity.Shrink(scene.Pixels, scene.Stride)), pairs);
        return similarity.index_select(0, scene.ImageIndex()).MoveToOuterDisposeScope();
    }
}
