using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

public sealed class FcosAssignerTests
{
    private static readonly LocationGrid Grid = new([(8, 16, 20), (16, 8, 10), (32, 4, 5)]);

    /// <summary>Whole numbers often hit the cells' centers, and sizes that come often make ties.</summary>
    public static Arbitrary<float[][]> Boxes()
    {
        var side = Gen.OneOf(Gen.Choose(1, 89), Gen.Elements(20, 40));
        var box = from x in Gen.Choose(-5, 149)
                  from y in Gen.Choose(-5, 119)
                  from width in side
                  from height in side
                  select new float[] { x, y, x + width, y + height };
        return Arb.From(Gen.Choose(0, 7).SelectMany(box.ArrayOf), boxes => boxes.Select(left => boxes.Where(box => box != left).ToArray()));
    }

    [Property(Arbitrary = [typeof(FcosAssignerTests)])]
    public void Agrees_with_the_definition_at_every_location(float[][] boxes, bool anywhere)
    {
        double? radius = anywhere ? null : 1.5;
        var ranges = FcosAssigner.Ranges(30, 60);
        using var scope = NewDisposeScope();
        var truth = new Instances(tensor(boxes.SelectMany(box => box).ToArray(), [boxes.Length, 4]), arange(boxes.Length));
        var targets = new FcosAssigner(ranges, radius).Assign(Grid, [truth], CPU);

        var expected = Enumerable.Range(0, Grid.Count).Select(location => Owner(boxes, location, ranges, radius)).ToArray();
        Assert.Equal(expected.Select(box => (long)box), HostValues.Longs(targets.Labels(-1)));
        Assert.Equal(expected.Count(box => box >= 0), targets.Count);
    }

    [Fact]
    public void Grid_and_ranges_must_agree() =>
        Assert.Throws<ArgumentException>(() => new FcosAssigner(FcosAssigner.PublishedRanges).Assign(Grid, [], CPU));

    private static int Owner(float[][] boxes, int location, IReadOnlyList<SizeRange> ranges, double? radius)
    {
        var level = Grid.LevelOf(location);
        var (x, y) = Grid.PointOf(location);
        var reach = (float)(Grid.Levels[level].Stride * radius ?? float.PositiveInfinity);
        var (owner, smallest) = (-1, float.PositiveInfinity);
        foreach (var (i, box) in boxes.Index())
        {
            var (centerX, centerY) = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
            float[] inner = [x - box[0], y - box[1], box[2] - x, box[3] - y];
            var inside = inner.Min() > 0 && Math.Abs(x - centerX) < reach && Math.Abs(y - centerY) < reach;
            var area = (box[2] - box[0]) * (box[3] - box[1]);
            if (inside && inner.Max() >= ranges[level].Min && inner.Max() <= ranges[level].Max && area < smallest)
                (owner, smallest) = (i, area);
        }
        return owner;
    }
}
