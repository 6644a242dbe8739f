using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The dynamic mask head, aligned_bilinear and locations against the published implementation.</summary>
public sealed class MaskHeadGoldenTests
{
    private const string Case = "boxteacher/e_mask_head";

    [GoldenTheory(Case + ".json")]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Mask_head_agrees_in_logits_and_gradients(ScalarType type)
    {
        foreach (var instance in Of("mask_heads_forward_with_coords"))
        {
            using var scope = NewDisposeScope();
            var head = HeadOf(instance);
            var features = instance["in.mask_feats"].to(type).requires_grad_();
            var parameters = instance["in.params"].to(type).requires_grad_();
            // The head wants instances ordered by image.
            var images = HostValues.Longs(instance["in.im_inds"]);
            var levels = HostValues.Longs(instance["in.fpn_levels"]);
            var order = Enumerable.Range(0, images.Length).OrderBy(i => images[i]).ToArray();
            var index = tensor(Array.ConvertAll(order, i => (long)i));
            var instances = new MaskInstances(
                Array.ConvertAll(order, i => (int)images[i]),
                Array.ConvertAll(order, i => (int)levels[i]),
                HostValues.Floats(instance["in.locations"][index]),
                parameters[index]);
            var logits = head.call(features, instances);
            GoldenAssert.Close(instance["out.logits"][index], logits, 1e-4, 1e-5, $"{instance} logits");
            (logits * instance["in.upstream"][index]).sum().backward();
            GoldenAssert.Close(instance["grad.mask_feats"], features.grad!, 1e-4, 1e-5, $"{instance} mask feature gradient");
            GoldenAssert.Close(instance["grad.params"], parameters.grad!, 1e-4, 1e-5, $"{instance} parameter gradient");
        }
    }

    [GoldenFact(Case + ".json")]
    public void Aligned_bilinear_agrees_in_values_and_gradients()
    {
        foreach (var instance in Of("aligned_bilinear"))
        {
            using var scope = NewDisposeScope();
            var expected = instance["out.up"];
            var input = (instance.Has("in.x") ? instance["in.x"] : zeros(0, 1, 4, 4)).requires_grad_();
            var output = AlignedBilinear.Upsample(input, instance.Int("factor"));
            GoldenAssert.Close(expected, output, 1e-5, 1e-5, $"{instance}");
            if (!instance.Has("grad.x"))
                continue;
            (output * instance["in.upstream"]).sum().backward();
            GoldenAssert.Close(instance["grad.x"], input.grad!, 1e-5, 1e-5, $"{instance} gradient");
        }
    }

    [GoldenFact(Case + ".json")]
    public void Locations_agree()
    {
        foreach (var instance in Of("compute_locations"))
        {
            using var scope = NewDisposeScope();
            var grid = new LocationGrid([(instance.Int("stride"), instance.Int("h"), instance.Int("w"))]);
            GoldenAssert.Equal(instance["out.locations"], grid.Points(), $"{instance}");
        }
    }

    private static List<GoldenInstance> Of(string function)
    {
        var instances = GoldenCase.Load(Case).Instances.Where(instance => instance.Attributes.GetProperty("fn").GetString() == function).ToList();
        Assert.NotEmpty(instances);
        return instances;
    }

    private static DynamicMaskHead HeadOf(GoldenInstance instance) => new(
        [.. instance.Ints("sizes_of_interest").Select(size => (long)size)],
        instance.Int("in_channels"),
        instance.Int("mask_feat_stride"),
        instance.Int("mask_out_stride"),
        instance.Int("channels"),
        instance.Int("num_layers"),
        instance.Attributes.GetProperty("rel_coords").GetBoolean());
}
