using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Colors and affinities against the published implementation.</summary>
public sealed class AffinityGoldenTests
{
    private const string Color = "boxteacher/c_color";
    private const string Masks = "boxteacher/d_mask_affinity";

    [GoldenFact(Color + ".json")]
    public void Lab_agrees()
    {
        foreach (var instance in Of("rgb2lab"))
        {
            using var scope = NewDisposeScope();
            var rgb = instance["in.rgb"];
            GoldenAssert.Close(instance["out.lab"], ColorSimilarity.Lab(rgb), 2e-4, 1e-5, $"{instance}");
            GoldenAssert.Close(instance["out.lab@f64"], ColorSimilarity.Lab(rgb.to(float64)), 1e-7, 1e-9, $"{instance}, double");
        }
    }

    [GoldenFact(Color + ".json")]
    public void Neighbors_agree()
    {
        foreach (var instance in Of("unfold_wo_center"))
        {
            using var scope = NewDisposeScope();
            var (pairs, x) = (PairsOf(instance), instance["in.x"]);
            // Both ends of each pair: those after the center are seconds, those before it are firsts.
            var expected = instance["out.unfold"];
            GoldenAssert.Equal(expected.narrow(2, pairs.Count, pairs.Count), pairs.Second(x), $"{instance}");
            var ends = pairs.Unfold(x.unsqueeze(2).expand(-1, -1, pairs.Count, -1, -1));
            GoldenAssert.Equal(expected.narrow(2, 0, pairs.Count), ends.narrow(2, 0, pairs.Count), $"{instance}");
        }
    }

    [GoldenFact(Color + ".json")]
    public void Similarity_agrees()
    {
        foreach (var instance in Of("get_images_color_similarity"))
        {
            using var scope = NewDisposeScope();
            var pairs = PairsOf(instance);
            // "Only color" leaves the lightness out.
            var onlyColor = instance.Attributes.TryGetProperty("only_color", out var flag) && flag.GetBoolean();
            var lab = instance["in.lab"];
            var similarity = pairs.Unfold(ColorSimilarity.OfPairs(onlyColor ? lab.narrow(1, 1, 2) : lab, pairs));
            GoldenAssert.Close(instance["out.similarity"], similarity * ValidEnds(instance["in.valid"], pairs), 1e-6, 1e-5, $"{instance}");
        }
    }

    [GoldenFact(Color + ".json")]
    public void Chain_from_pixels_agrees()
    {
        foreach (var instance in Of("chain"))
        {
            using var scope = NewDisposeScope();
            var pairs = new PixelPairs();
            var rgb = instance["in.bgr_u8"].flip(0).unsqueeze(0);
            var cells = ColorSimilarity.Shrink(rgb, instance.Int("stride"));
            GoldenAssert.Equal(instance["out.byte"], cells, $"{instance} cells");
            var lab = ColorSimilarity.Lab(cells);
            GoldenAssert.Close(instance["out.lab"], lab, 2e-4, 1e-5, $"{instance} Lab");

            var full = instance["in.valid_full"];
            var stride = instance.Int("stride");
            var valid = full.slice(0, stride / 2, full.size(0), stride).slice(1, stride / 2, full.size(1), stride);
            var similarity = pairs.Unfold(ColorSimilarity.OfPairs(lab, pairs)) * ValidEnds(valid, pairs);
            GoldenAssert.Close(instance["out.similarity"], similarity, 1e-5, 1e-5, $"{instance} similarity");
        }
    }

    [GoldenFact(Masks + ".json")]
    public void Mask_affinity_agrees()
    {
        foreach (var instance in GoldenCase.Load(Masks).Instances.Where(instance => instance.Has("out.affinity")))
        {
            using var scope = NewDisposeScope();
            var pairs = PairsOf(instance);
            var affinity = pairs.Unfold(Affinity.OfMasks(MaskSmoothing.Mean3x3(instance["in.masks"]), pairs)) * ValidEnds(instance["in.valid"], pairs);
            GoldenAssert.Close(instance["out.affinity"], affinity, 1e-5, 1e-5, $"{instance}");
        }
    }

    [GoldenFact("boxteacher/m_schedules.json")]
    public void Removed_rows_agree()
    {
        var table = GoldenCase.Load("boxteacher/m_schedules").Instances.Single(instance => instance.Has("out.table"))["out.table"];
        var numbers = HostValues.Longs(table);
        Assert.All(numbers.Chunk(3), row => Assert.Equal(row[2], MaskGrid.RemovedRows((int)row[0], (int)row[1])));
    }

    /// <summary>The valid mask at the neighbor, for all neighbors of a window.</summary>
    private static Tensor ValidEnds(Tensor valid, PixelPairs pairs)
    {
        var after = pairs.Second(valid);
        var before = pairs.Unfold(valid.unsqueeze(0).expand(pairs.Count, -1, -1)).narrow(0, 0, pairs.Count);
        return cat([before, after]);
    }

    private static IEnumerable<GoldenInstance> Of(string function) => GoldenCase.Load(Color).Instances
        .Where(instance => instance.Attributes.GetProperty("fn").GetString() == function);

    private static PixelPairs PairsOf(GoldenInstance instance) => new(instance.Int("size"), instance.Int("dilation"));
}
