using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>Images with the objects that people marked in them: the one form that every reader produces.</summary>
/// <param name="Name">A short name for messages and tables.</param>
/// <param name="Categories">The categories, ordered by their id; an annotation's category is an index into this list.</param>
/// <param name="Images">The images in the order of the file.</param>
public sealed record InstanceDataset(string Name, IReadOnlyList<Category> Categories, IReadOnlyList<ImageRecord> Images);

/// <summary>A kind of object.</summary>
/// <param name="Id">The id that the data set's own files use; not an index.</param>
/// <param name="Name">Its name.</param>
public sealed record Category(long Id, string Name);

/// <summary>One image of a data set and what is marked in it; the pixels stay on disk.</summary>
/// <param name="Id">The id that annotations and results refer to.</param>
/// <param name="FileName">The absolute path of the picture.</param>
/// <param name="Width">Number of columns.</param>
/// <param name="Height">Number of rows.</param>
/// <param name="Annotations">The objects, in the order of the file.</param>
public sealed record ImageRecord(long Id, string FileName, int Width, int Height, IReadOnlyList<Annotation> Annotations)
{
    /// <summary>Height and width.</summary>
    public ImageSize Size => new(Height, Width);
}

/// <summary>One marked object.</summary>
/// <param name="Id">The annotation's id, unique in the data set.</param>
/// <param name="Category">0-based index into <see cref="InstanceDataset.Categories"/>.</param>
/// <param name="Box">The object's box in pixels.</param>
/// <param name="Area">
/// The object's area in square pixels as the file states it; it decides between small, medium and large and differs a
/// little from the area of the rasterized mask.
/// </param>
/// <param name="IsCrowd">Whether this is a region of many objects, which evaluation neither asks for nor punishes.</param>
/// <param name="Segmentation">The object's outline or mask, when the file has one.</param>
public sealed record Annotation(long Id, int Category, Box Box, double Area, bool IsCrowd, Segmentation? Segmentation);

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
