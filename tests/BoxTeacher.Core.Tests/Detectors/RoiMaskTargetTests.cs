using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

/// <summary>Masks within boxes, from bitmaps and from outlines.</summary>
public sealed class RoiMaskTargetTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string> Forms => ["bitmaps", "outlines"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_visible_share_is_that_of_the_objects_pixels_in_the_box(string form)
    {
        // Columns 6 to 17, rows 4 to 11; the last two boxes hold half of the columns, and nothing.
        var boxes = tensor(new float[,] { { 6, 4, 18, 12 }, { 0, 0, 30, 20 }, { 6, 4, 12, 12 }, { 20, 4, 28, 12 }, { -5, -5, 12, 8 } });
        var masks = Form(form)(Rectangle(), boxes, zeros(5, dtype: int64), size: 4);

        Assert.Equal(float64, masks.Visible.dtype);
        GoldenAssert.Close(tensor(new[] { 1, 1, 0.5, 1e-10, 0.25 }), masks.Visible, 1e-12, 0, "visible");
        Assert.Equal([5, 4, 4], masks.Targets.shape);
        Assert.Equal(float32, masks.Targets.dtype);
        Assert.Equal([16, 4, 16, 0], HostValues.Longs(masks.Targets.sum([1, 2]).narrow(0, 0, 4)));
    }

    [Fact]
    public void Both_forms_see_the_same_share_to_a_row_and_a_column()
    {
        var generator = new RandomStream(3);
        var sides = Enumerable.Range(0, 50).SelectMany(_ =>
        {
            var (x, y) = (generator.Uniform(-2, 16), generator.Uniform(-2, 10));
            return (float[])[(float)x, (float)y, (float)(x + generator.Uniform(2, 14)), (float)(y + generator.Uniform(2, 10))];
        }).ToArray();
        var (boxes, index) = (tensor(sides, [50, 4]), zeros(50, dtype: int64));

        var (bitmaps, outlines) = (RoiMaskForms.Bitmaps(Rectangle(), boxes, index, 14), RoiMaskForms.Outlines(Rectangle(), boxes, index, 14));

        // A column and a row of 8 x 12 pixels, and those that the box's truncated sides lose.
        GoldenAssert.Close(bitmaps.Visible, outlines.Visible, (8 + 12 + 1) / 96.0, 0, "visible");
        Assert.InRange(bitmaps.Visible.mean().item<double>(), 0.2, 0.8);
        Assert.InRange((bitmaps.Targets - outlines.Targets).abs().mean().item<float>(), 0, 0.05);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void No_box_gives_no_mask(string form)
    {
        var (boxes, index) = (zeros(0, 4), zeros(0, dtype: int64));
        foreach (var truth in new[] { Rectangle(), new Instances(boxes, index) })
        {
            var masks = Form(form)(truth, boxes, index, size: 4);
            Assert.Equal([0, 4, 4], masks.Targets.shape);
            Assert.Equal([0], masks.Visible.shape);
        }
    }

    [Fact]
    public void Objects_without_an_outline_go_by_their_bitmaps()
    {
        var one = Rectangle();
        Tensor masks = cat([one.Masks!, zeros_like(one.Masks!)]), boxes = tensor(new float[,] { { 6, 4, 12, 12 }, { 6, 4, 12, 12 } });
        masks[1].narrow(0, 8, 12).narrow(1, 0, 30).fill_(1);
        var truth = new Instances(boxes, zeros(2, dtype: int64), Masks: masks, Outlines: [one.Outlines![0], null]);

        var index = tensor(new long[] { 1, 0 });
        var mixed = RoiMaskForms.Outlines(truth, boxes, index, 4);

        Assert.Equal([0, 0, 1, 1], HostValues.Longs(mixed.Targets[0].select(1, 0)));
        Assert.Equal([1, 1, 1, 1], HostValues.Longs(mixed.Targets[1].select(1, 0)));
        GoldenAssert.Close(tensor(new[] { 24 / 360.0, 0.5 }), mixed.Visible, 1e-12, 0, "visible");
    }

    [Fact]
    public void A_shape_without_an_area_is_visible_as_a_whole()
    {
        var (boxes, index) = (tensor(new float[] { 6, 4, 12, 12 }, [1, 4]), zeros(1, dtype: int64));
        var truth = new Instances(boxes, index, Masks: zeros([1, 20, 30], dtype: @bool), Outlines: [new Outline([[7, 5, 7, 5, 7, 5]])]);

        Assert.Equal(1, RoiMaskForms.Bitmaps(truth, boxes, index, 4).Visible.item<double>());
        Assert.Equal(1, RoiMaskForms.Outlines(truth, boxes, index, 4).Visible.item<double>());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Objects_without_a_shape_are_an_error(string form)
    {
        var (boxes, index) = (tensor(new float[] { 6, 4, 12, 12 }, [1, 4]), zeros(1, dtype: int64));
        Instances[] shapeless = [new(boxes, index), new(boxes, index, Outlines: [null])];
        Assert.All(shapeless, truth =>
        {
            var error = Assert.Throws<InvalidDataException>(() => Form(form)(truth, boxes, index, 4));
            Assert.Contains("has boxes but no masks", error.Message, StringComparison.Ordinal);
        });
    }

    private static RoiMaskTargets Form(string name) => name == "bitmaps" ? RoiMaskForms.Bitmaps : RoiMaskForms.Outlines;

    /// <summary>One object of 12 x 8 pixels in an image of 30 x 20, as bitmap and outline.</summary>
    private static Instances Rectangle()
    {
        var masks = zeros([1, 20, 30], dtype: uint8);
        masks[0].narrow(0, 4, 8).narrow(1, 6, 12).fill_(1);
        return new Instances(
            tensor(new float[] { 6, 4, 18, 12 }, [1, 4]), zeros(1, dtype: int64), Masks: masks,
            Outlines: [new Outline([[6, 4, 18, 4, 18, 12, 6, 12]])]);
    }
}
