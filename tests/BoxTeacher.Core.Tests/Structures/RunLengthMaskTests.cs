using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Structures;

/// <summary>Masks of every shape of image, against a pixel-by-pixel reckoning.</summary>
public class RunLengthMaskTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 200)]
    [InlineData(200, 1)]
    [InlineData(7, 63)]
    [InlineData(33, 64)]
    [InlineData(48, 131)]
    public void Bitmaps_survive_and_are_measured(int height, int width)
    {
        var random = new Random(height + width);
        foreach (double density in new[] { 0, 0.02, 0.5, 0.97, 1 })
        {
            byte[] pixels = Bitmap(random, height, width, density);

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
    }

    [Fact]
    public void Set_operations_and_overlap_agree_with_pixels()
    {
        var random = new Random(5);
        for (int round = 0; round < 50; round++)
        {
            int height = random.Next(1, 40), width = random.Next(1, 80);
            byte[] a = Bitmap(random, height, width, random.NextDouble()), b = Bitmap(random, height, width, random.NextDouble());
            var (first, second) = (RunLengthMask.Encode(a, height, width), RunLengthMask.Encode(b, height, width));
            int both = a.Zip(b).Count(pair => pair is (1, 1)), either = a.Zip(b).Count(pair => pair is not (0, 0));

            Assert.Equal(a.Zip(b, (p, q) => (byte)(p | q)), RunLengthMask.Union(first, second).Decode());
            Assert.Equal(a.Zip(b, (p, q) => (byte)(p & q)), RunLengthMask.Intersect(first, second).Decode());
            Assert.Equal(a.Zip(b, (p, q) => (byte)(p & ~q)), first.Except(second).Decode());
            Assert.Equal(either == 0 ? 0 : (double)both / either, RunLengthMask.IoU(first, second));
            Assert.Equal(both == 0 ? 0 : (double)both / first.Area, RunLengthMask.IoU(first, second, crowd: true));
        }
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

    private static byte[] Bitmap(Random random, int height, int width, double density) =>
        [.. Enumerable.Range(0, height * width).Select(_ => random.NextDouble() < density ? (byte)1 : (byte)0)];
}
