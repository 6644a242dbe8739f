using System.Text.Json;
using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Checks of the kinds of cases of the augmentations.</summary>
internal static class AugmentReference
{
    private static readonly RandomStream Any = new(0);

    public static Action<ReferenceCase> Colors(Action<Image> change) => Of(c => change, isBgr: true);

    public static Action<ReferenceCase> Magnitude(Action<Image, ReferenceCase> change) => Of(c => image => change(image, c), isBgr: true);

    /// <summary>Channels are taken as they come, as in the published code.</summary>
    public static Action<ReferenceCase> Unordered(Action<Image, ReferenceCase> change) => Of(c => image => change(image, c), isBgr: false);

    public static ColorStrengths Strengths(ReferenceCase c) => ColorStrengths.Whole(c.Int("magnitude"), c.Int("magnitude"));

    public static float Factor(ReferenceCase c)
    {
        var factor = Strengths(c).Factor(Any);
        Assert.Equal(c.Number("factor"), factor, 9);
        return (float)factor;
    }

    public static double Threshold(ReferenceCase c)
    {
        Assert.Equal(c.Number("threshold"), Strengths(c).Threshold(Any));
        return c.Number("threshold");
    }

    public static int Bits(ReferenceCase c)
    {
        Assert.Equal(c.Int("bits"), Strengths(c).Bits(Any));
        return c.Int("bits");
    }

    public static void Magnitudes(ReferenceCase c)
    {
        var strengths = ColorStrengths.Whole(c.Int("low"), c.Int("high_exclusive") - 1);
        var random = new RandomStream(4);
        var factors = Enumerable.Range(0, 2000).Select(_ => strengths.Factor(random)).Distinct().Order();
        Assert.Equal(c.Out("values").data<long>().ToArray().Select(value => ColorStrengths.FactorOf((int)value)), factors);
    }

    public static void Translation(ReferenceCase c) =>
        Geometry(c, (size, x) => CanvasMaps.Translation(size, x, 0), (size, y) => CanvasMaps.Translation(size, 0, y));

    public static void Shear(ReferenceCase c) =>
        Geometry(c, (_, x) => CanvasMaps.HyperbolicShearX(x), (_, y) => CanvasMaps.HyperbolicShearY(y));

    public static void Rotation(ReferenceCase c) =>
        Moved(c, Move(c, size => CanvasMaps.Rotation(size, c.Number("angle")))(View(c), Any));

    public static void Flip(ReferenceCase c)
    {
        var view = HorizontalFlip.Apply(View(c));
        c.Close("img", Bytes(view.Image, isBgr: false));
        c.Close("matrix", Matrix(view.FromOriginal).to(float32));
    }

    public static void CutOut(ReferenceCase c)
    {
        var image = Picture(c, isBgr: false);
        foreach (var patch in c.Attributes.GetProperty("patches").EnumerateArray())
        {
            int[] sides = [.. patch.EnumerateArray().Select(side => side.GetInt32())];
            BoxTeacher.Augmentation.CutOut.Cover(
                image.Pixels, image.Size, sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1], (byte)c.Int("fill"));
        }

