using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Structures;

/// <summary>Maps that views are made of and their products, and boxes and bitmaps that they carry.</summary>
public static class Moved
{
    private static readonly ImageSize Size = new(40, 60);

    private static Gen<double> Eighths(int from, int to) => Gen.Choose(8 * from, 8 * to).Select(draw => draw / 8.0);

    public static Arbitrary<Homography> Maps()
    {
        var slight = Gen.Choose(-16, 16).Select(draw => draw / 65_536.0);
        var perspective = from x in slight from y in slight select new Homography(1, 0, 0, 0, 1, 0, x, y, 1);
        var plain = Gen.OneOf(
            Gen.Constant(Homography.Identity),
            from x in Eighths(-50, 50) from y in Eighths(-50, 50) select Homography.Translate(x, y),
            from height in Gen.Choose(10, 90) from width in Gen.Choose(10, 90) select Homography.Resize(Size, new ImageSize(height, width)),
            Gen.Choose(1, 90).Select(Homography.HorizontalFlip),
            Gen.Choose(-180, 180).Select(degrees => Homography.Rotate(degrees)),
            from x in Gen.Choose(-4, 4) from y in Gen.Choose(-4, 4) select Homography.Shear(x / 8.0, y / 8.0));
        var products = from first in Gen.OneOf(plain, perspective) from second in plain from third in plain select first.Then(second).Then(third);
        return products.ToArbitrary();
    }

    public static Arbitrary<Box> Boxes()
    {
        var boxes = from x in Eighths(0, 50)
                    from y in Eighths(0, 30)
                    from width in Eighths(0, 20)
                    from height in Eighths(0, 20)
                    select Box.FromSize(x, y, width, height);
        return boxes.ToArbitrary();
    }
}

public sealed class HomographyTests
{
    private const double Rounding = 1e-9;

