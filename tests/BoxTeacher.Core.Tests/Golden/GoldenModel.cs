using System.Text.Json;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Detectors built from the configuration that a reference case states, and their inputs.</summary>
internal static class GoldenModel
{
    /// <summary>A detector on the residual network that the configuration states, or on another backbone.</summary>
    public static CondInst Create(JsonElement configuration, Backbone? backbone = null)
    {
        var (fcos, mask) = (configuration.GetProperty("FCOS"), configuration.GetProperty("CONDINST"));
        var (maskHead, maskBranch) = (mask.GetProperty("MASK_HEAD"), mask.GetProperty("MASK_BRANCH"));
        var bottomUp = backbone ?? ResNetOf(configuration, deformable: null);
        var channels = Int(configuration, "FPN_OUT_CHANNELS");
        var pyramid = new FeaturePyramid(bottomUp, channels, new ConvolutionTop(channels));
        var branch = new MaskBranch([.. pyramid.Levels.Take(maskBranch.GetProperty("IN_FEATURES").GetArrayLength())],
            Int(maskBranch, "CHANNELS"), Int(maskBranch, "NUM_CONVS"), Int(maskBranch, "OUT_CHANNELS"));
        Assert.Equal("fg", fcos.GetProperty("LOSS_NORMALIZER_CLS").GetString());
        Assert.Equal("giou", fcos.GetProperty("LOC_LOSS_TYPE").GetString());
        var limits = fcos.GetProperty("SIZES_OF_INTEREST").EnumerateArray().Select(size => size.GetInt64()).ToArray();
        return new CondInst(
            pyramid,
            new FcosHead(pyramid.Levels, Int(fcos, "NUM_CLASSES"), Int(fcos, "NUM_CLS_CONVS"), Int(fcos, "NUM_BOX_CONVS"), prior: fcos.GetProperty("PRIOR_PROB").GetDouble()),
            branch,
            new DynamicMaskHead([.. limits, 2 * limits[^1]], branch.Outputs, branch.Stride, Int(mask, "MASK_OUT_STRIDE"), Int(maskHead, "CHANNELS"),
                Int(maskHead, "NUM_LAYERS"), !maskHead.GetProperty("DISABLE_REL_COORDS").GetBoolean()),
            new FcosAssigner(FcosAssigner.Ranges(Array.ConvertAll(limits, limit => (float)limit)), fcos.GetProperty("POS_RADIUS").GetDouble(), true),
            new FcosDecoder(fcos.GetProperty("INFERENCE_TH_TEST").GetDouble(), Int(fcos, "PRE_NMS_TOPK_TEST"), fcos.GetProperty("NMS_TH").GetDouble(),
                100, fcos.GetProperty("THRESH_WITH_CTR").GetBoolean()),
            MaskSampling.BestOfBoxes(Int(mask, "TOPK_PROPOSALS_PER_IM")),
            new FcosLoss(LtrbLoss.GeneralizedIou, FcosNormalizers.Positives, fcos.GetProperty("LOSS_ALPHA").GetDouble(), fcos.GetProperty("LOSS_GAMMA").GetDouble()));
    }

    /// <summary>Loads every weight by its published name; a missing or a superfluous one fails.</summary>
    public static CondInst Load(JsonElement configuration, string stateCase)
    {
        using var scope = NewDisposeScope();
        var model = Create(configuration);
        model.load_state_dict(GoldenCase.Load(stateCase).State());
        return model;
    }

