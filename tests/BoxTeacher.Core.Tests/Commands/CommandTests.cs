using System.Text.Json.Nodes;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary>The commands from end to end, as a user types them.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("boxteacher-commands-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Data_train_evaluate_predict()
    {
        MakeScenes();
        var recipe = Recipe(iterations: 3);

        var trained = Success(Train(recipe, "run"));
        Assert.Contains(": 3/3  loss ", trained, StringComparison.Ordinal);
        Assert.Contains("lr ", trained, StringComparison.Ordinal);
        Assert.Contains("prj ", trained, StringComparison.Ordinal);
        Assert.Contains($"finished: {At("run", "model.safetensors")}", trained, StringComparison.Ordinal);
        var lines = File.ReadLines(At("run", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        Assert.Equal([1, 2, 3, 3], lines.Select(line => line["iteration"]!.GetValue<int>()));

        // The weights give the numbers that the run ended with.
        var evaluated = JsonNode.Parse(Success(CommandLineProcess.Run(
            "evaluate", "--recipe", recipe, "--weights", At("run", "model.safetensors"), "--data", folder.FullName, "--json")))!;
        Assert.Equal(lines[^1]["metrics"]!["mask AP"]!.GetValue<double>(), evaluated["segm"]!["AP"]!.GetValue<double>(), 1e-9);
        Assert.Equal(lines[^1]["metrics"]!["box AP50"]!.GetValue<double>(), evaluated["bbox"]!["AP50"]!.GetValue<double>(), 1e-9);

        var pictures = Directory.GetFiles(At("shapes", "val"));
        Success(CommandLineProcess.Run(
            ["predict", .. pictures, "--weights", At("run", "model.safetensors"), "--out", At("pictures"), "--threshold", "0.01"]));
        Assert.All(pictures, picture => Assert.True(File.Exists(At("pictures", Path.ChangeExtension(Path.GetFileName(picture), ".png")))));
        Assert.IsType<JsonArray>(JsonNode.Parse(File.ReadAllText(At("pictures", "results.json"))));
    }

    [Fact]
    public void An_interrupted_run_goes_on_bit_for_bit()
    {
        MakeScenes();
        var recipe = Recipe(iterations: 40);
        Success(Train(recipe, "whole"));

        foreach (var signal in (string[])["INT", "HUP"])
        {
            using var command = Start(recipe, "parts", "--resume");
            var metrics = At("parts", "metrics.jsonl");
            var before = File.Exists(metrics) ? File.ReadLines(metrics).Count() : 0;
            while (!command.HasExited && !(File.Exists(metrics) && File.ReadLines(metrics).Count() > before + 1))
            {
                Thread.Sleep(10);
            }
            command.Send(signal);
            var stopped = command.Wait();
            Assert.True(stopped.ExitCode == 130, stopped.Error + stopped.Output);
            Assert.Contains("--resume", stopped.Output, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(At("parts", "model.safetensors")));
        Assert.Equal(1, Train(recipe, "parts").ExitCode);
        Assert.Contains(": goes on after ", Success(Train(recipe, "parts", "--resume")), StringComparison.Ordinal);

        Assert.Equal(File.ReadAllBytes(At("whole", "model.safetensors")), File.ReadAllBytes(At("parts", "model.safetensors")));
        Assert.Equal(Totals("whole"), Totals("parts"));

        using var held = new RunFolder(At("parts")).Lock();
        var second = Train(recipe, "parts", "--resume");
        Assert.Equal((1, $"boxteacher: {At("parts")}: another process is at work in this folder"), (second.ExitCode, second.Error.TrimEnd()));
    }

    [Theory]
    [InlineData(1, "nowhere.json", "train", "--recipe", "nowhere.json")]
    [InlineData(2, "--recipe", "train")]
    [InlineData(2, "Required argument missing for option: '--recipe'", "train", "--recipe")]
    [InlineData(2, "not provided; 'boxteacher --help' shows how")]
    [InlineData(2, "not provided; 'boxteacher data --help' shows how", "data")]
    [InlineData(2, "--steps: must be at least 10, not 5", "lr", "--recipe", "x.json", "--steps", "5")]
    [InlineData(2, "--steps abc: must be a whole number; 'boxteacher lr --help' shows how", "lr", "--recipe", "x.json", "--steps", "abc")]
    [InlineData(2, "either --gt and --dt, or --weights", "evaluate", "--recipe", "x.json")]
    [InlineData(2, "--gt and --images go together", "evaluate", "--gt", "x.json", "--weights", "y")]
    [InlineData(2, "go with --weights", "evaluate", "--gt", "x.json", "--dt", "y.json", "--save", "z.json")]
    [InlineData(2, "go with --format coco", "evaluate", "--format", "voc", "--gt", "x.json", "--dt", "y.json", "--slices", "z.json")]
    [InlineData(2, "--max-detections 10,1", "evaluate", "--gt", "x.json", "--dt", "y.json", "--max-detections", "10,1")]
    [InlineData(1, "nowhere/model.safetensors: there is no such file", "evaluate", "--weights", "nowhere/model.safetensors")]
    [InlineData(2, "--size 8: must be in 32..4096", "data", "shapes", "--size", "8")]
    [InlineData(1, "model.safetensors", "predict", "x.png", "--weights", "nowhere/model.safetensors", "--out", "y")]
    [InlineData(2, "--threshold 1.5: must be in 0..1", "predict", "x.png", "--weights", "w", "--out", "y", "--threshold", "1.5")]
    [InlineData(2, "--threshold NaN: must be in 0..1", "predict", "x.png", "--weights", "w", "--out", "y", "--threshold", "NaN")]
    public void What_is_wrong_is_said_in_one_line(int exitCode, string words, params string[] arguments)
    {
        var result = CommandLineProcess.Run(arguments);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(words, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_key_reaches_the_run_and_a_wrong_one_is_named()
    {
        MakeScenes();
        var recipe = Recipe(iterations: 1);

        Success(Train(recipe, "run", "--set", "method.pseudoMasks.maskWeight=0.25"));
        var kept = RecipeJson.Read(At("run", "recipe.json"));
        Assert.Equal(0.25, Assert.IsType<BoxTeacherRecipe>(kept.Method).PseudoMasks.MaskWeight);

        var refused = Train(recipe, "other", "--set", "method.speed=2");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("method.speed", refused.Error, StringComparison.Ordinal);
    }

    private void MakeScenes() => Success(CommandLineProcess.Run(
        "data", "shapes", "--out", At("shapes"), "--train", "6", "--val", "2", "--size", "64", "--seed", "3"));

    private string Recipe(int iterations)
    {
        var preset = Recipes.ShapesBoxTeacher;
        var file = At("recipe.json");
        File.WriteAllText(file, RecipeJson.Write(preset with
        {
            Augmentation = (SharedGeometryViews)preset.Augmentation with { Geometry = ((SharedGeometryViews)preset.Augmentation).Geometry with { ShortEdges = [64], MaxSize = 64 }, TestShortEdge = 64, TestMaxSize = 64 },
            Budget = new BudgetRecipe(iterations, 2, 100, 10),
        }));
        return file;
    }

    private CommandLineProcess Start(string recipe, string run, params string[] more) =>
        new(["train", "--recipe", recipe, "--data", folder.FullName, "--out", At(run), .. more]);

    private CommandResult Train(string recipe, string run, params string[] more)
    {
        using var command = Start(recipe, run, more);
        return command.Wait();
    }

    private double[] Totals(string run) =>
        [.. File.ReadLines(At(run, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!).Where(line => line["total"] is not null).Select(line => line["total"]!.GetValue<double>())];

    private static string Success(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return result.Output;
    }

    private string At(params string[] parts) => Path.Combine([folder.FullName, .. parts]);
}