    [Property(Arbitrary = [typeof(Moved)])]
    public void Then_applies_one_map_after_the_other(Homography first, Homography second, Box box)
    {
        var (x, y) = first.Apply(box.X0, box.Y0);

        Near(second.Apply(x, y), first.Then(second).Apply(box.X0, box.Y0));
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void Products_may_be_put_in_any_brackets(Homography first, Homography second, Homography third, Box box)
    {
        Near(first.Then(second).Then(third).Apply(box.X1, box.Y1), first.Then(second.Then(third)).Apply(box.X1, box.Y1));
        Assert.Equal(first, first.Then(Homography.Identity));
        Assert.Equal(first, Homography.Identity.Then(first));
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void The_way_back_leads_back(Homography first, Homography second, Box box)
    {
        var (there, here) = (first.Apply(box.X0, box.Y1), (box.X0, box.Y1));

        Near(here, first.Inverse().Apply(there.X, there.Y));
        Near(here, first.Then(first.Inverse()).Apply(box.X0, box.Y1));
        Near(there, first.Inverse().Inverse().Apply(box.X0, box.Y1));
        var both = first.Then(second).Apply(box.X0, box.Y1);
        Near(here, second.Inverse().Then(first.Inverse()).Apply(both.X, both.Y));
    }

    [Fact]
    public void A_map_that_flattens_the_plane_has_no_way_back()
    {
        Assert.Throws<InvalidOperationException>(() => new Homography(1, 2, 0, 2, 4, 0).Inverse());
        Assert.Throws<InvalidOperationException>(() => Homography.Shear(2, 0.5).Inverse());
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void A_box_becomes_the_box_around_its_moved_corners(Homography map, Box box)
    {
        (double X, double Y)[] corners = [map.Apply(box.X0, box.Y0), map.Apply(box.X1, box.Y0), map.Apply(box.X1, box.Y1), map.Apply(box.X0, box.Y1)];

        var moved = map.Apply(box);

        Near((corners.Min(corner => corner.X), corners.Min(corner => corner.Y)), (moved.X0, moved.Y0));
        Near((corners.Max(corner => corner.X), corners.Max(corner => corner.Y)), (moved.X1, moved.Y1));
        // Straight lines stay straight, so what is inside stays inside.
        foreach (var (across, down) in new[] { (0.5, 0.5), (0.1, 0.9), (1, 0.3) })
        {
            var (x, y) = map.Apply(box.X0 + across * box.Width, box.Y0 + down * box.Height);
            Assert.InRange(x, moved.X0 - 1e-6, moved.X1 + 1e-6);
            Assert.InRange(y, moved.Y0 - 1e-6, moved.Y1 + 1e-6);
        }
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void Each_kind_of_map_moves_boxes_as_it_is_called(Box box)
    {
        var (x0, y0, x1, y1) = (box.X0, box.Y0, box.X1, box.Y1);

        Same(Box.FromCorners(x0 * 1.5, y0 * 0.5, x1 * 1.5, y1 * 0.5), Homography.Resize(new(40, 60), new(20, 90)));
        Same(Box.FromCorners(60 - x1, y0, 60 - x0, y1), Homography.HorizontalFlip(60));
        Same(Box.FromCorners(x0 + 7, y0 - 3, x1 + 7, y1 - 3), Homography.Translate(7, -3));
        Same(Box.FromCorners(-y1, x0, -y0, x1), Homography.Rotate(90));
        Same(Box.FromCorners(-x1, -y1, -x0, -y0), Homography.Rotate(180));
        Same(Box.FromCorners(x0 + 0.25 * y0, y0 + 0.5 * x0, x1 + 0.25 * y1, y1 + 0.5 * x1), Homography.Shear(0.25, 0.5));
        Same(Box.FromCorners(x0 - 0.25 * y1, y0, x1 - 0.25 * y0, y1), Homography.Shear(-0.25, 0));

        void Same(Box expected, Homography map)
        {
            var moved = map.Apply(box);
            Near((expected.X0, expected.Y0), (moved.X0, moved.Y0));
            Near((expected.X1, expected.Y1), (moved.X1, moved.Y1));
        }
    }

    [Fact]
    public void Perspective_divides_by_the_third_coordinate() =>
        Near((15, 7), new Homography(1, 0, 5, 0, 1, 2, 0.125, 0.25, 0.5).Apply(10, 5) is var (x, y) ? (3 * x, 3 * y) : default);

    [Property(Arbitrary = [typeof(Moved)])]
    public void Tensors_of_boxes_move_as_boxes_do(Homography map, Box[] boxes)
    {
        using var scope = NewDisposeScope();
        double[] numbers = [.. boxes.SelectMany(box => (double[])[box.X0, box.Y0, box.X1, box.Y1])];
        double[] expected = [.. boxes.Select(box => map.Apply(box)).SelectMany(box => (double[])[box.X0, box.Y0, box.X1, box.Y1])];
        var (exact, wanted) = (tensor(numbers, [boxes.Length, 4]), tensor(expected, [boxes.Length, 4]));

        GoldenAssert.Close(wanted, map.Apply(exact), 1e-8, 1e-9, "double");
        var single = map.Apply(exact.to(float32));
        Assert.Equal(float32, single.dtype);
        GoldenAssert.Close(wanted, single.to(float64), 2e-3, 1e-5, "single");
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    [InlineData(ScalarType.Float32)]
    public void Masks_of_any_type_are_mirrored_enlarged_and_turned_exactly(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var masks = (arange(2 * 3 * 5) * 7 % 3 > 0).view(2, 3, 5).to(type);

        Same(masks, Homography.Identity, masks);
        Same(masks.flip(2), Homography.HorizontalFlip(5), masks);
        Same(masks.repeat_interleave(2, 1).repeat_interleave(3, 2), Homography.Resize(new(3, 5), new(6, 15)), masks);
        Same(masks, Homography.Resize(new(6, 15), new(3, 5)), masks.repeat_interleave(2, 1).repeat_interleave(3, 2));
        // Clockwise: what was the bottom row is the left column.
        Same(masks.transpose(1, 2).flip(2), Homography.Rotate(90).Then(Homography.Translate(3, 0)), masks);
        Same(masks.flip(1, 2), Homography.Rotate(180).Then(Homography.Translate(5, 3)), masks);
        Same(masks.transpose(1, 2).flip(1), Homography.Rotate(-90).Then(Homography.Translate(0, 5)), masks);

        static void Same(Tensor expected, Homography map, Tensor masks)
        {
            var moved = map.Sample(masks, new ImageSize((int)expected.size(1), (int)expected.size(2)));
            Assert.Equal(expected.dtype, moved.dtype);
            GoldenAssert.Equal(expected.to(float32), moved.to(float32), $"{map}");
        }
    }

    [Fact]
    public void What_comes_from_outside_is_empty()
    {
        using var scope = NewDisposeScope();
        var masks = ones([1, 2, 3], dtype: uint8);

        var moved = Homography.Translate(1, 1).Sample(masks, new ImageSize(4, 3));

        Assert.Equal([0, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0], HostValues.Longs(moved));
    }

    [Property(Arbitrary = [typeof(Bitmaps), typeof(Moved)])]
    public void Run_lengths_and_tensors_are_sampled_alike(Bitmaps bitmaps, Homography map)
    {
        using var scope = NewDisposeScope();
        var (height, width, pixels, _) = bitmaps;
        var (from, to) = (new ImageSize(height, width), new ImageSize(20, 30));

        var moved = new ShapeTransform(map, from, to).Apply(new Segmentation.RunLength(RunLengthMask.Encode(pixels, height, width))).Mask;

        Assert.Equal(map.Sample(tensor(pixels, [1, height, width]), to).bytes.ToArray(), moved.Decode());
    }

    [Fact]
    public void Instances_that_leave_the_view_are_dropped_and_others_clipped()
    {
        using var scope = NewDisposeScope();
        var boxes = tensor(new float[] { 2, 1, 6, 5, 7, 2, 10, 6, 0, 0, 4, 3, 4, 4, 5, 6 }, [4, 4]);
        var masks = zeros([4, 8, 10], dtype: uint8);
        foreach (var (row, box) in HostValues.Longs(boxes).Chunk(4).Index())
        {
            masks[row].narrow(0, box[1], box[3] - box[1]).narrow(1, box[0], box[2] - box[0]).fill_(1);
        }

        var instances = new Instances(boxes, tensor(new long[] { 5, 6, 7, 8 }), tensor(new[] { 0.5f, 0.6f, 0.7f, 0.8f }), masks);

        // Four columns are cut off on the left: the third lies in them alone, the first loses half of its box.
        var moved = instances.Transport(Homography.Translate(-4, 0), new ImageSize(8, 6));

        Assert.Equal(3, moved.Count);
        Assert.Equal([0, 1, 2, 5, 3, 2, 6, 6, 0, 4, 1, 6], HostValues.Longs(moved.Boxes));
        Assert.Equal([5, 6, 8], HostValues.Longs(moved.Classes));
        Assert.Equal([0.5f, 0.6f, 0.8f], HostValues.Floats(moved.Scores!));
        Assert.Equal([3, 8, 6], moved.Masks!.shape);
        Assert.Equal([8, 12, 2], HostValues.Longs(moved.Masks.sum([1, 2])));
        Assert.Equal(0, instances.Transport(Homography.Translate(0, 9), new ImageSize(8, 10)).Count);
        Assert.Null(new Instances(boxes, zeros(4, int64)).Transport(Homography.Identity, new ImageSize(8, 10)).Masks);
    }

    [Fact]
    public void Outlines_go_with_their_instances()
    {
        using var scope = NewDisposeScope();
        var boxes = tensor(new float[] { 2, 1, 6, 5, 0, 0, 4, 3, 7, 2, 10, 6 }, [3, 4]);
        Outline[] outlines = [new([[2, 1, 6, 1, 6, 5, 2, 5]]), new([[0, 0, 4, 0, 4, 3]]), new([[7, 2, 10, 2, 10, 6], [7, 2, 8, 6, 7, 6]])];
        var instances = new Instances(boxes, arange(3), Outlines: [outlines[0], outlines[1], null]);

        Assert.Equal([null, outlines[0]], instances.Select(tensor(new long[] { 2, 0 })).Outlines!);
        // The second leaves the view; the first is cut in its box alone.
        var moved = instances.Transport(Homography.Translate(-4, 0), new ImageSize(8, 6));
        Assert.Equal([-2, 1, 2, 1, 2, 5, -2, 5], moved.Outlines![0]!.Rings[0]);
        Assert.Null(moved.Outlines[1]);
        Assert.Equal(2, moved.Outlines.Count);
        Assert.Equal([16, 6, 8], outlines.Select(outline => outline.Area));
        Assert.Equal([32, 12, 16], outlines.Select(outline => outline.Moved(new Homography(-2, 0, 3, 1, 1, 0)).Area));
        Assert.Throws<ArgumentException>(() => new Instances(boxes, arange(3), Outlines: [outlines[0]]));
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void Instances_come_back_from_a_view_that_holds_them(Box box)
    {
        using var scope = NewDisposeScope();
        var instances = new Instances(tensor(new[] { (float)box.X0, (float)box.Y0, (float)box.X1, (float)box.Y1 }, [1, 4]), zeros(1, int64));
        var map = Homography.Resize(new(50, 70), new(100, 210)).Then(Homography.HorizontalFlip(210));

        var moved = instances.Transport(map, new ImageSize(100, 210));
        var back = moved.Transport(map.Inverse(), new ImageSize(50, 70));

        Assert.Equal(box.Width > 0 && box.Height > 0 ? 1 : 0, back.Count);
        GoldenAssert.Close(instances.Boxes.narrow(0, 0, back.Count), back.Boxes, 1e-4, 0, "boxes");
    }

    [Property(Arbitrary = [typeof(Moved)])]
    public void Views_of_an_image_are_led_to_each_other(Homography weak, Homography strong, Box box)
    {
        using var scope = NewDisposeScope();
        ImageSize[] sizes = [new(1, 1)];
        View Of(Homography map) => new(new ImageBatch(zeros(1, 3, 1, 1), sizes), [map], sizes, []);
        var there = weak.Apply(box.X0, box.Y0);

        Near(strong.Apply(box.X0, box.Y0), Of(weak).To(Of(strong), 0).Apply(there.X, there.Y));
    }

    private static void Near((double X, double Y) expected, (double X, double Y) actual)
    {
        Assert.Equal(expected.X, actual.X, Rounding * (1000 + Math.Abs(expected.X)));
        Assert.Equal(expected.Y, actual.Y, Rounding * (1000 + Math.Abs(expected.Y)));
    }
}
