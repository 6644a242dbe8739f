using System.Text.Json.Nodes;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary>Runs in surroundings that are not as one would wish.</summary>
public sealed class RunCommandTests : IDisposable
{
    private static readonly string[] Plain = ["dotnet"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Killed_at_random_moments_a_run_ends_with_the_same_bits()
    {
        var script = Path.Combine(Repository.Folder, "scripts", "kill.sh");

        var output = Success(CommandLineProcess.RunBy(["bash", "-c", "BOXTEACHER=\"$1\" exec bash \"$0\" 5 1", script]));

        Assert.Contains("kills: 5;", output, StringComparison.Ordinal);
    }

    /// <summary>The weights are longer than the limit, the first files of the folder are not.</summary>
    [Fact]
    public void A_disk_that_takes_no_checkpoint_is_named_in_one_line_and_keeps_nothing_half_written()
    {
        MakeScenes(Plain, folder.Root);
        string[] limited = ["bash", "-c", "trap '' XFSZ; ulimit -f 3000; DOTNET_EnableWriteXorExecute=0 exec dotnet \"$@\"", "bash"];

        var result = CommandLineProcess.RunBy(limited, Train(folder.Root, iterations: 2));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("too long for its file system", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        var run = Path.Combine(folder.Root, "run");
        Assert.Equal(
            ["categories.json", "data.json", "lock", "metrics.jsonl", "recipe.json", "threads"],
            Directory.GetFileSystemEntries(run).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Success(CommandLineProcess.RunBy(Plain, [.. Train(folder.Root, iterations: 2), "--resume"]));
        var extended = Success(CommandLineProcess.RunBy(Plain, [.. Train(folder.Root, iterations: 2), "--extend", "3"]));
        Assert.Contains("goes on after 2 ", extended, StringComparison.Ordinal);
        Assert.Equal([1, 2, 2, 3, 3], Metrics(folder.Root).Select(line => line["iteration"]!.GetValue<int>()));
    }

    [Fact]
    public void A_folder_that_cannot_be_is_named_in_one_line()
    {
        MakeScenes(Plain, folder.Root);
        folder.File("run", "a file");

        var result = CommandLineProcess.Run(Train(folder.Root, iterations: 2));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(folder.At("run"), Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal("a file", File.ReadAllText(folder.At("run")));
    }

    /// <summary>The program itself knows no cultures; scripts and notebooks do, with the same library.</summary>
    [Fact]
    public void German_and_Turkish_machines_and_paths_give_the_same_files()
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(CommandLineProcess.Program, ".runtimeconfig.json")))!;
        config["runtimeOptions"]!["configProperties"]!["System.Globalization.Invariant"] = false;
        var cultures = folder.File("cultures.json", config.ToJsonString());
        Dictionary<string, byte[]>? plain = null;
        foreach (var (culture, root) in ((string, string)[])[("C", "plain"), ("de_DE.UTF-8", "Größe 1,5 ü"), ("tr_TR.UTF-8", "İğne ısı I")])
        {
            string[] launcher = ["env", $"LC_ALL={culture}", "dotnet", "exec", "--runtimeconfig", cultures];
            if (CommandLineProcess.RunBy(launcher, "recipe", "list").Error.Contains("libicu", StringComparison.Ordinal))
            {
                return;
            }

            var files = Everything(launcher, Path.Combine(folder.Root, root));
            plain ??= files;
            Assert.Equal(plain.Keys, files.Keys);
            Assert.All(plain.Keys, name => Assert.True(plain[name].AsSpan().SequenceEqual(files[name]), $"{culture}: {name}"));
        }
    }

    /// <summary>Makes data, trains, evaluates and predicts below a folder: what must be the same everywhere.</summary>
    private static Dictionary<string, byte[]> Everything(string[] launcher, string root)
    {
        MakeScenes(launcher, root);
        Success(CommandLineProcess.RunBy(launcher, Train(root, iterations: 2)));
        var weights = Path.Combine(root, "run", "model.safetensors");
        var numbers = Success(CommandLineProcess.RunBy(
            launcher, "evaluate", "--recipe", Path.Combine(root, "run", "recipe.json"), "--weights", weights, "--data", root, "--json"));
        var picture = Directory.GetFiles(Path.Combine(root, "shapes", "val")).Order(StringComparer.Ordinal).First();
        Success(CommandLineProcess.RunBy(
            launcher, "predict", picture, "--weights", weights, "--out", Path.Combine(root, "seen"), "--threshold", "0.01"));
        string[] files =
        [
            "shapes/annotations/instances_train.json", "run/recipe.json", "run/categories.json", "run/data.json", "run/model.safetensors",
            $"seen/{Path.GetFileNameWithoutExtension(picture)}.png",
        ];
        var found = files.ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(root, name)));
        found["evaluate"] = System.Text.Encoding.UTF8.GetBytes(numbers);
        found["metrics"] = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Metrics(root).Select(line =>
        {
            line.AsObject().Remove("seconds");
            line.AsObject().Remove("dataSeconds");
            return line.ToJsonString();
        })));
        return found;
    }

    private static void MakeScenes(string[] launcher, string root) => Success(CommandLineProcess.RunBy(
        launcher, "data", "shapes", "--out", Path.Combine(root, "shapes"), "--train", "4", "--val", "2", "--size", "64", "--seed", "3"));

    private static string[] Train(string root, int iterations) =>
    [
        "train", "--recipe", "shapes-boxteacher", "--data", root, "--out", Path.Combine(root, "run"), "--threads", "1",
        "--set", "augmentation.geometry.shortEdges=[64]", "--set", "augmentation.geometry.maxSize=64",
        "--set", "augmentation.testShortEdge=64", "--set", "augmentation.testMaxSize=64", "--set", "solver.clipNorm=2.5",
        "--set", "budget.batchSize=2", "--set", $"budget.iterations={iterations}",
    ];

    private static IEnumerable<JsonNode> Metrics(string root) =>
        File.ReadLines(Path.Combine(root, "run", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!);

    private static string Success(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return result.Output;
    }
}
