using System.CommandLine;
using System.Globalization;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using Recipe = BoxTeacher.Training.Recipe;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher predict</c>: pictures with what was found, and the results as COCO JSON.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var images = new Argument<string[]>("INPUT")
        {
            Description = "Pictures, folders of pictures, or patterns in quotes ('photos/**/*.jpg').", Arity = ArgumentArity.OneOrMore,
        };
        var weights = new Option<string>("--weights")
        {
            Description = "Weights file of a run (model.safetensors).", HelpName = "FILE", Required = true,
        };
        var which = CommandLine.Network();
        var options = new RecipeOptions(required: false);
        options.Recipe.Description = "Recipe of the weights, by name or file; recipe.json of their run by default.";
        var threads = CommandLine.Threads();
        var output = new Option<string>("--out")
        {
            Description = "Folder for pictures and results.json. Nothing that is there is replaced but drawn pictures and an older results.json.",
            HelpName = "DIR", Required = true,
        };
        var truth = new Option<string?>("--gt")
        {
            Description = "Annotations (COCO) whose image and category ids results.json has; joined by names.", HelpName = "FILE",
        };
        var threshold = new Option<double>("--threshold")
        {
            Description = "Least score of a drawn detection, 0 to 1.", DefaultValueFactory = _ => 0.5,
        };
        threshold.Validators.Add(given =>
        {
            if (given.Tokens is [{ Value: var text }]
                && double.TryParse(text, CultureInfo.InvariantCulture, out var least) && least is not (>= 0 and <= 1))
            {
                given.AddError($"--threshold {text}: must be in 0..1");
            }
        });
        var command = new Command("predict", "Detect objects in pictures.")
        {
            images, weights, which, options.Recipe, options.Set, options.Device, options.Precision, threads, output, truth, threshold,
        };
        command.SetAction(parsed =>
        {
            CommandLine.LoadTorch(parsed.GetValue(threads));
            var run = RunFolder.Of(parsed.GetRequiredValue(weights));
            var recipe = options.Read(parsed, run.ReadRecipe);
            return Predict(
                parsed.GetRequiredValue(images), parsed.GetRequiredValue(weights), parsed.GetValue(which) ?? recipe.Method.Evaluated,
                run.ReadCategories(), recipe, parsed.GetRequiredValue(output), parsed.GetValue(truth), parsed.GetValue(threshold));
        });
        return command;
    }

    private static int Predict(
        string[] arguments, string weights, Network which, IReadOnlyList<Category> classes, Recipe recipe, string output,
        string? truthFile, double threshold)
    {
        var (failures, seen) = (0, 0);
        var inputs = arguments.SelectMany(argument => Try(() => PictureInputs.Of(argument)) ?? [])
            .DistinctBy(input => Path.GetFullPath(input.File)).ToList();
        if (inputs.Count == 0)
        {
            return 1;
        }
        var truth = truthFile is null ? null : new PredictTruth(truthFile, inputs.Select(input => input.File));
        var categories = truth?.Joined(classes) ?? classes;
        using var network = recipe.BuildDetector(classes.Count);
        ModelFile.Read(weights, which, network);
        if (recipe.Precision.Inference.Warning(network.Device) is { } warning)
        {
            CommandLine.Complain(warning);
        }

        var inference = new Inference(network, recipe);
        var names = new OutputNames(output, inputs.Select(input => input.File));
        var json = names.Results();
        var records = new List<ImageRecord>();
        var results = new List<DetectionResult>();
        using var stop = new CancellationTokenSource();
        using var signals = new StopSignals(stop);
        foreach (var (index, input) in inputs.Index().TakeWhile(_ => !stop.IsCancellationRequested))
        {
            seen++;
            if (Try(() => ImageFile.Read(input.File)) is { } image
                && Try(() => truth?.Of(input.File, image.Size) ?? new ImageRecord(index, "", image.Width, image.Height, [])) is { } record)
            {
                var found = inference.Detect([(record.Id, image)]);
                records.Add(record with { FileName = input.File });
                results.AddRange(found);
                var sure = found.Where(detection => detection.Score >= threshold).ToList();
                var drawn = Overlay.Surest(sure);
                if (Try(() => Draw(names.Picture(input.Name), Overlay.OfDetections(image, categories, drawn))) is { } picture)
                {
                    var objects = sure.Count == 1 ? "1 object"
                        : drawn.Length < sure.Count ? $"{drawn.Length} drawn of {sure.Count} objects"
                        : $"{sure.Count} objects";
                    Console.WriteLine($"{seen}/{inputs.Count}  {input.File}: {objects}, {picture}");
                }
            }
        }
        CocoResults.Save(json, results, new InstanceDataset("predictions", categories, records));
        Console.WriteLine($"{json}: {results.Count} detections in {records.Count} of {inputs.Count} pictures");
        if (seen < inputs.Count)
        {
            CommandLine.Complain($"stopped; {inputs.Count - seen} of {inputs.Count} pictures are left");
            return CommandLine.Stopped;
        }
        return failures > 0 ? 1 : 0;

        static string Draw(string picture, Structures.Image drawing)
        {
            DrawnPicture.Write(picture, drawing);
            return picture;
        }

        // A picture that is refused is named, and does not hold up the others.
        T? Try<T>(Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (Exception error) when (InputError.Is(error))
            {
                CommandLine.Complain(InputError.Text(error));
                failures++;
                return null;
            }
        }
    }
}
