using System.CommandLine;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using Recipe = BoxTeacher.Training.Recipe;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher predict</c>: pictures with masks, and the results as COCO JSON.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var images = new Argument<string[]>("IMAGE") { Description = "Pictures to look at.", Arity = ArgumentArity.OneOrMore };
        var weights = new Option<string>("--weights")
        {
            Description = "Weights file of a run (model.safetensors).", HelpName = "FILE", Required = true,
        };
        var options = new RecipeOptions(required: false);
        options.Recipe.Description = "Recipe of the weights, by name or file; recipe.json of their run by default.";
        var threads = CommandLine.Threads();
        var output = new Option<string>("--out")
        {
            Description = "Folder for pictures and results.json.", HelpName = "DIR", Required = true,
        };
        var threshold = new Option<double>("--threshold")
        {
            Description = "Least score of a drawn detection.", DefaultValueFactory = _ => 0.5,
        };
        var command = new Command("predict", "Detect objects in pictures.")
        {
            images, weights, options.Recipe, options.Set, options.Device, threads, output, threshold,
        };
        command.SetAction(parsed =>
        {
            CommandLine.LoadTorch(parsed.GetValue(threads));
            var file = parsed.GetRequiredValue(weights);
            return Predict(
                parsed.GetRequiredValue(images), file, run => options.Read(parsed, run.ReadRecipe), parsed.GetRequiredValue(output),
                parsed.GetValue(threshold));
        });
        return command;
    }

    private static int Predict(string[] files, string weights, Func<RunFolder, Recipe> recipeOf, string output, double threshold)
    {
        var pictures = Pictures(files, output);
        var run = RunFolder.Of(weights);
        var recipe = recipeOf(run);
        var categories = run.ReadCategories();
        using var network = recipe.BuildDetector(categories.Count);
        ModelFile.Read(weights, recipe.Method.Evaluated, network);
        var inference = new Inference(network, recipe);
        Directory.CreateDirectory(output);
        var records = new List<ImageRecord>();
        var results = new List<DetectionResult>();
        foreach (var (id, file) in files.Index())
        {
            var image = ImageFile.Read(file);
            var found = inference.Detect([(id, image)]);
            records.Add(new ImageRecord(id, file, image.Width, image.Height, []));
            results.AddRange(found);
            var drawn = found.Where(detection => detection.Score >= threshold).ToList();
            ImageFile.Write(pictures[id], Overlay.OfDetections(image, drawn));
            Console.WriteLine($"{pictures[id]}: {drawn.Count} objects");
        }
        var json = Path.Combine(output, "results.json");
        CocoResults.Write(json, results, new InstanceDataset("predictions", categories, records), IouType.Mask);
        Console.WriteLine($"{json}: {results.Count} detections");
        return 0;
    }

    /// <summary>Where each file's picture goes.</summary>
    /// <exception cref="IOException">One would take the place of another, or of a file that is looked at.</exception>
    private static List<string> Pictures(string[] files, string output)
    {
        var pictures = files.Select(file => Path.Combine(output, Path.GetFileNameWithoutExtension(file) + ".png")).ToList();
        var inputs = files.Select(Path.GetFullPath).ToHashSet();
        var owners = new Dictionary<string, string>();
        foreach (var (file, picture) in files.Zip(pictures))
        {
            if (inputs.Contains(Path.GetFullPath(picture)))
            {
                throw new IOException($"{picture}: the picture of {file} would take the place of a file that is looked at (--out)");
            }
            if (!owners.TryAdd(picture, file))
            {
                throw new IOException($"{picture}: the pictures of {owners[picture]} and {file} would have the same name");
            }
        }
        return pictures;
    }
}
