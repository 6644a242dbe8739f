using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>COCO evaluation against pycocotools: the twelve numbers, and the arrays bit for bit.</summary>
public class GoldenCocoTests
{
    private const string Root = "cocoeval/eval";

    [GoldenTheory(Root), MemberData(nameof(Runs))]
    public void Numbers_and_arrays_are_the_same(string name, string run)
    {
        var expected = Golden.Json($"{Root}/{name}/expected.json");
        var node = expected["runs"]![run]!;
        var parameters = node["params"]!;
        var type = (string)parameters["iouType"]! == "bbox" ? IouType.Box : IouType.Mask;
        var truth = CocoReader.Read(Golden.PathOf($"{Root}/{name}/gt.json"), "images");
        var results = Results(name, (string)node["detections"]!, truth, type);

        var summary = CocoEvaluation.Match(truth, results, type, Options(parameters, expected["subset"], run, truth)).Summary;

        // By place, since recalls are named after their limits. Without a limit of 100 the tools have no AP, which the rows by category hold.
        var stats = node["stats"]!.AsObject().Select(stat => (double)stat.Value!).ToArray();
        Assert.Equal(stats.Length, summary.Numbers.Count);
        foreach (var (expectedValue, (key, value)) in stats.Zip(summary.Numbers).Skip(summary.Options.MaxDetections.Contains(100) ? 0 : 1))
        {
            Assert.True(Math.Abs(expectedValue - value) <= 1e-12, $"{key}: {value}, expected {expectedValue}");
        }
        AssertSame(node["precision"]!, summary.Precision);
        AssertSame(node["recall"]!, summary.Recall);
        AssertSame(node["scores"]!, summary.Scores);
        AssertPerCategory(node, summary, (int)parameters["maxDets"]!.AsArray()[^1]!, (double)parameters["iouThrs"]![0]!);
    }

    [GoldenFact("boxteacher/p_coco_eval.json")]
    public void The_numbers_of_the_original_training_code_are_the_same()
    {
        var node = Golden.Json("boxteacher/p_coco_eval.json");
        using var folder = new TemporaryFolder();
        string gt = folder.File("gt.json", node["gt"]!.ToJsonString()), dt = folder.File("dt.json", node["dt"]!.ToJsonString());
        var truth = CocoReader.Read(gt, "images");

        foreach (var (task, type) in new[] { ("bbox", IouType.Box), ("segm", IouType.Mask) })
        {
            var summary = CocoEvaluation.Match(truth, AreasFromMasks(CocoResults.Read(dt, truth, type)), type).Summary;

            var stats = node["result"]![task]!["stats"]!.AsArray().Select(value => (double)value!);
            foreach (var (value, (key, actual)) in stats.Zip(summary.Numbers))
            {
                Assert.True(Math.Abs(value - actual) < 1e-12, $"{task} {key}: {actual}, expected {value}");
            }
        }
    }

    public static TheoryData<string, string> Runs()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in Golden.Entries(Root))
        {
            foreach (var (run, _) in Golden.Json($"{Root}/{name}/expected.json")["runs"]!.AsObject())
            {
                data.Add(name, run);
            }
        }
        return data;
    }

    private static IReadOnlyList<DetectionResult> Results(string name, string kind, InstanceDataset truth, IouType type)
    {
        string own = $"{Root}/{name}/dt_{(type == IouType.Box ? "bbox" : "segm")}.json";
        string file = Golden.PathOf(Golden.Exists(own) ? own : $"{Root}/{name}/dt.json");
        var results = CocoResults.Read(file, truth, type);
        return kind == "segm_only" ? AreasFromMasks(results) : results;
    }

    // What the tools make of results whose boxes were taken out.
    private static List<DetectionResult> AreasFromMasks(IReadOnlyList<DetectionResult> results) =>
        [.. results.Select(result => result.Mask is { } mask ? result with { Area = mask.Area, Box = mask.Bounds } : result)];

    private static CocoOptions Options(JsonNode parameters, JsonNode? subset, string run, InstanceDataset truth)
    {
        var options = new CocoOptions
        {
            IouThresholds = [.. parameters["iouThrs"]!.AsArray().Select(value => (double)value!)],
            MaxDetections = [.. parameters["maxDets"]!.AsArray().Select(value => (int)value!)],
            PerCategory = (int)parameters["useCats"]! == 1,
        };
        if (!run.EndsWith("subset", StringComparison.Ordinal))
        {
            return options;
        }
        var ids = subset!["catIds"]!.AsArray().Select(id => (long)id!).ToHashSet();
        return options with
        {
            ImageIds = subset["imgIds"]!.AsArray().Select(id => (long)id!).ToHashSet(),
            Categories = Enumerable.Range(0, truth.Categories.Count).Where(i => ids.Contains(truth.Categories[i].Id)).ToHashSet(),
        };
    }

    private static void AssertSame(JsonNode node, ReadOnlySpan<double> actual)
    {
        Assert.Equal(node["shape"]!.AsArray().Aggregate(1, (product, length) => product * (int)length!), actual.Length);
        Assert.Equal((string)node["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(actual))));
    }

    private static void AssertPerCategory(JsonNode node, CocoSummary summary, int limit, double firstThreshold)
    {
        var rows = node["perCategory"]!.AsArray();
        Assert.Equal(rows.Count, summary.Categories.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i]!;
            Assert.Equal((long)row["category_id"]!, summary.Categories[i].Id);
            Assert.Equal((double)row["AP"]!, summary.MeanPrecision(maxDetections: limit, category: i), 1e-12);
            // These rows were read at the first threshold, whichever it is.
            Assert.Equal((double)row["AP50"]!, summary.MeanPrecision(firstThreshold, maxDetections: limit, category: i), 1e-12);
            Assert.Equal((double)row["APs"]!, summary.MeanPrecision(area: 1, maxDetections: limit, category: i), 1e-12);
            Assert.Equal((double)row["APm"]!, summary.MeanPrecision(area: 2, maxDetections: limit, category: i), 1e-12);
            Assert.Equal((double)row["APl"]!, summary.MeanPrecision(area: 3, maxDetections: limit, category: i), 1e-12);
            Assert.Equal((double)row["AR"]!, summary.MeanRecall(maxDetections: limit, category: i), 1e-12);
        }
    }
}
