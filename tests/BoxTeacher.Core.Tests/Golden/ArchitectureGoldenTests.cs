using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Other architectures, the full ResNet-50 among them, in evaluation mode: samples of every dense output, and detections.</summary>
public sealed class ArchitectureGoldenTests
{
    private const string Folder = "boxteacher";

    [GoldenFact(Folder + "/hash_selftest.json")]
    public void Weight_formula_gives_the_stated_values()
    {
        var stated = Golden.Json($"{Folder}/hash_selftest.json")["lo0_hi1"]!.AsArray().Select(value => value!.GetValue<float>()).ToArray();
        Assert.Equal(stated, HashedWeights.Values("t", "x", stated.Length, 0, 1));
    }

    [GoldenFact(Folder)]
    public void Dense_outputs_agree()
    {
        foreach (var instance in Instances())
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            using var model = Teacher(instance);
            var batch = GoldenModel.Batch([instance["in.image_0"]], instance.Attributes.GetProperty("cfg"));
            var features = model.Extract(batch.Images);
            var (dense, stages) = (features.Dense, ((FeaturePyramid)model.Backbone).BottomUp.call(batch.Images));
            Sample(instance, "mask_feats", features.MaskFeatures);
            for (var i = 0; i < stages.Count; i++)
            {
                Sample(instance, $"backbone_res{i + 3}", stages[i]);
                Sample(instance, $"backbone_stage{i + 3}", stages[i]);
            }
            for (var l = 0; l < features.Pyramid.Count; l++)
            {
                Tensor Level(Tensor all) => all.narrow(-1, dense.Grid.Levels[l].Offset, dense.Grid.Levels[l].Count);
                Sample(instance, $"p{l + 3}", features.Pyramid[l]);
                Sample(instance, $"logits_{l}", Level(dense.Logits));
                Sample(instance, $"reg_{l}", Level(dense.Ltrb));
                Sample(instance, $"ctr_{l}", Level(dense.Centerness));
                Sample(instance, $"controller_{l}", model.Controller.call(dense.BoxTower[l]));
            }
        }
    }

    [GoldenFact(Folder)]
    public void Detections_agree()
    {
        foreach (var instance in Instances())
        {
            using var scope = NewDisposeScope();
            using var model = Teacher(instance);
            var configuration = instance.Attributes.GetProperty("cfg");
            var batch = GoldenModel.Batch([instance["in.image_0"]], configuration);
            var size = new ImageSize(96, 120);
            var found = GoldenModel.Tensors(model.Detect(batch, [size])[0], size);
            GoldenAssert.Close(instance["eval.boxes"], found.Boxes, 1e-3, 1e-4, $"{instance} boxes");
            GoldenAssert.Equal(instance["eval.classes"], found.Classes, $"{instance} classes");
            GoldenAssert.Close(instance["eval.scores"], found.Scores!, 1e-5, 1e-3, $"{instance} scores");
            var packed = instance["eval.masks_packed"];
            var masks = GoldenModel.Unpack(packed, size);
            Assert.True(masks.ne(found.Masks!.narrow(0, 0, packed.size(0))).sum().item<long>() <= 0.0005 * masks.numel(), $"{instance}: masks differ.");
        }
    }

    private static List<GoldenInstance> Instances()
    {
        var instances = Golden.Entries(Folder, "k*.json").SelectMany(name => GoldenCase.Load($"{Folder}/{name[..^5]}").Instances).ToList();
        Assert.NotEmpty(instances);
        return instances;
    }

    private static CondInst Teacher(GoldenInstance instance)
    {
        var model = GoldenModel.WithHashedWeights(instance.Attributes, instance.Attributes.GetProperty("salt_teacher").GetString()!);
        model.eval();
        return model;
    }

    private static void Sample(GoldenInstance instance, string key, Tensor actual)
    {
        if (!instance.Has($"dense.{key}.sample"))
            return;
        var about = instance.Attributes.GetProperty("dense").GetProperty(key);
        var expected = instance[$"dense.{key}.sample"];
        var index = arange(expected.numel()) * about.GetProperty("sample_stride").GetInt64();
        GoldenAssert.Close(expected, actual.reshape(-1).index_select(0, index), 5e-5 * about.GetProperty("abs_max").GetDouble(), 1e-4, $"{instance} {key}");
    }
}
