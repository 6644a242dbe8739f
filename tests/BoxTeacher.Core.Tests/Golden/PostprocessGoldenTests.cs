using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Masks at image size, their quality and the re-weighted scores against the published implementation.</summary>
public sealed class PostprocessGoldenTests
{
    private const string Case = "boxteacher/h_postprocess";

    [GoldenFact(Case + ".json")]
    public void Postprocessing_agrees()
    {
        foreach (var instance in GoldenCase.Load(Case).Instances)
        {
            using var scope = NewDisposeScope();
            var scores = HostValues.Floats(instance["in.scores"]);
            var candidates = new BoxCandidates(HostValues.Floats(instance["in.boxes"]), scores, new long[scores.Length], new int[scores.Length]);
            double? threshold = instance.Number("mask_threshold") is >= 0 and var limit ? limit : null;
            var (network, output) = (SizeOf(instance, "net_hw"), SizeOf(instance, "out_hw"));
            var kept = instance["out.kept"];
            var (soft, maskScores) = GoldenModel.Postprocess(candidates, instance["in.probs"], network, output, threshold);
            var found = threshold is { } t
                ? GoldenModel.Tensors(MaskPostprocess.Apply(candidates, instance["in.probs"], network, output, t), output)
                : soft;

            Assert.Equal(HostValues.Longs(kept), candidates.Rescaled(network, output).Rows.Select(row => (long)row));
            GoldenAssert.Close(instance["out.boxes"], found.Boxes, 1e-4, 1e-5, $"{instance} boxes");
            GoldenAssert.Close(instance["out.scores"], found.Scores!, 1e-5, 1e-5, $"{instance} scores");
            GoldenAssert.Close(instance["out.mask_score"], maskScores, 1e-5, 1e-5, $"{instance} mask scores");
            var enlarged = MaskPostprocess.Resize(instance["in.probs"].index_select(0, kept), network, output);
            GoldenAssert.Close(instance["out.soft"], enlarged, 1e-5, 1e-5, $"{instance} probabilities");
            var masks = instance["out.masks"];
            if (threshold is null)
                GoldenAssert.Close(masks, found.Masks!, 1e-5, 1e-5, $"{instance} soft masks");
            else
                Assert.True(masks.ne(found.Masks!).sum().item<long>() <= 0.0005 * masks.numel(), $"{instance}: masks differ.");
        }
    }

    [GoldenFact(Case + ".json")]
    public void Mask_quality_agrees_in_double_precision()
    {
        foreach (var instance in GoldenCase.Load(Case).Instances.Where(instance => instance.Has("out.mask_score@f64")))
        {
            using var scope = NewDisposeScope();
            double? threshold = instance.Number("mask_threshold") is >= 0 and var limit ? limit : null;
            var kept = instance["out.kept"];
            var soft = MaskPostprocess.Resize(instance["in.probs"].index_select(0, kept).to(float64), SizeOf(instance, "net_hw"), SizeOf(instance, "out_hw"));
            var fcos = instance["in.scores"].index_select(0, kept).to(float64);
            var quality = MaskPostprocess.Quality(soft, threshold);
            GoldenAssert.Close(instance["out.scores@f64"], (fcos * quality).sqrt(), 1e-12, 1e-9, $"{instance} scores");
            GoldenAssert.Close(instance["out.mask_score@f64"], (fcos.sqrt() * quality).sqrt(), 1e-12, 1e-9, $"{instance} mask scores");
        }
    }

    private static ImageSize SizeOf(GoldenInstance instance, string attribute) => new(instance.Ints(attribute)[0], instance.Ints(attribute)[1]);
}
