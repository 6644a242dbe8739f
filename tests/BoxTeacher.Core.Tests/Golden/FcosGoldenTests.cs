using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>FCOS target assignment and decoding against the published implementation.</summary>
public sealed class FcosGoldenTests
{
    private const string Targets = "boxteacher/f1_fcos_targets";
    private const string Predictions = "boxteacher/f3_fcos_predict";

    [GoldenFact(Targets + ".json")]
    public void Assignment_agrees()
    {
        foreach (var instance in GoldenCase.Load(Targets).Instances)
        {
            using var scope = NewDisposeScope();
            var truth = new List<Instances>();
            while (instance.Has($"in.boxes_{truth.Count}"))
                truth.Add(new Instances(instance[$"in.boxes_{truth.Count}"], instance[$"in.classes_{truth.Count}"]));
            var grid = GridOf(instance.Ints("strides"), ShapesOf(instance));
            var assigner = new FcosAssigner(FcosAssigner.PublishedRanges, instance.Number("radius"), skipWhenFirstCenterIsZero: true);
            var targets = assigner.Assign(grid, truth, CPU);
            var background = instance.Int("num_classes");
            var labels = targets.Labels(background);

            Assert.Equal(instance.Int("num_pos"), targets.Count);
            // Reference order: level after level, image after image. Its distances exist for background too, ours do not.
            var levelMajor = Enumerable.Range(0, targets.Count).OrderBy(row => (grid.LevelOf(targets.Locations[row]), targets.Images[row], targets.Locations[row])).ToArray();
            var distances = new List<Tensor>();
            var boxes = new List<Tensor>();
            for (var l = 0; l < grid.Levels.Count; l++)
            {
                var level = grid.Levels[l];
                var expected = instance[$"out.labels_{l}"];
                GoldenAssert.Equal(expected, labels.narrow(1, level.Offset, level.Count).reshape(-1), $"{instance} labels of level {l}");
                GoldenAssert.Equal(instance[$"out.locations_{l}"], grid.Points().narrow(0, level.Offset, level.Count), $"{instance} locations of level {l}");
                var positive = expected.ne(background).nonzero().view(-1);
                distances.Add(instance[$"out.reg_{l}"].index_select(0, positive));
                boxes.Add(instance[$"out.inds_{l}"].index_select(0, positive));
            }
            var rows = tensor(Array.ConvertAll(levelMajor, row => (long)row), [levelMajor.Length]);
            GoldenAssert.Equal(cat(distances), targets.Ltrb.index_select(0, rows), $"{instance} distances");
            GoldenAssert.Equal(cat(boxes), tensor(Array.ConvertAll(levelMajor, row => (long)targets.BoxIndex[row]), [levelMajor.Length]), $"{instance} boxes");
            GoldenAssert.Close(instance["out.ctrness"], targets.Centerness.index_select(0, rows), 1e-6, 1e-6, $"{instance} center-ness");
        }
    }

    [GoldenFact(Predictions + ".json")]
    public void Decoding_agrees()
    {
        foreach (var instance in GoldenCase.Load(Predictions).Instances)
        {
            using var scope = NewDisposeScope();
            var outputs = OutputsOf(instance);
            var decoder = new FcosDecoder(instance.Number("thresh"), instance.Int("pre_nms_topk"), instance.Number("nms_thresh"),
                instance.Int("post_nms_topk"), instance.Attributes.GetProperty("thresh_with_ctr").GetBoolean());
            var images = decoder.Decode(outputs);
            Assert.Equal(instance.Ints("num_detections"), images.Select(image => image.Count));
            for (var i = 0; i < images.Count; i++)
            {
                GoldenAssert.Close(instance[$"out.scores_{i}"], tensor(images[i].Scores, [images[i].Count]), 1e-6, 1e-6, $"{instance} scores {i}");
                GoldenAssert.Close(instance[$"out.boxes_{i}"], tensor(images[i].Boxes, [images[i].Count, 4]), 1e-4, 1e-6, $"{instance} boxes {i}");
                GoldenAssert.Equal(instance[$"out.classes_{i}"], tensor(images[i].Classes, [images[i].Count]), $"{instance} classes {i}");
                var points = images[i].Locations.SelectMany(location => new[] { outputs.Grid.PointOf(location).X, outputs.Grid.PointOf(location).Y }).ToArray();
                GoldenAssert.Equal(instance[$"out.locations_{i}"], tensor(points, [images[i].Count, 2]), $"{instance} locations {i}");
                var levels = Array.ConvertAll(images[i].Locations, location => (long)outputs.Grid.LevelOf(location));
                GoldenAssert.Equal(instance[$"out.levels_{i}"], tensor(levels, [images[i].Count]), $"{instance} levels {i}");
            }
        }
    }

    internal static LocationGrid GridOf(int[] strides, IReadOnlyList<(int Height, int Width)> shapes) =>
        new([.. strides.Zip(shapes, (stride, shape) => (stride, shape.Height, shape.Width))]);

    internal static FcosOutputs OutputsOf(GoldenInstance instance)
    {
        var strides = instance.Attributes.TryGetProperty("strides", out _) ? instance.Ints("strides") : [8, 16, 32, 64, 128];
        var logits = strides.Select((_, l) => instance[$"in.logits_{l}"]).ToArray();
        var shapes = logits.Select(level => ((int)level.size(2), (int)level.size(3))).ToArray();
        return new FcosOutputs(
            cat(Array.ConvertAll(logits, level => level.flatten(2)), 2),
            cat(strides.Select((_, l) => instance[$"in.reg_{l}"].flatten(2)).ToArray(), 2),
            cat(strides.Select((_, l) => instance[$"in.ctr_{l}"].flatten(1)).ToArray(), 1),
            [],
            GridOf(strides, shapes));
    }

    private static (int, int)[] ShapesOf(GoldenInstance instance) =>
        [.. instance.Attributes.GetProperty("shapes").EnumerateArray().Select(shape => (shape[0].GetInt32(), shape[1].GetInt32()))];
}
