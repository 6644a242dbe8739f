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
    /// The shape as a mask of the view: outlines are moved and then rasterized; a bitmap is sampled at the nearest pixel.
    /// </summary>
    public RunLengthMask Apply(Segmentation shape)
    {
        if (shape is Segmentation.Polygons outlines)
        {
            return RunLengthMask.FromPolygons([.. outlines.Rings.Select(Move)], target.Height, target.Width);
        }

        var mask = shape.ToMask(source);
        return map == Homography.Identity && source == target ? mask : Sample(mask);
    }

    private double[] Move(double[] ring)
    {
        var moved = new double[ring.Length / 2 * 2];
        for (var i = 0; i < moved.Length; i += 2)
        {
            (moved[i], moved[i + 1]) = map.Apply(ring[i], ring[i + 1]);
        }

        return moved;
    }

    private RunLengthMask Sample(RunLengthMask mask)
    {
        byte[] pixels = [.. mask.Decode(), 0];
        return RunLengthMask.Encode(Array.ConvertAll(_sources.Value, at => pixels[at]), target.Height, target.Width);
    }
}
