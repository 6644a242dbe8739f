using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary>Data that people really have: used as they are meant, or refused before the first step with what is wrong.</summary>
public sealed class DataCheckCommandTests : IDisposable
{
    private static readonly string[] Small =
    [
        "--set", "augmentation.geometry.shortEdges=[64]", "--set", "augmentation.geometry.maxSize=96", "--set", "augmentation.testShortEdge=64",
        "--set", "augmentation.testMaxSize=96", "--set", "budget.iterations=2", "--set", "budget.batchSize=2",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_healthy_data_set_is_counted_and_its_pictures_are_noted_as_seen()
    {
        Cases.CopyRects(folder.Root);

        var result = Check("shapes-boxinst");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(
            [
                $"{Annotations("train")}: 60 images, 117 labels (red 58, blue 59)", $"{Annotations("val")}: 20 images, 35 labels (red 20, blue 15)",
                "the data can be used",
            ],
            result.Output.TrimEnd().Split('\n'));
        Assert.True(File.Exists(Annotations("train") + ".checked"));
    }

    [Theory]
    [InlineData("size-swapped", "0001.jpg: the JSON has 96x64, the picture is 64x96: height and width are exchanged", "of another size than the JSON says (height x width): 20 of 20")]
    [InlineData("condinst-one-without-mask", "0025.jpg: annotation 51", "labels without a mask, which this method needs: 1 of 117")]
    public void What_cannot_be_used_is_refused_before_the_run_folder_is_made(string name, params string[] words)
    {
        Cases.CopyRects(folder.Root, name);

        var result = Train("shapes-condinst");

        AssertRefused(result, "run", words);
    }

    [Fact]
    public void Pictures_of_half_the_size_are_refused()
    {
        Cases.CopyRects(folder.Root);
        foreach (var picture in Directory.GetFiles(folder.At("shapes", "train")))
        {
            ImageFile.Write(picture, new Image(32, 48));
        }

        AssertRefused(Train("shapes-boxinst"), "run", "0001.jpg: the JSON has 64x96, the picture is 32x48\n", "60 of 60", "and 50 more");
    }

    [Fact]
    public void A_picture_that_is_missing_is_named_with_the_one_that_was_meant()
    {
        Cases.CopyRects(folder.Root);
        File.Move(folder.At("shapes", "val", "0007.jpg"), folder.At("shapes", "val", "0007.JPG"));

        AssertRefused(
            Train("shapes-boxinst"), "run", "pictures that are not there: 1 of 20",
            $"{folder.At("shapes", "val", "0007.jpg")}; did you mean {folder.At("shapes", "val", "0007.JPG")}?");
    }

    [Fact]
    public void Weights_find_the_same_whatever_the_order_of_the_categories_in_the_file()
    {
        Cases.CopyRects(folder.Root);
        Success(Train("shapes-boxinst"));
        var first = Evaluate();
        var plain = Success(first);

        TakeValidation("categories-exchanged");
        var exchanged = Success(Evaluate());
        TakeValidation("categories-fewer-in-val");
        var fewer = JsonNode.Parse(Success(Evaluate()))!;

        Assert.Contains("model.safetensors: 20 images to look at, recipe shapes-boxinst\n", first.Error, StringComparison.Ordinal);
        Assert.EndsWith("20 of 20 images looked at\n", first.Error, StringComparison.Ordinal);
        Assert.Equal(plain, exchanged);
        Assert.InRange(fewer["bbox"]!["AP"]!.GetValue<double>(), 0, 1);
    }

    [Fact]
    public void Other_categories_than_those_of_the_weights_are_refused_by_name()
    {
        Cases.CopyRects(folder.Root);
        Success(Train("shapes-boxinst"));
        Rename(Annotations("val"), "blue", "Blue");

        var result = Evaluate();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            $"Blue not among the categories of {folder.At("run")}, which are red, blue; is \"Blue\" the same as \"blue\"?", result.Error, StringComparison.Ordinal);
        AssertRefused(
            Train("shapes-boxinst", "other"), "other", $"{Annotations("val")}: categories: Blue not among the categories of {Annotations("train")}");
    }

    [Fact]
    public void A_validation_without_objects_is_worth_a_warning()
    {
        Cases.CopyRects(folder.Root, "val-without-objects");

        var result = Train("shapes-boxinst");

        Success(result);
        Assert.Contains($"{Annotations("val")}: there is no object to find", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("segmentation-empty-ring")]
    [InlineData("segmentation-four-numbers")]
    [InlineData("float-iscrowd")]
    [InlineData("float-size")]
    public void What_a_task_does_not_use_cannot_stop_it(string name)
    {
        var result = CommandLineProcess.Run(
            "evaluate", "--gt", Cases.PathOf(name, "gt.json"), "--dt", Cases.PathOf(name, "dt.json"), "--task", "bbox", "--json");

        Assert.Equal(1, JsonNode.Parse(Success(result))!["AP"]!.GetValue<double>(), 1e-9);
    }

    [Fact]
    public void A_file_of_ones_own_is_checked_for_what_it_is_meant_for()
    {
        var json = Cases.PathOf("segmentation-four-numbers", "gt.json");
        ImageFile.Write(folder.At("1.png"), new Image(100, 100));
        var copy = folder.File("gt.json", File.ReadAllText(json));

        Success(CommandLineProcess.Run("data", "check", "--json", copy, "--images", folder.Root));
        var masks = CommandLineProcess.Run("data", "check", "--json", copy, "--images", folder.Root, "--masks");

        Assert.Equal(1, masks.ExitCode);
        Assert.Contains("masks that cannot be read, which this method needs: 1 of 1", masks.Error, StringComparison.Ordinal);
        Assert.Contains("annotations[0].segmentation: expected the x and y of at least three points, found 4 numbers", masks.Error, StringComparison.Ordinal);
    }

    private void AssertRefused(CommandResult result, string run, params string[] words)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.All(words, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Root, run)));
    }

    private void TakeValidation(string name) => File.Copy(Cases.PathOf(name, "instances_val.json"), Annotations("val"), overwrite: true);

    private static void Rename(string file, string from, string to) =>
        File.WriteAllText(file, File.ReadAllText(file).Replace($"\"{from}\"", $"\"{to}\"", StringComparison.Ordinal));

    private string Annotations(string split) => Path.Combine(folder.Root, "shapes", "annotations", $"instances_{split}.json");

    private CommandResult Check(string recipe) => CommandLineProcess.Run("data", "check", "--recipe", recipe, "--data", folder.Root);

    private CommandResult Train(string recipe, string run = "run") =>
        CommandLineProcess.Run(["train", "--recipe", recipe, "--data", folder.Root, "--out", Path.Combine(folder.Root, run), .. Small]);

    private CommandResult Evaluate() => CommandLineProcess.Run(
    [
        "evaluate", "--recipe", "shapes-boxinst", "--data", folder.Root, "--weights", Path.Combine(folder.Root, "run", "model.safetensors"), "--json",
        .. Small,
    ]);

    private static string Success(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return result.Output;
    }
}
