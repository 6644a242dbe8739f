using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Training;
using Spectre.Console;

namespace BoxTeacher.Cli.Commands;

/// <summary>
/// <c>boxteacher evaluate</c>: average precision of results files by the definitions of COCO, PASCAL VOC or Cityscapes, or of a
/// recipe's trained weights on its validation images.
/// </summary>
internal static class EvaluateCommand
{
    private enum Format
    {
        Coco,
        Voc,
        Cityscapes,
    }

    private enum MeasuredOn
    {
        Bbox,
        Segm,
    }

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<Format> format = new("--format")
        {
            Description = "Whose definition of average precision.", DefaultValueFactory = _ => Format.Coco,
        };
        Option<string> truth = new("--gt")
        {
            Description = "The truth: instances JSON (coco, voc), VOCdevkit (voc), or a folder of instance id pictures (cityscapes).",
        };
        Option<string> results = new("--dt")
        {
            Description = "The detections: results JSON (coco, voc), or a folder of text files and masks (cityscapes).",
        };
        var recipe = new RecipeOptions(required: false);
        Option<string> weights = new("--weights")
        {
            Description = "Weights file to evaluate on the recipe's validation images.", HelpName = "FILE",
        };
        Option<MeasuredOn?> task = new("--task") { Description = "What overlap is measured on; by default masks where there are any." };
        Option<string> split = new("--split")
        {
            Description = "The list of images, where the truth is VOCdevkit.", DefaultValueFactory = _ => "val",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        var threads = CommandLine.Threads();
        Command command = new("evaluate", "Average precision of detections: --gt and --dt, or --recipe and --weights.")
        {
            format, truth, results, task, split, recipe.Recipe, weights, recipe.Data, recipe.Set, recipe.Device, threads, json,
        };
        command.Validators.Add(given =>
        {
            bool Has(Option option) => given.GetResult(option) is { Implicit: false };
            if (Has(weights) != Has(recipe.Recipe) || Has(truth) != Has(results) || Has(weights) == Has(results))
            {
                given.AddError("evaluate needs either --gt and --dt, or --recipe and --weights");
            }

            if (Has(weights) && (Has(format) || Has(split)))
            {
                given.AddError("--format and --split go with --gt and --dt; weights are evaluated by COCO's definition");
            }
        });
        command.SetAction(parsed =>
        {
            var columns = parsed.GetValue(weights) is { } file
                ? OfWeights(
                    parsed.GetValue(threads), recipe.Read(parsed), parsed.GetRequiredValue(recipe.Data), file, parsed.GetValue(task))
                : [new Column("", OfResults(
                    parsed.GetValue(format), parsed.GetRequiredValue(truth), parsed.GetRequiredValue(results),
                    parsed.GetValue(task), parsed.GetRequiredValue(split)))];
            if (parsed.GetValue(json))
            {
                PrintJson(columns);
            }
            else
            {
                PrintTable(columns);
            }
        });
        return command;
    }

    private static IReadOnlyList<(string Name, double Value)> OfResults(
        Format format, string truth, string results, MeasuredOn? task, string split)
    {
        if (format == Format.Cityscapes)
        {
            var cityscapes = CityscapesResults.Evaluate(truth, results);
            return [("AP", cityscapes.AP), ("AP50", cityscapes.AP50)];
        }
        var dataset = format == Format.Voc && Directory.Exists(truth) ? VocReader.Read(truth, split) : CocoReader.Read(truth, ".");
        var wanted = task == MeasuredOn.Bbox ? IouType.Box : IouType.Mask;
        var detections = CocoResults.Read(results, dataset, wanted);
        if (task is null && detections.All(detection => detection.Mask is null))
        {
            wanted = IouType.Box;
        }
        var unknown = detections.Count(detection => detection.Category < 0);
        if (unknown > 0)
        {
            Console.Error.WriteLine(
                $"boxteacher: {unknown} of {detections.Count} detections are of categories that the truth lacks; they are left out");
        }
        return format == Format.Coco
            ? CocoEvaluator.Evaluate(dataset, detections, wanted).Numbers
            : VocEvaluator.Evaluate(dataset, detections, wanted).Numbers;
    }

    private static Column[] OfWeights(int? threads, Recipe recipe, string root, string weights, MeasuredOn? task)
    {
        CommandLine.LoadTorch(threads);
        var run = RunFolder.Find(weights);
        if (run is null)
        {
            Console.Error.WriteLine(
                $"boxteacher: {weights}: no run's categories lie beside these weights; their classes are taken for those of the data by their order");
        }

        var dataset = RecipeData.ReadValidation(recipe, root, Workbench.DataNews.Tell, run);
        using var network = recipe.BuildDetector(dataset.Categories.Count);
        ModelFile.Read(weights, recipe.Method.Evaluated, network);
        var (box, mask) = new Inference(network, recipe).Evaluate(dataset);
        Column[] columns = [new("bbox", box.Numbers), .. mask is null ? (Column[])[] : [new("segm", mask.Numbers)]];
        return [
            .. columns.Where(column => task is null || string.Equals(task.ToString(), column.Name, StringComparison.OrdinalIgnoreCase))];
    }

    // What could not be measured is null, except COCO's own -1.
    private static void PrintJson(Column[] columns)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            foreach (var column in columns)
            {
                if (column.Name.Length > 0)
                {
                    json.WriteStartObject(column.Name);
                }
                Write(json, column.Numbers);
                if (column.Name.Length > 0)
                {
                    json.WriteEndObject();
                }
            }
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<(string Name, double Value)> numbers)
    {
        foreach (var (name, value) in numbers)
        {
            if (double.IsNaN(value))
            {
                json.WriteNull(name);
            }
            else
            {
                json.WriteNumber(name, value);
            }
        }
    }

    private static void PrintTable(Column[] columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("%");
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column.Name).RightAligned());
        }
        for (var row = 0; row < columns[0].Numbers.Count; row++)
        {
            table.AddRow([columns[0].Numbers[row].Name, .. columns.Select(column => Percent(column.Numbers[row].Value))]);
        }
        AnsiConsole.Write(table);
    }

    private static string Percent(double value) =>
        value is -1 or double.NaN ? "-" : (100 * value).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Metrics of one kind of overlap; without a name where there is only one.</summary>
    private sealed record Column(string Name, IReadOnlyList<(string Name, double Value)> Numbers);
}
