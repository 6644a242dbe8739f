using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>
/// Where a training step copies between host and device, for small detectors on a CPU: what is asked for does not depend on the device.
/// </summary>
internal static class WaitProfile
{
    private const int Steps = 3;

    private static readonly Recipe[] Measured =
    [
        Training.Recipes.ShapesBoxTeacher, Training.Recipes.ShapesSoftTeacher,
        Training.Recipes.ShapesPoliteTeacher with
        {
            Name = "shapes-polite-teacher, second stage",
            Method = ((StagedRecipe)Training.Recipes.ShapesPoliteTeacher.Method).Stages[^1].Method,
        },
    ];

    /// <summary>Prints a table for each method: place, copies and bytes per step.</summary>
    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("boxteacher-waits-").FullName;
        try
        {
            var shapes = Path.Combine(folder, "shapes");
            ShapesGenerator.Write(shapes, new ShapesOptions { TrainScenes = 8, ValScenes = 1 }, seed: 1);
            var dataset = CocoReader.Read(Path.Combine(shapes, "annotations", "instances_train.json"), Path.Combine(shapes, "train"));
            foreach (var recipe in Measured)
            {
                Print(recipe.Name, Measure(recipe with { Budget = new BudgetRecipe(Steps, 4, 100, 100) }, dataset));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Of all steps but the first, which begins the teacher.
    private static List<HostCopy> Measure(Recipe recipe, InstanceDataset dataset)
    {
        random.manual_seed(1);
        using var method = recipe.BuildMethod(dataset.Categories.Count);
        BeSure(method.Student);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        var batches = TrainingRun.Batches(recipe, dataset, CPU, recipe.Dataset.Unlabelled is null ? null : dataset);
        var trainer = new Trainer(
            method, batches, optimizer, recipe.Solver.LearningRate(Steps), recipe.Solver.ClipNorm, recipe.Budget, new RandomStream(1),
            checkpoints: null, evaluate: null);
        var copies = new List<HostCopy>();
        using var listening = HostValues.Listen(copies.Add);
        trainer.Run(default, happened =>
        {
            if (happened.Iteration == 1)
            {
                copies.Clear();
            }

            // The same before and after a change that only moves copies.
            Console.WriteLine($"{recipe.Name}: loss {((StepFinished)happened).Total:R}");
        });
        return copies;
    }

    // An untrained network finds nothing, and a teacher that finds nothing is asked for little.
    private static void BeSure(Detector network)
    {
        using var gradients = no_grad();
        var bias = network.named_parameters().Single(entry => entry.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)
            || entry.name.EndsWith("cls_score.bias", StringComparison.Ordinal)).parameter;
        // The last class of a softmax is background.
        (network is FasterRcnn ? bias.narrow(0, 0, bias.size(0) - 1) : bias).fill_(2);
    }

    private static void Print(string name, List<HostCopy> copies)
    {
        const double measured = Steps - 1;
        Console.WriteLine($"{name}, per step of 4 images");
        foreach (var direction in Enum.GetValues<CopyDirection>())
        {
            var some = copies.Where(copy => copy.Direction == direction).ToList();
            Row(direction == CopyDirection.ToHost ? "the host waits" : "the host does not wait", some);
            foreach (var place in some.GroupBy(copy => copy.Place).OrderByDescending(group => group.Count()).ThenBy(group => group.Key))
            {
                Row($"  {place.Key}", [.. place]);
            }
        }

        Console.WriteLine();

        static void Row(string what, List<HostCopy> some) => Console.WriteLine(
            $"{what,-48}{some.Count / measured,8:F1}{some.Sum(copy => copy.Bytes) / measured / 1000,12:F1} kB");
    }
}
