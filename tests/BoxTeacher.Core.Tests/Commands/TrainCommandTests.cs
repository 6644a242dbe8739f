using System.Text.Json.Nodes;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary><c>boxteacher train</c> and <c>boxteacher lr</c> on a tiny data set.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainCommandTests()
    {
        Cases.CopyRects(folder.Root);
        var preset = Recipes.ShapesBoxInst;
        File.WriteAllText(folder.At("recipe.json"), RecipeJson.Write(preset with
        {
            Augmentation = (SharedGeometryViews)preset.Augmentation with
            {
                Geometry = ((SharedGeometryViews)preset.Augmentation).Geometry with { ShortEdges = [64], MaxSize = 96 }, TestShortEdge = 64, TestMaxSize = 96,
            },
        }));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_says_what_it_is_before_its_first_step_and_records_its_short_forms()
    {
        var result = Train("run", "--iterations", "4", "--batch-size", "2", "--lr", "0.0005", "--seed", "7", "--tensorboard", "--set", "budget.evaluateEvery=4");

        Assert.True(result.ExitCode == 0, result.Error);
        var lines = result.Output.Split('\n');
        var summary = Array.FindIndex(lines, line => line.Contains("; 2 classes; ", StringComparison.Ordinal));
        Assert.StartsWith("shapes-boxinst: 60 images, 20 to evaluate on; ", lines[summary], StringComparison.Ordinal);
        Assert.Matches(@"\d\.\dM parameters, .* \d\.\d\d GFLOPs per image; cpu, 1 thread; ", lines[summary]);
        Assert.EndsWith(folder.At("run"), lines[summary], StringComparison.Ordinal);
        Assert.True(summary < Array.FindIndex(lines, line => line.Contains("4 iterations", StringComparison.Ordinal)));

        var recipe = RecipeJson.Read(folder.At("run", "recipe.json"));
        // A checkpoint every 400 of 1,600 iterations is one every 1 of 4.
        Assert.Equal(new BudgetRecipe(4, 2, EvaluateEvery: 4, CheckpointEvery: 1), recipe.Budget);
        Assert.Equal((0.0005, 7), (recipe.Solver.Optimizer.LearningRate, recipe.Seed));
        Assert.Single(Directory.GetFiles(folder.At("run"), "events.out.tfevents.*"));
    }

    [Fact]
    public void Own_data_without_validation_is_not_evaluated()
    {
        var annotations = folder.At("shapes", "annotations", "instances_train.json");
        var result = Train("own", "--iterations", "1", "--batch-size", "2", "--train-json", annotations, "--train-images", folder.At("shapes", "train"));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("60 images, not evaluated;", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("evaluated", File.ReadAllText(folder.At("own", "metrics.jsonl")), StringComparison.Ordinal);
        var dataset = RecipeJson.Read(folder.At("own", "recipe.json")).Dataset;
        Assert.Equal(new DatasetRecipe(annotations, folder.At("shapes", "train")), dataset);

        var evaluated = CommandLineProcess.Run(
            "evaluate", "--recipe", folder.At("own", "recipe.json"), "--weights", folder.At("own", "model.safetensors"), "--data", folder.Root);
        Assert.Equal(1, evaluated.ExitCode);
        Assert.Contains("dataset.validationAnnotations", Assert.Single(evaluated.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_a_run_are_begun_with_and_a_head_of_other_classes_is_named()
    {
        Assert.Equal(0, Train("first", "--iterations", "1", "--batch-size", "1").ExitCode);
        var file = folder.At("shapes", "annotations", "instances_train.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        json["categories"]!.AsArray().Add(new JsonObject { ["id"] = 99, ["name"] = "green" });
        var more = folder.File("more.json", json.ToJsonString());

        var result = Train(
            "second", "--iterations", "1", "--batch-size", "1", "--weights", folder.At("first", "model.safetensors"), "--train-json", more,
            "--train-images", folder.At("shapes", "train"));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(
            "2 of another shape, which stay random: proposal_generator.fcos_head.cls_logits.weight [2,64,3,3] for [3,64,3,3], ", result.Output,
            StringComparison.Ordinal);
        Assert.Equal(folder.At("first", "model.safetensors"), RecipeJson.Read(folder.At("second", "recipe.json")).Detector.Weights);
    }

    [Theory]
    [InlineData(2, "--lr fast: solver.optimizer.learningRate takes a number; ", "--lr", "fast")]
    [InlineData(2, "--iterations 0: must be positive, not 0; 'boxteacher train --help' shows how", "--iterations", "0")]
    [InlineData(2, "--batch-size 1.5: budget.batchSize takes a whole number; ", "--batch-size", "1.5")]
    [InlineData(2, "--train-json and --train-images go together", "--train-json", "x.json")]
    [InlineData(2, "--val-json and --val-images go together", "--val-images", "x")]
    public void A_short_form_that_is_wrong_is_named(int exitCode, string words, params string[] arguments)
    {
        var result = Train("refused", arguments);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(words, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("refused")));
    }

    [Fact]
    public void A_range_test_draws_its_losses_and_leaves_no_run()
    {
        var page = folder.At("lr", "rates.html");
        var result = CommandLineProcess.Run(
            "lr", "--recipe", folder.At("recipe.json"), "--data", folder.Root, "--batch-size", "1", "--steps", "12", "--threads", "1", "--out", page);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("of the recipe", result.Output, StringComparison.Ordinal);
        var drawn = File.ReadAllText(page);
        Assert.Contains("smoothed loss", drawn, StringComparison.Ordinal);
        Assert.Contains("shapes-boxinst, 12 steps\\u003cbr>shapes/annotations/instances_train.json", drawn, StringComparison.Ordinal);
        Assert.Contains(", of the recipe", drawn, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(folder.At("lr")), file => Assert.Equal("rates", Path.GetFileNameWithoutExtension(file)));
        Assert.Empty(Directory.GetFiles(folder.Root, "metrics.jsonl", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_range_of_rates_is_checked_before_any_data()
    {
        var result = CommandLineProcess.Run("lr", "--recipe", "shapes-boxinst", "--data", folder.At("none"), "--first", "0");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--first: must be positive", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private CommandResult Train(string run, params string[] more) => CommandLineProcess.Run(
        ["train", "--recipe", folder.At("recipe.json"), "--data", folder.Root, "--out", Path.Combine(folder.Root, run), "--threads", "1", .. more]);
}
