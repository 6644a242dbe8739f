using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Views;

public class ViewTests
{
    [Fact]
    public void A_transform_and_its_inverse_cancel()
    {
        var size = new ImageSize(40, 60);
        var transform = Homography.Resize(size, new ImageSize(100, 150)).Then(Homography.HorizontalFlip(150));
        var box = Box.FromCorners(3, 5, 20, 31);

        var moved = transform.Apply(box);
        var back = transform.Inverse().Apply(moved);

        Assert.Equal(Box.FromCorners(100, 12.5, 142.5, 77.5), moved);
        Assert.Equal(box.X0, back.X0, 12);
        Assert.Equal(box.Y1, back.Y1, 12);
    }

    [Fact]
    public void Masks_follow_the_pixels_through_resize_and_flip()
    {
        var bytes = new byte[6 * 10];
        bytes.AsSpan(0, 4).Fill(1); // a bar in the top left corner
        var mask = RunLengthMask.Encode(bytes, 6, 10);
        var transform = Homography.Resize(new ImageSize(6, 10), new ImageSize(12, 20)).Then(Homography.HorizontalFlip(20));

        var (moved, none) = new ShapeTransform(transform, mask.Size, new ImageSize(12, 20)).Apply(new Segmentation.RunLength(mask));

        Assert.Null(none);
        Assert.Equal(new ImageSize(12, 20), moved.Size);
        Assert.Equal(Box.FromCorners(12, 0, 20, 2), moved.Bounds);
        Assert.Equal(16, moved.Area);
    }

    [Fact]
    public void Outlines_are_moved_before_they_become_pixels()
    {
        var outline = new Segmentation.Polygons([[1.0, 1, 5, 1, 5, 4, 1, 4]]);
        var transform = Homography.HorizontalFlip(10);

        var (mask, moved) = new ShapeTransform(transform, new ImageSize(6, 10), new ImageSize(6, 10)).Apply(outline);

        Assert.Equal(Box.FromCorners(5, 1, 9, 4), mask.Bounds);
        Assert.Equal([9, 1, 5, 1, 5, 4, 9, 4], Assert.Single(moved!.Rings));
        Assert.Equal(12, moved.Area);
    }

    [Fact]
    public void Crowds_and_boxes_outside_are_left_out_and_others_clipped()
    {
        using var scenes = new SceneFolder(1);
        var record = scenes.Dataset.Images[0];
        Annotation Marked(Box box, bool crowd = false) => new(7, 1, box, box.Area, crowd, null);
        record = record with
        {
            Annotations =
            [
                Marked(Box.FromCorners(-5, 10, 20, 80)), Marked(Box.FromCorners(1, 1, 9, 9), crowd: true), Marked(Box.FromCorners(70, 1, 90, 9)),
                Marked(Box.FromCorners(5, 5, 5 + 1e-6, 9)),
            ],
        };
        var sample = SampleMakers.SharedGeometry(new GeometryAugmentation([64], 64, 0), null)(record, new RandomStream(0));

        var item = Assert.Single(sample.Objects(sample.Weak, Supervision.Boxes));

        Assert.Equal(Box.FromCorners(0, 10, 20, 64), item.Box);
        Assert.Null(item.Mask);
    }

    [Fact]
    public void Masks_are_handed_on_only_where_the_method_may_see_them()
    {
        using var scenes = new SceneFolder(1);
        var record = scenes.Dataset.Images[0];
        var geometry = new GeometryAugmentation([96], 96, 1);

        var sample = SampleMakers.SharedGeometry(geometry, null)(record, new RandomStream(1));
        Assert.All(sample.Objects(sample.Weak, Supervision.Boxes), item => Assert.Null(item.Mask));
        Assert.All(sample.Objects(sample.Weak, Supervision.Masks), item =>
        {
            Assert.Equal(item.Box.X0, item.Mask!.Bounds.X0, 1.5);
            Assert.Equal(item.Box.Y1, item.Mask.Bounds.Y1, 1.5);
        });
        var unmarked = sample with { Source = record with { Annotations = [record.Annotations[0] with { Segmentation = null }] } };
        Assert.Single(unmarked.Objects(unmarked.Weak, Supervision.Boxes));
        var error = Assert.Throws<InvalidDataException>(() => unmarked.Objects(unmarked.Weak, Supervision.Masks));
        Assert.StartsWith($"{record.FileName}: annotation 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Polygons_are_handed_on_as_outlines_that_leave_the_view_with_their_object()
    {
        using var scope = NewDisposeScope();
        using var scenes = new SceneFolder(1);
        var record = scenes.Dataset.Images[0];
        Annotation Marked(Segmentation shape) => new(0, 1, Box.FromCorners(-4, 2, 10, 8), 84, false, shape);
        var bitmap = record.Annotations[0].Segmentation!;
        Annotation[] annotations = [Marked(new Segmentation.Polygons([[-4.0, 2, 10, 2, 10, 8, -4, 8]])), Marked(bitmap)];

        var outlines = Truth(Supervision.Masks, annotations).Outlines!;

        Assert.Equal(2, outlines.Count);
        // Mirrored in a view of twice the size.
        Assert.Equal([136, 4, 108, 4, 108, 16, 136, 16], Assert.Single(outlines[0]!.Rings));
        Assert.Null(outlines[1]);
        Assert.Null(Truth(Supervision.Boxes, annotations).Outlines);
        Assert.Null(Truth(Supervision.Masks, annotations[1]).Outlines);

        Instances Truth(Supervision supervision, params Annotation[] known)
        {
            var twice = new GeometryAugmentation([128], 128, 1);
            var loader = new ViewLoader(
                [record with { Annotations = known }], [[new SampleKey(0, 0)]], SampleMakers.SharedGeometry(twice, null), supervision,
                PixelNormalization.CaffeBgr, new RandomStream(0), CPU);
            return loader.Views().Single().Weak.Truth[0];
        }
    }

    [Fact]
    public void Strong_views_share_geometry_and_differ_in_color()
    {
        using var scenes = new SceneFolder(1);
        var maker = SampleMakers.SharedGeometry(new GeometryAugmentation([64], 64, 0.5), ColorAugmentation.StrongV2);
        var changed = 0;
        for (var seed = 0UL; seed < 40; seed++)
        {
            var sample = maker(scenes.Dataset.Images[0], new RandomStream(seed));
            Assert.Equal(sample.Weak.FromOriginal, sample.Strong.FromOriginal);
            changed += sample.Weak.Image.Pixels.AsSpan().SequenceEqual(sample.Strong.Image.Pixels) ? 0 : 1;
        }

        Assert.InRange(changed, 28, 40); // nothing happens with probability 0.2 * 0.8 * 0.5
    }

    [Property]
    public void Augmentation_leaves_the_given_image_alone_and_repeats_from_its_seed(ulong seed)
    {
        var image = new Image([.. Enumerable.Range(0, 300).Select(i => (byte)(i * 7))], 10, 10);
        var before = image.Pixels.ToArray();

        var first = ColorAugmentation.StrongV2.Apply(image, new RandomStream(seed));
        var second = ColorAugmentation.StrongV2.Apply(image, new RandomStream(seed));

        Assert.Equal(before, image.Pixels);
        Assert.Equal(first.Pixels, second.Pixels);
    }
}
