using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class FasterRcnnRecipeTests
{
    private static readonly PublishedFasterRcnn Published = new(
        PixelNormalization.CaffeBgr, new SwinRecipe(Frozen: 2, Channels: 8, Depths: [1, 1, 1, 1], Heads: [1, 1, 1, 1], DropPath: 0.1));

    [Fact]
    public void Published_one_stands_on_any_backbone_at_strides_4_to_64()
    {
        using var scope = NewDisposeScope();
        var recipe = Published with { Masks = true, Form = RcnnForm.Detectron2, FocalGamma = 1.5, PositiveAnchors = 0.25 };
        Assert.Empty(recipe.Problems());
        using var detector = (FasterRcnn)recipe.Build(3);

        Assert.Equal([[32, 32], [16, 16], [8, 8], [4, 4], [2, 2]], detector.Features(randn(1, 3, 128, 128)).Select(level => level.shape[2..]));
        Assert.True(detector.HasMasks);
        Assert.Equal(3, detector.Classes);
        Assert.Equal(new ProposalLimits(2000, 1000), detector.TrainingLimits);
        Assert.Equal(new ProposalLimits(1000, 1000), detector.InferenceLimits);
    }

    [Fact]
    public void Parameters_are_named_as_in_detectron2()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Published(
            ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1, outputs: 4), 2, channels: 4, hidden: 8, masks: true);
        var names = detector.named_parameters().Select(entry => entry.name).ToHashSet();

        Assert.Superset(
            new HashSet<string>
            {
                "backbone.bottom_up.res2.0.conv1.weight", "backbone.fpn_lateral2.weight", "backbone.fpn_output5.bias",
                "proposal_generator.rpn_head.conv.weight", "proposal_generator.rpn_head.objectness_logits.bias",
                "proposal_generator.rpn_head.anchor_deltas.weight", "roi_heads.box_head.fc1.weight", "roi_heads.box_head.fc2.bias",
                "roi_heads.box_predictor.cls_score.weight", "roi_heads.box_predictor.bbox_pred.bias", "roi_heads.mask_head.mask_fcn4.weight",
                "roi_heads.mask_head.deconv.weight", "roi_heads.mask_head.predictor.bias",
            },
            names);
        Assert.DoesNotContain(names, name => name.Contains("top_block", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_out_of_range_are_refused_by_key()
    {
        Assert.Equal(["scoreThreshold: must be in 0..1 and below 1, not 1.5"], (Published with { ScoreThreshold = 1.5 }).Problems());
        Assert.Equal(["focalGamma: must not be negative, is -1"], (Published with { FocalGamma = -1 }).Problems());
        Assert.Equal(["positiveAnchors: must be above 0 and at most 1, not 0"], (Published with { PositiveAnchors = 0 }).Problems());
        Assert.Equal(
            ["backbone.frozen: must be in 0..5, not 7"], (Published with { Backbone = Published.Backbone with { Frozen = 7 } }).Problems());
    }
}
