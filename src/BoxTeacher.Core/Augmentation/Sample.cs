using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>Which labels a method may see.</summary>
public enum Supervision
{
    /// <summary>Boxes and classes.</summary>
    Boxes,

    /// <summary>Boxes, classes and masks.</summary>
    Masks,
}

/// <summary>An object to learn from, in the pixels of its view.</summary>
/// <param name="Box">Clipped to the view.</param>
/// <param name="Category">0-based index into the data set's categories.</param>
/// <param name="Mask">In the view's size; null where the method sees boxes only.</param>
/// <param name="Outline">The exact shape, not clipped to the view, where the label is polygons and the method may see masks.</param>
public sealed record LabelledObject(Box Box, int Category, RunLengthMask? Mask, Outline? Outline = null);

/// <summary>One image as teacher and student see it.</summary>
/// <param name="Source">The image's record in its data set.</param>
/// <param name="Weak">The teacher's view; colors are compared on it too.</param>
/// <param name="Strong">The student's view.</param>
public sealed record Sample(ImageRecord Source, AugmentedImage Weak, AugmentedImage Strong)
{
    /// <summary>
    /// What is labelled in a view. Crowd regions are left out, boxes are clipped to the view, and boxes thinner than 1e-5 pixels are
    /// dropped.
    /// </summary>
    /// <param name="view">One of the sample's.</param>
    /// <param name="supervision">Whether masks are handed on.</param>
    /// <exception cref="InvalidDataException">A mask is wanted that the data set does not have.</exception>
    public IReadOnlyList<LabelledObject> Objects(AugmentedImage view, Supervision supervision)
    {
        var size = view.Image.Size;
        var shapes = new ShapeTransform(view.FromOriginal, Source.Size, size);
        var objects = new List<LabelledObject>(Source.Annotations.Count);
        foreach (var annotation in Source.Annotations.Where(annotation => !annotation.IsCrowd))
        {
            var box = view.FromOriginal.Apply(annotation.Box).ClippedTo(size);
            if (box.Width > Instances.ThinnestBox && box.Height > Instances.ThinnestBox)
            {
                var (mask, outline) = supervision == Supervision.Masks ? Shape(annotation, shapes) : default;
                objects.Add(new LabelledObject(box, annotation.Category, mask, outline));
            }
        }

        return objects;
    }

    private (RunLengthMask? Mask, Outline? Outline) Shape(Annotation annotation, ShapeTransform shapes) =>
        annotation.Segmentation is { } shape
            ? shapes.Apply(shape)
            : throw new InvalidDataException($"{Source.FileName}: annotation {annotation.Id} has no mask, which this method needs");
}

/// <summary>
/// Reads an image and makes its training views. What comes out depends on the file and the stream alone; it is called from many threads.
/// </summary>
public delegate Sample SampleMaker(ImageRecord record, RandomStream random);

/// <summary>The ways in which the papers make views.</summary>
public static class SampleMakers
{
    /// <summary>Resize and flip shared by both views, colors changed in the strong one only (BoxTeacher's pipeline).</summary>
    /// <param name="geometry">Shared by both views.</param>
    /// <param name="strong">Colors of the strong view; null: as the weak one.</param>
    public static SampleMaker SharedGeometry(GeometryAugmentation geometry, ColorAugmentation? strong) => (record, random) =>
    {
        var weak = geometry.Apply(ImageFile.Read(record.FileName), random);
        return new Sample(record, weak, strong is null ? weak : weak with { Image = strong.Apply(weak.Image, random) });
    };

    /// <summary>One view for both.</summary>
    /// <param name="operation">Makes it of the file's image.</param>
    public static SampleMaker OneView(ViewOperation operation) => (record, random) =>
    {
        var view = operation(Read(record), random);
        return new Sample(record, view, view);
    };

    /// <summary>Two views that draw apart from each other, geometry included.</summary>
    /// <param name="weak">Makes the teacher's of the file's image.</param>
    /// <param name="strong">Makes the student's of the file's image.</param>
    public static SampleMaker TwoViews(ViewOperation weak, ViewOperation strong) => (record, random) =>
    {
        var image = Read(record);
        return new Sample(record, weak(image, random.Split(0)), strong(image, random.Split(1)));
    };

    /// <summary>Two views, the strong one made of the weak one.</summary>
    /// <param name="geometry">Makes the weak view of the file's image.</param>
    /// <param name="colors">Makes the strong one of it.</param>
    public static SampleMaker Recolored(GeometryAugmentation geometry, ViewOperation colors) => (record, random) =>
    {
        var weak = geometry.Apply(ImageFile.Read(record.FileName), random.Split(0));
        return new Sample(record, weak, colors(weak, random.Split(1)));
    };

    private static AugmentedImage Read(ImageRecord record) => new(ImageFile.Read(record.FileName), Homography.Identity);
}
