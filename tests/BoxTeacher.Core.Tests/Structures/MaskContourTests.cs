using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Structures;

/// <summary>Contours of bitmaps.</summary>
public sealed class MaskContourTests
{
    [Fact]
    public void Pixels_that_touch_at_a_corner_stay_apart()
    {
        var contours = Trace(
            "....",
            ".#..",
            "..#.",
            "....");

        Assert.Equal(2, contours.Count);
        // Each begins where the segment of its last square ends.
        Assert.Equal([1, 1.5, 0.5, 1, 1, 0.5, 1.5, 1, 1, 1.5], contours[0]);
        Assert.Equal([2, 2.5, 1.5, 2, 2, 1.5, 2.5, 2, 2, 2.5], contours[1]);
    }

    [Fact]
    public void A_contour_that_the_border_cuts_stays_open()
    {
        Assert.Equal([1.5, 0, 1.5, 1, 1, 1.5, 0, 1.5], Assert.Single(Trace("##..", "##..", "....")));
        // A bar from border to border has two.
        Assert.Equal(2, Trace("....", "####", "....").Count);
    }

    [Fact]
    public void Masks_without_a_border_inside_have_none()
    {
        Assert.Empty(Trace("###", "###"));
        Assert.Empty(Trace("...", "..."));
        Assert.Empty(Trace("#.#"));
        Assert.Throws<ArgumentException>(() => MaskContours.Trace(new byte[5], 2, 3));
    }

    [Fact]
    public void Every_border_between_pixels_is_passed_once()
    {
        var random = new RandomStream(1);
        var mask = new byte[40 * 30];
        foreach (ref var pixel in mask.AsSpan())
        {
            pixel = (byte)(random.Chance(0.5) ? 255 : 0);
        }

        var borders = Enumerable.Range(0, 40 * 30).Sum(at =>
            (at % 30 < 29 && mask[at] != mask[at + 1] ? 1 : 0) + (at + 30 < mask.Length && mask[at] != mask[at + 30] ? 1 : 0));
        var contours = MaskContours.Trace(mask, 40, 30);

        Assert.Equal(borders, contours.Sum(ring => ring.Length / 2 - (ring[0] == ring[^2] && ring[1] == ring[^1] ? 1 : 0)));
        var points = contours.SelectMany(ring => ring.Chunk(2).Select(point => (point[0], point[1])));
        Assert.Equal(borders, points.Distinct().Count());
    }

    private static IReadOnlyList<double[]> Trace(params string[] rows) =>
        MaskContours.Trace([.. rows.SelectMany(row => row.Select(pixel => (byte)(pixel == '#' ? 1 : 0)))], rows.Length, rows[0].Length);
}
