using System.CommandLine;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using Spectre.Console;

namespace BoxTeacher.Cli.Commands;

/// <summary>
/// <c>boxteacher evaluate</c>: average precision of results files by the definitions of COCO, PASCAL VOC or Cityscapes.
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
        Option<Format> format = new("--format") { Description = "Whose definition of average precision.", DefaultValueFactory = _ => Format.Coco };
        Option<string> truth = new("--gt") { Description = "The truth: instances JSON (coco, voc), VOCdevkit (voc), or a folder of instance id pictures (cityscapes).", Required = true };
        Option<string> results = new("--dt") { Description = "The detections: results JSON (coco, voc), or a folder of text files and masks (cityscapes).", Required = true };
        Option<MeasuredOn?> task = new("--task") { Description = "What overlap is measured on; by default masks where there are any." };
        Option<string> split = new("--split") { Description = "The list of images, where the truth is VOCdevkit.", DefaultValueFactory = _ => "val" };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("evaluate", "Average precision of detections.") { format, truth, results, task, split, json };
        command.SetAction(parsed =>
        {
            var numbers = Evaluate(
                parsed.GetValue(format), parsed.GetRequiredValue(truth), parsed.GetRequiredValue(results), parsed.GetValue(task), parsed.GetRequiredValue(split));
            if (parsed.GetValue(json))
            {
                PrintJson(numbers);
            }
            else
            {
                PrintTable(numbers);
            }
        });
        return command;
    }

    private static IReadOnlyList<(string Name, double Value)> Evaluate(Format format, string truth, string results, MeasuredOn? task, string split)
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
        int unknown = detections.Count(detection => detection.Category < 0);
        if (unknown > 0)
        {
            Console.Error.WriteLine($"boxteacher: {unknown} of {detections.Count} detections are of categories that the truth lacks; they are left out");
        }
        return format == Format.Coco
            ? CocoEvaluator.Evaluate(dataset, detections, wanted).Numbers
            : VocEvaluator.Evaluate(dataset, detections, wanted).Numbers;
    }

    // What could not be measured is null, except COCO's own -1.
    private static void PrintJson(IReadOnlyList<(string Name, double Value)> numbers)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
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
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static void PrintTable(IReadOnlyList<(string Name, double Value)> numbers)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("");
        table.AddColumn(new TableColumn("%").RightAligned());
        foreach (var (name, value) in numbers)
        {
            table.AddRow(name, value is -1 or double.NaN ? "-" : (100 * value).ToString("0.00"));
        }
        AnsiConsole.Write(table);
    }
}
