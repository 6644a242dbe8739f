using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>A whole tiny model in evaluation mode: dense outputs and detections.</summary>
public sealed class EvaluationGoldenTests
{
    private const string Folder = "boxteacher";

    [GoldenFact(Folder)]
    public void Dense_outputs_agree()
    {
        foreach (var (weights, instance) in Instances())
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            var configuration = instance.Attributes.GetProperty("cfg");
            using var model = GoldenModel.Load(configuration, weights + "teacher");
            model.eval();
            using var batch = GoldenModel.Batch(ImagesOf(instance), configuration);
            var features = model.Extract(batch.Images);
            var dense = features.Dense;
            for (var l = 0; l < features.Pyramid.Count; l++)
            {
                var level = dense.Grid.Levels[l];
                Close(instance[$"teacher_raw.p{l + 3}"], features.Pyramid[l], $"p{l + 3}");
                Close(instance[$"teacher_raw.logits_{l}"], Level(dense.Logits, level), $"logits {l}");
                Close(instance[$"teacher_raw.reg_{l}"], Level(dense.Ltrb, level), $"distances {l}");
                Close(instance[$"teacher_raw.ctr_{l}"], Level(dense.Centreness.unsqueeze(1), level), $"centre-ness {l}");
                if (!instance.Has($"teacher_raw.controller_{l}"))
                    continue;
                var expected = instance[$"teacher_raw.controller_{l}"];
                Close(expected, model.Controller.call(dense.BoxTower[l]), $"controller {l}");
                // The sparse evaluation at every location of the level gives the same numbers.
                var locations = Enumerable.Range(level.Offset, level.Count).ToArray();
                var candidates = Enumerable.Repeat(new FcosCandidates(new float[4 * level.Count], new float[level.Count], new long[level.Count], locations), batch.Count);
                var sparse = model.InstancesOf(features, [.. candidates]).Parameters;
                Close(expected.flatten(2).transpose(1, 2).reshape(-1, expected.size(1)), sparse, $"sparse controller {l}");
            }
            Close(instance["teacher_raw.mask_feats"], features.MaskFeatures, "mask features");
        }
    }

    [GoldenFact(Folder)]
    public void Detections_agree()
    {
        foreach (var (weights, instance) in Instances())
            foreach (var network in (string[])["teacher", "student"])
            {
                var configuration = instance.Attributes.GetProperty("cfg");
                using var model = GoldenModel.Load(configuration, weights + network);
                model.eval();
                using var scope = NewDisposeScope();
                foreach (var (i, image) in ImagesOf(instance).Index())
                {
                    var output = instance.Attributes.GetProperty("height_width_original")[i];
                    using var batch = GoldenModel.Batch([image], configuration);
                    using var found = model.Detect(batch, [new ImageSize(output[0].GetInt32(), output[1].GetInt32())])[0];
                    var what = $"{instance} {network} {i}";
                    GoldenAssert.Close(instance[$"{network}.boxes_{i}"], found.Boxes, 1e-3, 1e-5, $"{what} boxes");
                    GoldenAssert.Equal(instance[$"{network}.classes_{i}"], found.Classes, $"{what} classes");
                    GoldenAssert.Close(instance[$"{network}.scores_{i}"], found.Scores, 1e-5, 1e-3, $"{what} scores");
                    GoldenAssert.Close(instance[$"{network}.mask_score_{i}"], (found.FcosScores.sqrt() * found.MaskQuality).sqrt(), 1e-5, 1e-3, $"{what} mask scores");
                    var masks = GoldenModel.Unpack(instance[$"{network}.masks_packed_{i}"], found.Size);
                    Assert.True(masks.ne(found.Masks).sum().item<long>() <= 0.0005 * masks.numel(), $"{what}: masks differ.");
                }
            }
    }

    // Every tiny architecture of the set, with the path of its weights.
    private static List<(string Weights, GoldenInstance Instance)> Instances()
    {
        var instances = GoldenTraining.Architectures("j2", "eval").SelectMany(architecture =>
            GoldenCase.Load($"{Folder}/j2_{architecture}_eval").Instances.Select(instance => ($"{Folder}/j_{architecture}_", instance))).ToList();
        Assert.NotEmpty(instances);
        return instances;
    }

    private static IEnumerable<Tensor> ImagesOf(GoldenInstance instance)
    {
        for (var i = 0; instance.Has($"in.image_{i}"); i++)
            yield return instance[$"in.image_{i}"];
    }

    // [N,K,L] of one level as [N,K,h,w].
    private static Tensor Level(Tensor dense, GridLevel level) =>
        dense.narrow(2, level.Offset, level.Count).reshape(dense.size(0), dense.size(1), level.Height, level.Width);

    private static void Close(Tensor expected, Tensor actual, string what)
    {
        var size = expected.abs().max().item<float>();
        // Group norm over the two cells of the coarsest level amplifies rounding: which convolution algorithm runs shows in the fourth digit.
        GoldenAssert.Close(expected, actual, 1e-5 + 1e-4 * size, 1e-4, what);
    }
}
