using BoxTeacher.Detectors;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Shapes within boxes, contours and erased patches against reference values.</summary>
internal static class MaskTargetReference
{
    public static void PolygonCrop(ReferenceCase c)
    {
        var outlines = OutlinesOf(c);
        c.Equal("masks", Within(c, outlines, c.Int("size")).Targets);
        // The reference sums in another order.
        GoldenAssert.Close(c.Out("areas"), tensor(outlines.Select(outline => outline!.Area).ToArray()), c.Absolute, 1e-12, "areas");
        var side = c.Int("image");
        c.Equal($"bitmask_{side}", stack(outlines.Select(outline => Painted(outline!.Rings, new ImageSize(side, side)))));
    }

    public static void Contours(ReferenceCase c)
    {
        var masks = c.In("masks");
        var size = new ImageSize((int)masks.size(1), (int)masks.size(2));
        var contours = masks.unbind().Select(mask => MaskContours.Trace(mask.contiguous().bytes, size.Height, size.Width)).ToList();
        var rings = contours.SelectMany(ring => ring).ToList();
        c.Close("poly_xy", tensor(rings.SelectMany(ring => ring).ToArray()));
        c.Equal("poly_offset", tensor(rings.Select(ring => (long)ring.Length).Prepend(0).ToArray()).cumsum(0));
        c.Equal("poly_instance", tensor(contours.Index().SelectMany(one => one.Item.Select(_ => (long)one.Index)).ToArray()));
        c.Equal("repainted", stack(contours.Select(rings => Painted(rings, size))));
    }

    public static void Patches(ReferenceCase c)
    {
        var patches = from patch in c.Attributes.GetProperty("patches").EnumerateArray()
                      where patch.ValueKind == System.Text.Json.JsonValueKind.Array
                      select patch.EnumerateArray().Select(side => side.GetInt32()).ToArray() into sides
                      select new PixelRectangle(sides[0], sides[1], sides[2], sides[3]);
        c.Equal("mask", PixelRectangle.Union([.. patches], new ImageSize(c.Int("height"), c.Int("width")), CPU));
    }

    /// <summary>The objects' outlines from the inputs <c>poly_xy</c>, <c>poly_offset</c> and <c>poly_instance</c>.</summary>
    /// <param name="c">The case.</param>
    /// <param name="suffix">Of the three names.</param>
    /// <param name="count">Number of objects, if the last ones may have no polygon; null entries have none.</param>
    internal static IReadOnlyList<Outline?> OutlinesOf(ReferenceCase c, string suffix = "", int? count = null) =>
        Outlines(name => c.In(name + suffix), count);

    private static Outline?[] Outlines(Func<string, Tensor> named, int? count)
    {
        var coordinates = named("poly_xy").data<double>().ToArray();
        var (offsets, objects) = (HostValues.Longs(named("poly_offset")), HostValues.Longs(named("poly_instance")));
        var rings = objects.Select((item, ring) => (Object: item, Ring: coordinates[(int)offsets[ring]..(int)offsets[ring + 1]]))
            .ToLookup(entry => entry.Object, entry => entry.Ring);
        return
        [
            .. Enumerable.Range(0, count ?? (int)objects.Append(-1).Max() + 1)
                .Select(item => rings.Contains(item) ? new Outline([.. rings[item]]) : null),
        ];
    }

    /// <summary>Box i is that of object i.</summary>
    internal static RoiMasks Within(ReferenceCase c, IReadOnlyList<Outline?> outlines, int size)
    {
        var boxes = c.In("boxes");
        Assert.Equal(boxes.size(0), outlines.Count);
        var index = arange(outlines.Count);
        return RoiMaskForms.Outlines(new Instances(boxes, index, Outlines: outlines), boxes, index, size);
    }

    private static Tensor Painted(IReadOnlyList<double[]> rings, ImageSize size) =>
        tensor(RunLengthMask.FromPolygons(rings, size.Height, size.Width).Decode(), [size.Height, size.Width]);
}
