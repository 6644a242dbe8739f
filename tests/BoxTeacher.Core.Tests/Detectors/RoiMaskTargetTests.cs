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
        // The object has columns 6 to 17 and rows 4 to 11.
        var boxes = tensor(new float[,] { { 6, 4, 18, 12 }, { 0, 0, 30, 20 }, { 6, 4, 12, 12 }, { 20, 4, 28, 12 }, { -5, -5, 12, 8 } });
        var masks = Form(form)(Rectangle(), boxes, zeros(5, dtype: int64), size: 4);

        Assert.Equal(float64, masks.Visible.dtype);
        GoldenAssert.Close(tensor(new[] { 1, 1, 0.5, 1e-10, 0.25 }), masks.Visible, 1e-12, 0, "visible");
        Assert.Equal([5, 4, 4], masks.Targets.shape);
        Assert.Equal(float32, masks.Targets.dtype);
        Assert.Equal([16, 1, 16, 0], HostValues.Longs(masks.Targets.sum([1, 2]).narrow(0, 0, 4)));
    }

    [Fact]
    public void Both_forms_see_the_same_share_to_a_row_and_a_column()
    {
        var generator = new RandomStream(3);
        double[] places = [.. Enumerable.Range(0, 60).SelectMany(_ =>
        {
            var (x, y) = (generator.Uniform(0, 12), generator.Uniform(0, 8));
            return (double[])[x, y, x + generator.Uniform(4, 16), y + generator.Uniform(4, 12)];
        })];
        var (boxes, index) = (tensor(places, [60, 4]).to(float32), zeros(60, dtype: int64));

        // Of whole pixels no part is lost.
        var (exact, rounded) = (Shares(boxes.round()), Shares(boxes));

        GoldenAssert.Close(exact.Bitmaps, exact.Outlines, 1e-12, 0, "whole pixels");
        Assert.True((exact.Bitmaps < 1).sum().item<long>() > 40);
        Assert.InRange(exact.Bitmaps.mean().item<double>(), 0.3, 0.7);
        GoldenAssert.Close(rounded.Bitmaps, rounded.Outlines, (12 + 8) / 96.0, 0, "parts of pixels");
        Assert.InRange((rounded.Bitmaps - rounded.Outlines).abs().mean().item<double>(), 0, 8 / 96.0);

        (Tensor Bitmaps, Tensor Outlines) Shares(Tensor boxes) => (
            RoiMaskForms.Bitmaps(Rectangle(), boxes, index, 14).Visible, RoiMaskForms.Outlines(Rectangle(), boxes, index, 14).Visible);
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
