using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>Images with the objects that people marked in them: the one form that every reader produces.</summary>
/// <param name="Name">A short name for messages and tables.</param>
/// <param name="Categories">
/// The categories, ordered by their id unless they were joined to others; an annotation's category is an index into this list.
/// </param>
/// <param name="Images">The images in the order of the file.</param>
public sealed record InstanceDataset(string Name, IReadOnlyList<Category> Categories, IReadOnlyList<ImageRecord> Images)
{
    /// <summary>
    /// The same images and objects with categories in another data set's order, joined by name. Ids stay this data set's own, so that
    /// results can be written for its files; categories that it lacks have ids that it does not use.
    /// </summary>
    /// <param name="categories">The other's categories, of which this data set may have fewer.</param>
    /// <param name="file">The file of this data set, for the error.</param>
    /// <param name="other">The file of the other's, for the error.</param>
    /// <exception cref="DataFormatException">A category is none of the other's; the message has the names.</exception>
    public InstanceDataset JoinedTo(IReadOnlyList<Category> categories, string file, string other)
    {
        ArgumentNullException.ThrowIfNull(categories);
        if (categories.Select(category => category.Name).SequenceEqual(Categories.Select(category => category.Name)))
        {
            return this;
        }
        var places = categories.Index().ToDictionary(place => place.Item.Name, place => place.Index);
        var unknown = Categories.Where(category => !places.ContainsKey(category.Name)).Select(category => category.Name).ToList();
        if (unknown.Count > 0)
        {
            throw new DataFormatException(file, "categories", CategoryNames.Unknown(unknown, [.. places.Keys], other));
        }
        var own = Categories.ToDictionary(category => category.Name, category => category.Id);
        var next = Categories.Select(category => category.Id).Append(0).Max();
        int[] moved = [.. Categories.Select(category => places[category.Name])];
        return this with
        {
            Categories =
                [.. categories.Select(category => category with { Id = own.TryGetValue(category.Name, out var id) ? id : ++next })],
            Images = Images is PackedImages packed ? packed.WithCategories(moved) : [.. Images.Select(Moved)],
        };

        ImageRecord Moved(ImageRecord image) => image with
        {
            Annotations = [.. image.Annotations.Select(annotation => annotation with { Category = moved[annotation.Category] })],
        };
    }
}

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
public sealed record Annotation(long Id, int Category, Box Box, double Area, bool IsCrowd, Segmentation? Segmentation)
{
    /// <summary>Whether there is a shape that can be used.</summary>
    public bool HasMask => Segmentation is not (null or Segmentation.Malformed);

    /// <summary>The shape as a mask; null where there is none that can be used.</summary>
    /// <param name="size">The image's size.</param>
    public RunLengthMask? MaskIn(ImageSize size) => HasMask ? Segmentation!.ToMask(size) : null;
}

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

    /// <summary>What a file states in the place of a shape; an error for those alone who want the shape.</summary>
    /// <param name="File">The file's path.</param>
    /// <param name="Key">The place in it.</param>
    /// <param name="Problem">What is wrong there.</param>
    public sealed record Malformed(string File, string Key, string Problem) : Segmentation
    {
        /// <inheritdoc/>
        /// <exception cref="DataFormatException">Always.</exception>
        public override RunLengthMask ToMask(ImageSize size) => throw new DataFormatException(File, Key, Problem);
    }
}
