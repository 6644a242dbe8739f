using BoxTeacher.Backbones;
using BoxTeacher.Data;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using static TorchSharp.torch;
using Recipes = BoxTeacher.Training.Recipes;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>What reads weights, recipes and the files of runs.</summary>
internal static class RunFileTargets
{
    private static readonly PlannedRun Planned = new("a", 1, "0123456789abcdef", 4, RecipeJson.Write(Recipes.ShapesBoxInst));

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("weights-zip", folder => Weights(folder, "zip.pth")),
        new("weights-legacy", folder => Weights(folder, "legacy.pth")),
        new("weights-pickle-0", folder => Weights(folder, "numpy0.pkl")),
        new("weights-pickle-4", folder => Weights(folder, "numpy4.pkl")),
        new("weights-safetensors", SafeTensors),
        new("weights-onnx", Onnx),
        new("recipe", Recipe),
        new("run-categories", folder => RunFile(folder, "categories.json", """[{"id": 1, "name": "disc"}, {"id": 3, "name": "ring"}]""", run => run.ReadCategories())),
        new("run-data", Data),
        new("run-metrics", folder => RunFile(folder, "metrics.jsonl", Metrics, run => MetricsFile.Read(run.MetricsFile))),
        new("run-result", Result),
    ];

    private const string Metrics =
        """
        {"iteration": 1, "total": 1.5, "losses": {"fcos_loc": 0.5, "prj": 1}, "learningRate": 0.001, "gradientNorm": 2.5, "seconds": 0.25}
        {"iteration": 1, "evaluated": "teacher", "metrics": {"mask AP": 0.25, "box AP": null}, "seconds": 1.5}

        """;

    private static (string, Action) Weights(string folder, string fixture)
    {
        var file = Path.Combine(folder, fixture);
        File.Copy(Repository.Fixture("pickles", fixture), file);
        return (file, () => Read(file));
    }

    private static (string, Action) SafeTensors(string folder)
    {
        var file = Path.Combine(folder, "model.safetensors");
        using var scope = NewDisposeScope();
        BoxTeacher.Torch.SafeTensors.Write(file, [new("student.weight", arange(12, dtype: float32).view(3, 4)), new("student.steps", tensor(7L)), new("half", ones(2, float16))]);
        return (file, () => Read(file));
    }

    private static (string, Action) Onnx(string folder)
    {
        var file = Path.Combine(folder, "model.onnx");
        var backbone = ResNet.Basic([1, 1, 1, 1], channels: 1);
        var network = new FeaturePyramid(backbone, channels: 1);
        File.WriteAllBytes(file, OnnxSample.Of(backbone));
        return (file, () =>
        {
            using var scope = NewDisposeScope();
            OnnxResNet.Read(file, network);
        });
    }

    private static void Read(string file)
    {
        using var scope = NewDisposeScope();
        WeightsFile.Read(file);
    }

    private static (string, Action) Recipe(string folder)
    {
        var file = Path.Combine(folder, "recipe.json");
        File.WriteAllText(file, RecipeJson.Write(Recipes.ShapesBoxTeacher));
        return (file, () => RecipeJson.Read(file));
    }

    private static (string, Action) Data(string folder)
    {
        void Claim() => new RunFolder(folder).Claim(Recipes.ShapesBoxInst, new RecipeData(new InstanceDataset("", [], []), null));
        Claim();
        return (Path.Combine(folder, "data.json"), Claim);
    }

    private static (string, Action) RunFile(string folder, string name, string text, Action<RunFolder> read)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text);
        return (file, () => read(new RunFolder(folder)));
    }

    private static (string, Action) Result(string folder)
    {
        var store = new RunStore(folder, null);
        var run = store.Folder(Planned);
        Directory.CreateDirectory(run);
        var file = Path.Combine(run, "result.json");
        File.WriteAllText(file, $$$$"""
            {"variant": "a", "seed": 1, "key": "{{{{Planned.Key}}}}", "iterations": 4, "seconds": 2.5, "peakMemory": 1000, "metrics": {"mask AP": 31.5},
             "curves": [{"name": "total", "iterations": [1, 2], "values": [1.5, 1.25]}], "precision": [{"overlap": 0.5, "values": [1, 0.5]}], "confidences": [0.5],
             "found": [{"image": 1, "objects": [{"category": 0, "score": 0.5, "box": [1, 2, 3, 4], "mask": {"size": [4, 4], "counts": "05"}}]}], "pseudo": [],
             "evaluation": {"segm": {"AP": 0.25, "AP50": null, "categories": [{"name": "disc", "AP": 0.5}],
               "errors": {"AP50": 0.5, "Cls": {"count": 1, "dAP": 0.25}, "Loc": {"count": 0, "dAP": 0}, "Both": {"count": 0, "dAP": 0}, "Dupe": {"count": 0, "dAP": 0},
                 "Bkg": {"count": 0, "dAP": null}, "Miss": {"count": 2, "dAP": 0.125}, "falsePositives": 0.5, "falseNegatives": 0.25},
               "confusion": [[0, 0, 3], [1, 0, 2]], "calibration": {"bins": [{"low": 0, "high": 1, "count": 2, "confidence": 0.5, "accuracy": 1}]}}},
             "confidenceReliability": {"bins": [{"low": 0, "high": 1, "count": 2, "confidence": 0.5, "accuracy": 1}]},
             "recipe": {{{{Planned.Recipe}}}}}
            """);
        return (file, () => store.TryRead(Planned));
    }
}
