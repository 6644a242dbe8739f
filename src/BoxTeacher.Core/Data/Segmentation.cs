using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>The exact shape of an object: outlines or a mask.</summary>
public abstract record Segmentation
{
    private Segmentation()
    {
    }

    /// <summary>The shape as a mask.</summary>
    /// <param name="size">The image's size; a mask given as runs has its own.</param>
    public abstract RunLengthMask ToMask(ImageSize size);

    /// <summary>The union of the insides of some outlines.</summary>
    /// <param name="Rings">Each an outline x0, y0, x1, y1, ... in pixels.</param>
    public sealed record Polygons(IReadOnlyList<double[]> Rings) : Segmentation
    {
        /// <inheritdoc/>
        public override RunLengthMask ToMask(ImageSize size) => RunLengthMask.FromPolygons(Rings, size.Height, size.Width);
    }

    /// <summary>A mask of the image's size.</summary>
    /// <param name="Mask">The mask.</param>
    public sealed record RunLength(RunLengthMask Mask) : Segmentation
    {
        /// <inheritdoc/>
        public override RunLengthMask ToMask(ImageSize size) => Mask;
    }
}
