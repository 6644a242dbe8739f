using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Results are written so that they read back, and evaluate, as what they were.</summary>
public sealed class ResultFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Coco_results_evaluate_as_before()
    {
        var (truth, results) = Perfect([new Category(4, "a"), new Category(9, "b")], "a.jpg");
        foreach (var type in new[] { IouType.Box, IouType.Mask })
        {
            CocoResults.Write(folder.At("dt.json"), results, truth, type);

            var summary = CocoEvaluation.Match(truth, CocoResults.Read(folder.At("dt.json"), truth, type), type).Summary;

            Assert.Equal(1, summary.AP, 1e-12);
            Assert.Equal(1, summary.MeanRecall(), 1e-12);
        }
    }

    [Fact]
    public void Whole_results_name_the_file_and_evaluate_by_boxes_and_by_masks()
    {
        var (truth, results) = Perfect([new Category(4, "a"), new Category(9, "b")], "a.jpg");
        CocoResults.Save(folder.At("dt.json"), results, truth);

        Assert.Contains("a.jpg\",\"bbox\":", File.ReadAllText(folder.At("dt.json")), StringComparison.Ordinal);
        foreach (var type in new[] { IouType.Box, IouType.Mask })
        {
            Assert.Equal(1, CocoEvaluation.Match(truth, CocoResults.Read(folder.At("dt.json"), truth, type), type).Summary.AP, 1e-12);
        }
    }

    [Fact]
    public void A_cityscapes_folder_evaluates_as_before()
    {
        var (truth, results) = Perfect(CityscapesLabels.Things, "goldstadt_000000_000019_leftImg8bit.png");
        CityscapesResults.Write(folder.At("out"), truth, results);
        ushort[] ids = new ushort[40 * 60];
        foreach (var annotation in truth.Images[0].Annotations)
        {
            byte[] mask = annotation.Segmentation!.ToMask(truth.Images[0].Size).Decode();
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = mask[i] != 0 ? (ushort)((1000 * truth.Categories[annotation.Category].Id) + annotation.Id) : ids[i];
            }
        }
        File.WriteAllBytes(folder.At("gt", "goldstadt_000000_000019_gtFine_instanceIds.png"), PngWriter.Gray(new LabelMap(ids, 40, 60), wide: true));

        var summary = CityscapesResults.Evaluate(folder.At("gt"), folder.At("out"));

        Assert.Equal(1, summary.AP, 1e-12);
        Assert.Equal(1, summary.AP50, 1e-12);
        Assert.True(double.IsNaN(summary.CategoryAP(7)));
    }

    [Fact]
    public void A_voc_folder_holds_one_based_boxes_and_label_pictures()
    {
        var (truth, results) = Perfect(VocCategories.All, "2011_000001.jpg");

        VocResults.Write(folder.At("out"), truth, results, "val");

        string line = Assert.Single(File.ReadAllLines(folder.At("out", "results", "VOC2012", "Main", "comp4_det_val_aeroplane.txt")));
        Assert.Equal("2011_000001 0.5 6 3 25 15", line);
        Assert.Equal(VocCategories.All.Count, Directory.GetFiles(folder.At("out", "results", "VOC2012", "Main")).Length);
        var picture = ImageFile.ReadIndexed(folder.At("out", "results", "VOC2012", "Segmentation", "comp6_val_cls", "2011_000001.png"));
        Assert.Equal([0, 1, 2], picture.Count().Select(entry => entry.Label));
    }

    [Fact]
    public void A_result_of_an_unknown_image_or_category_is_refused()
    {
        var (truth, results) = Perfect([new Category(1, "a"), new Category(2, "b")], "a.jpg");

        Assert.Throws<ArgumentException>(() => CocoEvaluation.Match(truth, [results[0] with { ImageId = 99 }], IouType.Box).Summary);
        Assert.Throws<ArgumentException>(() => CocoEvaluation.Match(truth, [results[0] with { Category = 2 }], IouType.Box).Summary);
        Assert.Throws<ArgumentException>(() => CocoEvaluation.Match(truth, [results[0] with { Score = double.NaN }], IouType.Box).Summary);
    }

    // Two blocks of the first two categories, found as they are.
    private static (InstanceDataset, List<DetectionResult>) Perfect(IReadOnlyList<Category> categories, string file)
    {
        RunLengthMask[] masks = [Block(5, 2, 20, 13), Block(30, 20, 25, 18)];
        Annotation[] annotations = [.. masks.Select((mask, i) => new Annotation(i + 1, i, mask.Bounds, mask.Area, false, new Segmentation.RunLength(mask)))];
        var truth = new InstanceDataset("test", categories, [new ImageRecord(17, file, 60, 40, annotations)]);
        return (truth, [.. masks.Select((mask, i) => new DetectionResult(17, i, 0.5 + (0.25 * i), mask.Bounds, mask))]);
    }

    private static RunLengthMask Block(int x, int y, int width, int height) =>
        RunLengthMask.FromBox(Box.FromSize(x, y, width, height), 40, 60);
}
