using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Methods;

/// <summary>What pseudo masks are handed on to the student as.</summary>
/// <param name="labels">With masks [n, h, w], 0/1 uint8.</param>
public delegate Instances PseudoMaskForm(Instances labels);

/// <summary>The two forms.</summary>
public static class PseudoMaskForms
{
    /// <summary>As they are.</summary>
    public static Instances Bitmaps(Instances labels) => labels;

    /// <summary>
    /// As outlines, which is the published detour (<c>masks_thresholding.py</c>). It loses a part of them, see
    /// <see cref="MaskContours.Trace"/>; the masks are those of the outlines.
    /// </summary>
    public static Instances Contours(Instances labels)
    {
        var masks = labels.Masks!;
        var (height, width) = ((int)masks.size(1), (int)masks.size(2));
        var outlines = new Outline[labels.Count];
        var pixels = new byte[labels.Count * height * width];
        var bytes = HostValues.Bytes(masks);
        for (var i = 0; i < outlines.Length; i++)
        {
            outlines[i] = new Outline(MaskContours.Trace(bytes.AsSpan(i * height * width, height * width), height, width));
            RunLengthMask.FromPolygons(outlines[i].Rings, height, width).Decode(pixels.AsSpan(i * height * width, height * width));
        }

        var repainted = DeviceValues.Of(pixels, [labels.Count, height, width], masks.device);
        return new Instances(labels.Boxes, labels.Classes, labels.Scores, repainted, outlines);
    }
}
