using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>Carries the shapes of one image into a view of it.</summary>
/// <param name="map">From the original image to the view.</param>
/// <param name="source">The original image's size.</param>
/// <param name="target">The view's size.</param>
public sealed class ShapeTransform(Homography map, ImageSize source, ImageSize target)
{
    // The same for all bitmaps of the image.
    private readonly Lazy<long[]> _sources = new(() => map.Sources(source, target));

    /// <summary>
    /// The shape as a mask of the view, and polygons as an outline too, which is not clipped to the view. Outlines are moved and then
    /// rasterized; a bitmap is sampled at the nearest pixel.
    /// </summary>
    public (RunLengthMask Mask, Outline? Outline) Apply(Segmentation shape)
    {
        if (shape is Segmentation.Polygons polygons)
        {
            var moved = new Outline(polygons.Rings).Moved(map);
            return (RunLengthMask.FromPolygons(moved.Rings, target.Height, target.Width), moved);
        }

        var mask = shape.ToMask(source);
        return (map == Homography.Identity && source == target ? mask : Sample(mask), null);
    }

    private RunLengthMask Sample(RunLengthMask mask)
    {
        byte[] pixels = [.. mask.Decode(), 0];
        return RunLengthMask.Encode(Array.ConvertAll(_sources.Value, at => pixels[at]), target.Height, target.Width);
    }
}
