using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Networks of the CenterMask cases under their published names: their sizes are those of their weights.</summary>
internal static class SharedNetworks
{
    public static RoiMaskHead MaskHead(ReferenceGroup group, string prefix)
    {
        var (first, predictor) = (group.SharedTensor(prefix + "mask_fcn1.weight").shape, group.SharedTensor(prefix + "predictor.weight").shape);
        var kernel = (int)group.SharedTensor(prefix + "spatialAtt.conv.weight").size(2);
        return Loaded(group, prefix, new RoiMaskHead(
            (int)first[1], (int)predictor[0], Convolutions(group, prefix + "mask_fcn"), (int)first[0], attention: new SpatialAttention(kernel)));
    }

    public static MaskIouHead MaskIouHead(ReferenceGroup group, string prefix)
    {
        var (first, last) = (group.SharedTensor(prefix + "maskiou_fcn1.weight").shape, group.SharedTensor(prefix + "maskiou.weight").shape);
        return Loaded(group, prefix, new MaskIouHead(
            (int)first[1] - 1, (int)last[0], Convolutions(group, prefix + "maskiou_fcn"), (int)first[0], (int)last[1]));
    }

    /// <summary>A head over levels from stride 8 on.</summary>
    public static FcosHead FcosHead(ReferenceGroup group, string prefix, int groups)
    {
        var classes = (int)group.SharedTensor(prefix + "cls_logits.weight").size(0);
        var channels = (int)group.SharedTensor(prefix + "cls_logits.weight").size(1);
        var levels = group.Shared(prefix + "scales.").Count();
        // A tower is convolution, norm and activation again and again.
        int Depth(string tower) => group.Shared(prefix + tower).Count(name => name.EndsWith(".weight", StringComparison.Ordinal)) / 2;
        return Loaded(group, prefix, new FcosHead(
            [.. Enumerable.Range(0, levels).Select(level => new FeatureLevel(8 << level, channels))], classes, Depth("cls_tower."),
            Depth("bbox_tower."), groups));
    }

    /// <summary>A whole detector.</summary>
    public static CenterMask CenterMask(ReferenceGroup group, string network, CenterMaskStages stages)
    {
        long[] Shape(string name) => group.SharedTensor(network + name).shape;
        const string BottomUp = "backbone.bottom_up.";
        var channels = (int)Shape("backbone.fpn_lateral3.weight")[0];
        var bottomUp = ResNet.Bottleneck(
            50, stemChannels: (int)Shape(BottomUp + "stem.conv1.weight")[0], channels: (int)Shape(BottomUp + "res2.0.conv3.weight")[0],
            width: (int)Shape(BottomUp + "res2.0.conv1.weight")[0]);
        // Groups are no weight: detectron2's default.
        return Loaded(group, network, new CenterMask(
            new FeaturePyramid(bottomUp, channels, new ConvolutionTop(channels)),
            FcosHead(group, network + "proposal_generator.fcos_head.", groups: 32),
            MaskHead(group, network + "roi_heads.mask_head."),
            MaskIouHead(group, network + "roi_heads.maskiou_head."),
            stages));
    }

    /// <summary>Outputs "grad.NAME" of a module.</summary>
    public static void CheckGradients(ReferenceCase c, nn.Module module, string prefix)
    {
        var parameters = module.named_parameters().ToDictionary(entry => prefix + entry.name, entry => entry.parameter);
        foreach (var output in c.OutputNames.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)))
            c.Close(output, parameters[output["grad.".Length..]].grad!);
    }

    private static int Convolutions(ReferenceGroup group, string beginning) =>
        group.Shared(beginning).Count(name => name.EndsWith(".weight", StringComparison.Ordinal));

    private static T Loaded<T>(ReferenceGroup group, string prefix, T module) where T : nn.Module
    {
        var state = module.state_dict();
        var names = group.Shared(prefix).Select(name => name[prefix.Length..]).ToList();
        Assert.Equal(state.Keys.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        foreach (var name in names)
            CenterMaskReference.Set(state[name], group.SharedTensor(prefix + name));
        return module;
    }
}
