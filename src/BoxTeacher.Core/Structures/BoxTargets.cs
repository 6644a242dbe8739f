using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>The truth of one image as a detector sees it. Owns its tensors.</summary>
public sealed class BoxTargets : IDisposable
{
    /// <summary>Takes ownership of the tensors.</summary>
    /// <param name="boxes">[n,4] float32, xyxy in pixels of the network input.</param>
    /// <param name="classes">[n] int64, zero-based.</param>
    /// <param name="masks">[n,h,w] full masks, only for methods that may see them.</param>
    /// <exception cref="ArgumentException">The shapes do not agree.</exception>
    public BoxTargets(Tensor boxes, Tensor classes, Tensor? masks = null)
    {
        if (boxes.ndim != 2 || boxes.size(1) != 4)
            throw new ArgumentException($"Boxes must be [n,4], not [{string.Join(',', boxes.shape)}].", nameof(boxes));
        if (classes.ndim != 1 || classes.size(0) != boxes.size(0))
            throw new ArgumentException($"{boxes.size(0)} boxes need classes [{boxes.size(0)}], not [{string.Join(',', classes.shape)}].", nameof(classes));
        if (masks is not null && (masks.ndim != 3 || masks.size(0) != boxes.size(0)))
            throw new ArgumentException($"{boxes.size(0)} boxes need masks [{boxes.size(0)},h,w], not [{string.Join(',', masks.shape)}].", nameof(masks));
        Boxes = boxes.DetachFromDisposeScope();
        Classes = classes.DetachFromDisposeScope();
        Masks = masks?.DetachFromDisposeScope();
    }

    /// <summary>Boxes [n,4], xyxy in pixels.</summary>
    public Tensor Boxes { get; }

    /// <summary>Zero-based classes [n], int64.</summary>
    public Tensor Classes { get; }

    /// <summary>Full masks [n,h,w], or null when only boxes may be seen.</summary>
    public Tensor? Masks { get; }

    /// <summary>Number of objects.</summary>
    public int Count => (int)Classes.size(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Boxes.Dispose();
        Classes.Dispose();
        Masks?.Dispose();
    }
}
