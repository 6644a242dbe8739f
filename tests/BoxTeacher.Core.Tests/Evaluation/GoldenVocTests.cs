using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>VOC evaluation against ChainerCV, BBTP's MATLAB code and BoxLevelSet's COCO variant.</summary>
public class GoldenVocTests
{
    private const string Root = "cocoeval/voc";

    [GoldenTheory(Root), MemberData(nameof(Files))]
    public void Numbers_are_the_same_in_all_three_definitions(string file)
    {
        var node = Golden.Json($"{Root}/{file}");
        var (truth, results) = Load(node);
        var expected = node["expected"]!;

        var summary = VocEvaluator.Evaluate(truth, results);

        var coco = expected["coco_style"]!;
        Assert.Equal((double)coco["AP25"]!, summary.AP25, 1e-12);
        Assert.Equal((double)coco["AP50"]!, summary.AP50, 1e-12);
        Assert.Equal((double)coco["AP70"]!, summary.AP70, 1e-12);
        Assert.Equal((double)coco["AP75"]!, summary.AP75, 1e-12);
        Assert.Equal((double)coco["ABO"]!, summary.Abo, 1e-12);
        foreach (var (i, overlap) in VocSummary.Overlaps.Index())
        {
            string key = FormattableString.Invariant($"iou{overlap:0.00}");
            AssertSame(expected["chainercv"]![$"{key}_allpoint"], summary.Chainercv[i]);
            AssertSame(expected["chainercv"]![$"{key}_07"], summary.Chainercv07[i]);
            AssertSame(expected["bbtp_octave"]?[key], summary.Bbtp[i]);
        }
    }

    public static TheoryData<string> Files() => new(Golden.Entries(Root, "*.json"));

    private static void AssertSame(JsonNode? node, VocPrecision actual)
    {
        if (node is null)
        {
            return;
        }
        foreach (var (expected, value) in node["ap"]!.AsArray().Zip(actual.PerCategory))
        {
            Assert.Equal(expected is null ? double.NaN : (double)expected, value, 1e-12);
        }
        Assert.Equal((double)node["map"]!, actual.Mean, 1e-12);
    }

    private static (InstanceDataset, List<DetectionResult>) Load(JsonNode node)
    {
        Category[] categories = [.. Enumerable.Range(0, (int)node["num_classes"]!).Select(i => new Category(i + 1, $"c{i}"))];
        var images = new List<ImageRecord>();
        var results = new List<DetectionResult>();
        long id = 0;
        foreach (var image in node["images"]!.AsArray())
        {
            var (height, width) = ((int)image!["h"]!, (int)image["w"]!);
            var annotations = new List<Annotation>();
            foreach (var item in image["gt"]!.AsArray())
            {
                var mask = RunLengthMask.FromCompressed((string)item!["rle"]!, height, width);
                annotations.Add(new Annotation(++id, (int)item["label"]!, mask.Bounds, mask.Area, false, new Segmentation.RunLength(mask)));
            }
            foreach (var item in image["det"]!.AsArray())
            {
                var mask = RunLengthMask.FromCompressed((string)item!["rle"]!, height, width);
                results.Add(new DetectionResult(images.Count + 1, (int)item["label"]!, (double)item["score"]!, mask.Bounds, mask));
            }
            images.Add(new ImageRecord(images.Count + 1, "", width, height, annotations));
        }
        return (new InstanceDataset("voc", categories, images), results);
    }
}