    /// <summary>A model whose weights follow the formula of the reference set: nothing is stored but names, shapes and ranges.</summary>
    public static CondInst WithHashedWeights(JsonElement attributes, string salt)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var model = Create(attributes.GetProperty("cfg"), BackboneOf(attributes));
        var state = model.state_dict();
        foreach (var entry in attributes.GetProperty("weights").EnumerateArray())
        {
            var (name, shape) = (entry[0].GetString()!, entry[1].EnumerateArray().Select(side => side.GetInt64()).ToArray());
            var values = HashedWeights.Values(salt, name, shape.Aggregate(1L, (a, b) => a * b), entry[2].GetDouble(), entry[3].GetDouble());
            Assert.Equal(shape, state[name].shape);
            state[name].copy_(tensor(values, shape));
        }
        return model;
    }

    /// <summary>The backbone that a case states beside its configuration.</summary>
    private static Backbone BackboneOf(JsonElement attributes)
    {
        var configuration = attributes.GetProperty("cfg");
        if (attributes.GetProperty("swin") is not { ValueKind: JsonValueKind.Object } swin)
        {
            var deform = attributes.GetProperty("deform");
            bool[] stages = [.. deform.GetProperty("ON_PER_STAGE").EnumerateArray().Select(stage => stage.GetBoolean())];
            Assert.True(deform.GetProperty("MODULATED").GetBoolean() || !stages.Contains(true));
            return ResNetOf(configuration, stages, deform.TryGetProperty("NUM_GROUPS", out var groups) ? groups.GetInt32() : 1);
        }
        Assert.False(swin.GetProperty("APE").GetBoolean());
        int[] Ints(string name) => [.. swin.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
        return new SwinTransformer(Int(swin, "EMBED_DIM"), Ints("DEPTHS"), Ints("NUM_HEADS"), Int(swin, "WINDOW_SIZE"), Int(swin, "MLP_RATIO"),
            swin.GetProperty("DROP_PATH_RATE").GetDouble(), swin.GetProperty("OUT_FEATURES").GetArrayLength(), Int(configuration, "FREEZE_AT"));
    }

    private static ResNet ResNetOf(JsonElement configuration, bool[]? deformable, int offsetGroups = 1)
    {
        var resNet = configuration.GetProperty("RESNETS");
        return ResNet.Bottleneck(Int(resNet, "DEPTH"), resNet.GetProperty("STRIDE_IN_1X1").GetBoolean(), Int(configuration, "FREEZE_AT"),
            Int(resNet, "STEM_OUT_CHANNELS"), Int(resNet, "RES2_OUT_CHANNELS"), Int(resNet, "WIDTH_PER_GROUP"), deformable, offsetGroups);
    }

    /// <summary>A BGR image [3,h,w] uint8, normalized as the configuration says.</summary>
    public static Tensor Normalize(Tensor pixels, JsonElement configuration)
    {
        float[] Values(string name) => [.. configuration.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
        return (pixels.to(float32) - tensor(Values("PIXEL_MEAN"), [3, 1, 1])) / tensor(Values("PIXEL_STD"), [3, 1, 1]);
    }

    public static ImageBatch Batch(IEnumerable<Tensor> pixels, JsonElement configuration)
    {
        using var scope = NewDisposeScope();
        return ImageBatch.Collate([.. pixels.Select(image => Normalize(image, configuration))]).MoveToOuterDisposeScope();
    }

    /// <summary>What a detector finds, at the given sizes, step by step as its <see cref="CondInst.Detect"/> does it.</summary>
    /// <param name="model">The detector.</param>
    /// <param name="images">The images.</param>
    /// <param name="sizes">Sizes to give boxes and masks in.</param>
    /// <param name="threshold">Foreground probability of masks; null: they stay soft.</param>
    /// <returns>For each image the detections, and the published mask score sqrt(sqrt(c) * m).</returns>
    public static IEnumerable<(Instances Found, Tensor MaskScores)> Detect(
        CondInst model, ImageBatch images, IReadOnlyList<ImageSize> sizes, double? threshold = 0.5)
    {
        using var gradients = no_grad();
        var features = model.Extract(images.Images);
        var candidates = model.Candidates(features);
        var results = new List<(Instances, Tensor)>();
        var probabilities = model.MaskLogits(features, model.InstancesOf(features, candidates)).sigmoid();
        var first = 0;
        foreach (var (image, own) in candidates.Index())
        {
            results.Add(Postprocess(
                own, probabilities.narrow(0, first, own.Count), images.Sizes[image], sizes[image], threshold, model.MaskStride));
            first += own.Count;
        }

        return results;
    }

    /// <summary>
    /// <see cref="MaskPostprocess.Apply"/> with all masks at once, which may stay soft, and the published mask score sqrt(sqrt(c) * m).
    /// </summary>
    public static (Instances Found, Tensor MaskScores) Postprocess(
        BoxCandidates candidates, Tensor probabilities, ImageSize network, ImageSize output, double? threshold, int maskStride = 4)
    {
        var (boxes, rows) = candidates.Rescaled(network, output);
        var kept = candidates.Select(rows);
        var index = tensor(Array.ConvertAll(rows, row => (long)row), [rows.Length]);
        var soft = MaskPostprocess.Resize(probabilities.index_select(0, index), network, output, maskStride);
        var (scores, quality) = (tensor(kept.Scores, [rows.Length]), MaskPostprocess.Quality(soft, threshold));
        var masks = threshold is { } limit ? soft > limit : soft;
        return (
            new Instances(tensor(boxes, [rows.Length, 4]), tensor(kept.Classes, [rows.Length]), (scores * quality).sqrt(), masks),
            (scores.sqrt() * quality).sqrt());
    }

    /// <summary>Detections as tensors, masks [n,H,W] bool.</summary>
    public static Instances Tensors(IReadOnlyList<Detection> found, ImageSize size)
    {
        using var scope = NewDisposeScope();
        float[] boxes = [.. found.SelectMany(one => new[] { one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1 }).Select(side => (float)side)];
        return new Instances(
            tensor(boxes, [found.Count, 4]),
            tensor([.. found.Select(one => (long)one.Class)], [found.Count]),
            tensor([.. found.Select(one => (float)one.Score)], [found.Count]),
            tensor([.. found.SelectMany(one => one.Mask!.Decode())], [found.Count, size.Height, size.Width]).to(ScalarType.Bool))
            .MoveToOuterDisposeScope();
    }

    /// <summary>Masks packed eight to a byte, least significant bit first, as [n,H,W] bool.</summary>
    public static Tensor Unpack(Tensor packed, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var bits = packed.to(int64).unsqueeze(2).bitwise_right_shift(arange(8, dtype: int64)).bitwise_and(ones(1, dtype: int64));
        return bits.reshape(packed.size(0), -1).narrow(1, 0, size.Area).view(-1, size.Height, size.Width).to(ScalarType.Bool).MoveToOuterDisposeScope();
    }

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
