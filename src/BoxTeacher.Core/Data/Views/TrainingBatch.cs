using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Data;

/// <summary>Labelled images, each in a weak and a strong view of one geometry. Owns its tensors.</summary>
/// <param name="weak">The teacher's images.</param>
/// <param name="strong">The student's images, of the same padded shape.</param>
/// <param name="weakPixels">[N, 3, H, W] uint8, RGB, zero padded as the images are: colour similarity is computed from it.</param>
/// <param name="targets">The labels of each image.</param>
/// <param name="sources">The records that the images came from.</param>
public sealed class TrainingBatch(
    ImageBatch weak, ImageBatch strong, Tensor weakPixels, IReadOnlyList<BoxTargets> targets, IReadOnlyList<ImageRecord> sources) : IDisposable
{
    /// <summary>The teacher's images, normalised and padded right and bottom to a multiple of 32.</summary>
    public ImageBatch Weak { get; } = weak;

    /// <summary>The student's images, of the same padded shape.</summary>
    public ImageBatch Strong { get; } = strong;

    /// <summary>The weak view's pixels, [N, 3, H, W] uint8, RGB, zero padded.</summary>
    public Tensor WeakPixels { get; } = weakPixels.DetachFromDisposeScope();

    /// <summary>The labels of each image; masks only where the method may see them.</summary>
    public IReadOnlyList<BoxTargets> Targets { get; } = targets;

    /// <summary>The files' sizes before any resize.</summary>
    public IReadOnlyList<ImageSize> OriginalSizes { get; } = [.. sources.Select(source => source.Size)];

    /// <summary>The images' ids in their data set.</summary>
    public IReadOnlyList<long> ImageIds { get; } = [.. sources.Select(source => source.Id)];

    /// <inheritdoc/>
    public void Dispose()
    {
        Weak.Dispose();
        Strong.Dispose();
        WeakPixels.Dispose();
        foreach (var target in Targets)
        {
            target.Dispose();
        }
    }
}