        c.Close("img", Bytes(image, isBgr: false));
    }

    public static void Sizes(ReferenceCase c)
    {
        var given = c.In("h_w_long_short").data<long>().ToArray();
        var sizes = given.Chunk(4).Select(row => new ImageSize((int)row[0], (int)row[1]).Rescaled((int)row[3], (int)row[2]));
        c.Equal("new_h_w", Rows([.. sizes.SelectMany(size => (long[])[size.Height, size.Width])], 2));
    }

    public static void Resize(ReferenceCase c) => c.Close(
        "img", Bytes(PlainResize.Apply(Picture(c, isBgr: false), new ImageSize(c.Int("height"), c.Int("width"))), isBgr: false));

    public static Action<ReferenceCase> Finish(ImagePadding padding) => c =>
    {
        var std = c.Attributes.GetProperty("std");
        double[] scale = std.ValueKind == JsonValueKind.Array ? c.Numbers("std") : [.. Enumerable.Repeat(c.Number("std"), 3)];
        var normalization = new PixelNormalization(ChannelOrder.Bgr, c.Numbers("mean_bgr"), scale);
        c.Close("img", PixelPlanes.Batch([Picture(c, isBgr: true)], normalization, CPU, padding).Images[0].permute(1, 2, 0));
    };

    public static void Erasing(ReferenceCase c)
    {
        var image = Picture(c, isBgr: false);
        var patch = new PixelRectangle(c.Int("row"), c.Int("col"), c.Int("h"), c.Int("w"));
        RandomErasing.Erase(image.Pixels, image.Size, patch, c.In("noise").contiguous().data<float>().ToArray());

        var (erased, inRange) = (Bytes(image, isBgr: false), c.Out("in_range"));
        GoldenAssert.Close(c.Out("img") * inRange, erased * inRange, c.Absolute, c.Relative, "img");
        var floats = c.Out("erased_float").permute(1, 2, 0);
        GoldenAssert.Close(floats * inRange, erased.to(float32) / 255 * inRange, c.Absolute / 255, c.Relative, "erased_float");
    }

    public static void ErasedSizes(ReferenceCase c)
    {
        var size = new ImageSize(c.Int("image_height"), c.Int("image_width"));
        var rows = c.In("scale_lo_hi_ratio_lo_hi_u_v").data<double>().ToArray().Chunk(6);
        var sizes = rows.Select(row => new RandomErasing(1, row[0], row[1], row[2], row[3]).Patch(size, row[4], row[5]));
        c.Equal("h_w", Rows([.. sizes.SelectMany(patch => (long[])[patch.Height, patch.Width])], 2));
    }

    private static Action<ReferenceCase> Of(Func<ReferenceCase, Action<Image>> change, bool isBgr) => c =>
    {
        var image = Picture(c, isBgr);
        change(c)(image);
        c.Close("img", Bytes(image, isBgr));
    };

    private static void Geometry(
        ReferenceCase c, Func<ImageSize, double, Homography> horizontal, Func<ImageSize, double, Homography> vertical)
    {
        var view = View(c);
        foreach (var (name, map) in new[] { ("x", horizontal), ("y", vertical) })
        {
            if (c.Attributes.GetProperty(name) is { ValueKind: JsonValueKind.Number } value)
            {
                view = Move(c, size => map(size, value.GetDouble()))(view, Any);
            }
        }

        Moved(c, view);
    }

    private static ViewOperation Move(ReferenceCase c, Func<ImageSize, Homography> map) =>
        GeometryChoices.Move((byte)c.Int("fill"), (size, _) => map(size));

    /// <summary>The image within the case's tolerance in gray levels, boxes and matrix within a thousandth, as its notes say.</summary>
    private static void Moved(ReferenceCase c, AugmentedImage view)
    {
        const double Exact = 1e-3;
        c.Close("img", Bytes(view.Image, isBgr: false));
        GoldenAssert.Close(c.Out("matrix"), Matrix(view.FromOriginal), Exact, 0, "matrix");

        var size = view.Image.Size;
        Box[] boxes = [.. c.In("boxes").data<float>().ToArray().Chunk(4).Select(box => Box.FromCorners(box[0], box[1], box[2], box[3]))];
        GoldenAssert.Close(c.Out("boxes"), Rows(boxes.Select(box => view.FromOriginal.Apply(box).ClippedTo(size))), Exact, 0, "boxes");

        var known = boxes.Select((box, index) => new Annotation(index, index, box, box.Area, false, null)).ToList();
        var objects = new Sample(new ImageRecord(0, "", size.Width, size.Height, known), view, view).Objects(view, Supervision.Boxes);
        c.Equal("kept_labels", tensor(objects.Select(item => (long)item.Category).ToArray(), device: CPU));
    }

    private static AugmentedImage View(ReferenceCase c) => new(Picture(c, isBgr: false), Homography.Identity);

    private static Image Picture(ReferenceCase c, bool isBgr)
    {
        using var scope = NewDisposeScope();
        var stored = c.Group.SharedTensor("image_bgr");
        var pixels = (isBgr ? stored.flip(2) : stored).contiguous();
        return new Image(pixels.bytes.ToArray(), (int)stored.size(0), (int)stored.size(1));
    }

    private static Tensor Bytes(Image image, bool isBgr)
    {
        var pixels = tensor(image.Pixels, [image.Height, image.Width, 3], device: CPU);
        return isBgr ? pixels.flip(2) : pixels;
    }

    private static Tensor Rows(IEnumerable<Box> boxes) =>
        tensor(boxes.SelectMany(box => (double[])[box.X0, box.Y0, box.X1, box.Y1]).ToArray(), device: CPU).view(-1, 4);

    private static Tensor Rows(long[] values, int columns) => tensor(values, device: CPU).view(-1, columns);

    private static Tensor Matrix(Homography map) => tensor(
        new[] { map.M00, map.M01, map.M02, map.M10, map.M11, map.M12, map.M20, map.M21, map.M22 }, device: CPU).view(3, 3);
}
