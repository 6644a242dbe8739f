using System.Text.Json.Nodes;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary>What <c>boxteacher evaluate</c> says of inputs that people have, and what it does not say.</summary>
public sealed class EvaluateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Masks_are_not_measured_against_filled_boxes()
    {
        var result = OfCase("mask-ap-without-masks", "--json");

        var json = JsonNode.Parse(result.Output)!;
        Assert.Equal(1, json["bbox"]!["AP"]!.GetValue<double>(), 1e-9);
        Assert.True(json.AsObject().ContainsKey("segm"));
        Assert.Null(json["segm"]);
        Assert.Contains("gt.json: annotation 1 has no mask", result.Error, StringComparison.Ordinal);

        var asked = OfCase("mask-ap-without-masks", "--task", "segm");
        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("gt.json: annotation 1 has no mask", Assert.Single(asked.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void A_detection_without_a_mask_is_named()
    {
        var truth = Cases.PathOf("result-mask-of-other-size", "gt.json");
        var results = _folder.File("dt.json", """
            [{"image_id": 1, "category_id": 1, "score": 0.9, "segmentation": [[10, 10, 50, 10, 50, 50, 10, 50]]},
             {"image_id": 1, "category_id": 1, "score": 0.8, "bbox": [10, 10, 40, 40]}]
            """);

        var shown = CommandLineProcess.Run("evaluate", "--gt", truth, "--dt", results);
        Assert.Equal(0, shown.ExitCode);
        Assert.Matches(@"AP +│ 100.00 │ +- │", shown.Output);
        Assert.Contains("dt.json: detection 1 has no mask", shown.Error, StringComparison.Ordinal);
        Assert.Equal(1, CommandLineProcess.Run("evaluate", "--gt", truth, "--dt", results, "--task", "segm").ExitCode);
    }

    [Fact]
    public void Masks_are_ranked_by_a_mask_score_and_boxes_by_the_score()
    {
        var truth = Cases.PathOf("result-mask-of-other-size", "gt.json");
        var results = _folder.File("dt.json", """
            [{"image_id": 1, "category_id": 1, "score": 0.9, "mask_score": 0.2, "bbox": [10, 10, 40, 40],
              "segmentation": [[10, 10, 50, 10, 50, 50, 10, 50]]},
             {"image_id": 1, "category_id": 1, "score": 0.4, "mask_score": 0.6, "bbox": [60, 60, 30, 30],
              "segmentation": [[60, 60, 90, 60, 90, 90, 60, 90]]}]
            """);

        Assert.Equal(1, Precision("bbox"), 1e-9);
        Assert.Equal(0.5, Precision("segm"), 1e-9);

        double Precision(string task)
        {
            var result = CommandLineProcess.Run("evaluate", "--gt", truth, "--dt", results, "--task", task, "--json");
            return JsonNode.Parse(result.Output)!["AP"]!.GetValue<double>();
        }
    }

    [Fact]
    public void A_mask_of_another_size_than_the_picture_is_refused()
    {
        var result = OfCase("result-mask-of-other-size");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("dt.json: [0].segmentation: a mask of 120x100 pixels in an image of 100x120", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_annotation_of_id_0_counts_as_in_pycocotools_and_people_are_told()
    {
        var result = OfCase("annotation-id-0", "--json");

        Assert.Equal(0, JsonNode.Parse(result.Output)!["AP"]!.GetValue<double>());
        Assert.Contains("annotation 0", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_limits_of_detections_name_their_recalls_and_the_last_one_gives_AP()
    {
        var json = JsonNode.Parse(OfCase("dense-max-detections", "--max-detections", "300", "--json").Output)!;

        Assert.Equal(1, json["AP"]!.GetValue<double>(), 1e-9);
        Assert.Equal(1, json["AR300"]!.GetValue<double>(), 1e-9);
        Assert.Null(json["APl"]);
        Assert.Equal(1, json["categories"]![0]!["AP"]!.GetValue<double>(), 1e-9);
        var some = JsonNode.Parse(OfCase("dense-max-detections", "--max-detections", "1,20", "--json").Output)!;
        Assert.Equal(0.1, some["AR20"]!.GetValue<double>(), 1e-9);
    }

    [Fact]
    public void Weights_are_evaluated_by_the_recipe_beside_them_and_their_detections_are_kept()
    {
        Cases.CopyRects(_folder.Root);
        var weights = Trained(steps: 2);
        string truth = _folder.At("shapes", "annotations", "instances_val.json"), saved = _folder.At("dt.json");
        var slices = _folder.File("slices.json", """{"early": [1, 2, 3], "late": ["0009.jpg", 10]}""");

        var direct = JsonNode.Parse(Success("evaluate", "--weights", weights, "--data", _folder.Root, "--save", saved, "--json"))!;
        foreach (var task in (string[])["bbox", "segm"])
        {
            var again = JsonNode.Parse(Success("evaluate", "--gt", truth, "--dt", saved, "--task", task, "--json"))!.AsObject();
            Assert.True(again.Remove("task"));
            Assert.Equal(direct[task]!.ToJsonString(), again.ToJsonString());
        }

        var elsewhere = JsonNode.Parse(Success(
            "evaluate", "--weights", weights, "--gt", truth, "--images", _folder.At("shapes", "val"), "--slices", slices,
            "--compare", saved, "--report", _folder.At("report"), "--json"))!;
        Assert.Equal(direct["segm"]!["AP"]!.ToJsonString(), elsewhere["segm"]!["AP"]!.ToJsonString());
        Assert.Equal(["early", "late"], elsewhere["bbox"]!["slices"]!.AsObject().Select(slice => slice.Key));
        Assert.Equal(0, elsewhere["bbox"]!["comparison"]!["AP"]!["high"]!.GetValue<double>());
        Assert.NotNull(elsewhere["segm"]!["errors"]!["Cls"]!["dAP"]);
        Assert.Equal(elsewhere.ToJsonString(), File.ReadAllText(_folder.At("report", "evaluation.json")));
        foreach (var beside in (string[])["--slices", "--compare"])
        {
            // Refused before the detections are made.
            var kept = _folder.At("kept.json");
            var refused = CommandLineProcess.Run(
                "evaluate", "--weights", weights, "--data", _folder.Root, beside, _folder.At("none.json"), "--save", kept);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("none.json", Assert.Single(refused.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
            Assert.False(File.Exists(kept));
        }

        Assert.Contains("class=\"chart\"", File.ReadAllText(_folder.At("report", "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void That_the_truth_of_weights_lacks_masks_is_told_once_and_stands_in_the_report()
    {
        Cases.CopyRects(_folder.Root);
        var weights = Trained(steps: 1);
        var truth = JsonNode.Parse(File.ReadAllText(_folder.At("shapes", "annotations", "instances_val.json")))!;
        foreach (var annotation in truth["annotations"]!.AsArray())
        {
            annotation!.AsObject().Remove("segmentation");
        }

        var result = CommandLineProcess.Run(
            "evaluate", "--weights", weights, "--gt", _folder.File("boxes.json", truth.ToJsonString()), "--images",
            _folder.At("shapes", "val"), "--report", _folder.At("report"));

        Assert.Equal(0, result.ExitCode);
        Assert.Single(result.Error.Split('\n'), line => line.Contains("mask", StringComparison.Ordinal));
        Assert.Contains("objects without a mask", File.ReadAllText(_folder.At("report", "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_that_take_commas_have_them_in_the_help() =>
        Assert.Contains("1,10,100 by default", Success("evaluate", "--help").ReplaceLineEndings(" "), StringComparison.Ordinal);

    [Fact]
    public void Where_nothing_is_to_be_found_there_is_a_dash()
    {
        Cases.CopyRects(_folder.Root, "val-without-objects");
        var weights = Trained(steps: 1);

        Assert.Matches(@"AP +│ +- │ +- │", Success("evaluate", "--weights", weights, "--data", _folder.Root));
    }

    [Fact]
    public void A_kind_of_overlap_that_is_none_is_refused_with_the_words()
    {
        var result = OfCase("annotation-id-0", "--task", "keypoints");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--task keypoints: must be bbox or segm", result.Error, StringComparison.Ordinal);
    }

    private static CommandResult OfCase(string name, params string[] more) => CommandLineProcess.Run(
        ["evaluate", "--gt", Cases.PathOf(name, "gt.json"), "--dt", Cases.PathOf(name, "dt.json"), .. more]);

    // A run of BoxInst on small pictures; its weights.
    private string Trained(int steps)
    {
        string[] small = ["augmentation.geometry.shortEdges=[64]", "augmentation.geometry.maxSize=96", "augmentation.testShortEdge=64",
            "augmentation.testMaxSize=96", $"budget.iterations={steps}", "budget.batchSize=2"];
        var said = Success([
            "train", "--recipe", "shapes-boxinst", "--data", _folder.Root, "--out", _folder.At("run"), "--threads", "1",
            .. small.SelectMany(change => (string[])["--set", change])]);
        Assert.DoesNotContain("NaN", said, StringComparison.Ordinal);
        Assert.DoesNotContain("-100", said, StringComparison.Ordinal);
        return _folder.At("run", "model.safetensors");
    }

    private static string Success(params string[] arguments)
    {
        var result = CommandLineProcess.Run(arguments);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return result.Output;
    }
}
