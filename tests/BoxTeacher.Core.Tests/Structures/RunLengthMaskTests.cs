using BoxTeacher.Masks;
using BoxTeacher.Structures;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BoxTeacher.Tests.Structures;

/// <summary>Two bitmaps of one size: any, as narrow as can be, and about as wide as the words that runs are counted in.</summary>
public sealed record Bitmaps(int Height, int Width, byte[] First, byte[] Second)
{
    public static Arbitrary<Bitmaps> Any()
    {
        var side = Gen.OneOf(Gen.Choose(1, 40), Gen.Elements(1, 63, 64, 131, 200));
        var bitmaps = from height in side
                      from width in side
                      from first in Pixels(height * width)
                      from second in Pixels(height * width)
                      select new Bitmaps(height, width, first, second);
        return bitmaps.ToArbitrary();
    }

    private static Gen<byte[]> Pixels(int count) =>
        from percent in Gen.OneOf(Gen.Choose(0, 100), Gen.Elements(0, 2, 97, 100))
        from pixels in Gen.Choose(0, 99).Select(draw => draw < percent ? (byte)1 : (byte)0).ArrayOf(count)
        select pixels;
}

/// <summary>Masks of every shape of image, against a pixel-by-pixel reckoning.</summary>
public class RunLengthMaskTests
{
    [Property(Arbitrary = [typeof(Bitmaps)])]
    public void Bitmaps_survive_and_are_measured(Bitmaps bitmaps)
    {
        var (height, width, pixels, _) = bitmaps;

        var mask = RunLengthMask.Encode(pixels, height, width);

        Assert.Equal(pixels, mask.Decode());
        Assert.Equal(pixels.Sum(pixel => pixel), mask.Area);
        Assert.Equal(height * width, mask.ToCounts().Sum(run => run));
        var inside = Enumerable.Range(0, pixels.Length).Where(i => pixels[i] != 0).ToList();
        if (inside.Count > 0)
        {
            Assert.Equal(
                Box.FromCorners(inside.Min(i => i % width), inside.Min(i => i / width), inside.Max(i => i % width) + 1, inside.Max(i => i / width) + 1),
                mask.Bounds);
        }
    }

    [Property(Arbitrary = [typeof(Bitmaps)])]
    public void Set_operations_and_overlap_agree_with_pixels(Bitmaps bitmaps)
    {
        var (height, width, a, b) = bitmaps;
        var (first, second) = (RunLengthMask.Encode(a, height, width), RunLengthMask.Encode(b, height, width));
        int both = a.Zip(b).Count(pair => pair is (1, 1)), either = a.Zip(b).Count(pair => pair is not (0, 0));

        Assert.Equal(a.Zip(b, (p, q) => (byte)(p | q)), RunLengthMask.Union(first, second).Decode());
        Assert.Equal(a.Zip(b, (p, q) => (byte)(p & q)), RunLengthMask.Intersect(first, second).Decode());
        Assert.Equal(a.Zip(b, (p, q) => (byte)(p & ~q)), first.Except(second).Decode());
        Assert.Equal(either == 0 ? 0 : (double)both / either, RunLengthMask.IoU(first, second));
        Assert.Equal(both == 0 ? 0 : (double)both / first.Area, RunLengthMask.IoU(first, second, crowd: true));
    }

    [Theory]
    [InlineData("p")]
    [InlineData("0 ")]
    [InlineData("P")]
    [InlineData("oooooooooooooooo")]
    [InlineData("0O")]
    public void Malformed_codes_are_refused(string codes) =>
        Assert.Throws<FormatException>(() => RunLengthMask.FromCompressed(codes, 10, 10));

    [Fact]
    public void Sizes_out_of_range_are_refused()
    {
        Assert.Throws<FormatException>(() => RunLengthMask.FromCounts([], 0, 5));
        Assert.Throws<FormatException>(() => RunLengthMask.FromCounts([], 65_535, 65_535));
        Assert.Throws<ArgumentException>(() => RunLengthMask.Encode(new byte[11], 3, 4));
        Assert.Throws<ArgumentException>(() => RunLengthMask.Union(RunLengthMask.FromCounts([6], 2, 3), RunLengthMask.FromCounts([6], 3, 2)));
    }
}
