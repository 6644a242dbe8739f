using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Reads an image and makes its training views: resize and flip shared by both, colours changed in the strong one only (the published
/// pipeline). Crowd regions are left out, boxes are clipped to the view, and boxes thinner than 1e-5 pixels are dropped.
/// </summary>
/// <param name="geometry">Shared by both views.</param>
/// <param name="strong">Colours of the strong view; null: as the weak one.</param>
/// <param name="supervision">Whether masks are handed on.</param>
public sealed class SampleMaker(GeometryAugmentation geometry, ColorAugmentation? strong, Supervision supervision)
{
    private const double ThinnestBox = 1e-5;

    /// <summary>The sample; its pixels depend on the file and on <paramref name="random"/> alone. May be called from many threads.</summary>
    public TrainingSample Make(ImageRecord record, RandomStream random)
    {
        var image = ImageFile.Read(record.FileName);
        var weak = geometry.Apply(image, random);
        var colored = strong is null ? weak : weak with { Image = strong.Apply(weak.Image, random) };
        return new TrainingSample(record, weak, colored, Label(record, weak.Transform));
    }

    private List<LabelledObject> Label(ImageRecord record, GeometricTransform transform)
    {
        var objects = new List<LabelledObject>(record.Annotations.Count);
        foreach (var annotation in record.Annotations)
        {
            if (annotation.IsCrowd)
            {
                continue;
            }
            var box = Clip(transform.Apply(annotation.Box), transform.Target);
            if (box.Width > ThinnestBox && box.Height > ThinnestBox)
            {
                objects.Add(new LabelledObject(box, annotation.Category, supervision == Supervision.Masks ? Mask(record, annotation, transform) : null));
            }
        }
        return objects;
    }

    private static RunLengthMask Mask(ImageRecord record, Annotation annotation, GeometricTransform transform) =>
        annotation.Segmentation is { } shape
            ? transform.Apply(shape, record.Size)
            : throw new InvalidDataException($"{record.FileName}: annotation {annotation.Id} has no mask, which this method needs");

    private static Box Clip(Box box, ImageSize size) => Box.FromCorners(
        Math.Clamp(box.X0, 0, size.Width), Math.Clamp(box.Y0, 0, size.Height), Math.Clamp(box.X1, 0, size.Width), Math.Clamp(box.Y1, 0, size.Height));
}
