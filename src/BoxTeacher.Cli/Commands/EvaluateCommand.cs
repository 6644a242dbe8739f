using System.CommandLine;
using System.CommandLine.Parsing;
using BoxTeacher.Evaluation;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using Microsoft.FSharp.Collections;

namespace BoxTeacher.Cli.Commands;

/// <summary>
/// <c>boxteacher evaluate</c>: average precision of results files by the definitions of COCO, PASCAL VOC or Cityscapes, or of trained
/// weights on their validation images or on data of one's own.
/// </summary>
internal sealed class EvaluateCommand
{
    private readonly Option<ResultFormat> _format = new("--format")
    {
        Description = "Whose definition of average precision.", DefaultValueFactory = _ => ResultFormat.Coco,
    };

    private readonly Option<string?> _truth = new("--gt")
    {
        Description = "The truth: instances JSON (coco, voc), VOCdevkit (voc), or a folder of instance id pictures (cityscapes).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _results = new("--dt")
    {
        Description = "The detections: results JSON (coco, voc), or a folder of text files and masks (cityscapes).", HelpName = "FILE",
    };

    private readonly Option<string?> _weights = new("--weights")
    {
        Description = "Weights file to evaluate, on its recipe's validation images or on --gt with --images.", HelpName = "FILE",
    };

    private readonly Option<string?> _images = new("--images") { Description = "Folder of the pictures of --gt.", HelpName = "DIR" };

    private readonly Option<MeasuredOn?> _task = new("--task")
    {
        Description = "What overlap is measured on; by default masks where there are any, of weights boxes as well.",
    };

    private readonly Option<string> _split = new("--split")
    {
        Description = "The list of images, where the truth is VOCdevkit.", DefaultValueFactory = _ => "val",
    };

    private readonly Option<int[]> _limits = new("--max-detections")
    {
        Description = "Limits of the detections per image and category, ascending; precision is read at the last. "
            + $"{string.Join(',', CocoOptions.Default.MaxDetections)} by default.",
        HelpName = "N,...",
        CustomParser = Limits,
    };

    private readonly Option<bool> _analyze = new("--analyze")
    {
        Description = "Also what errors cost (TIDE), what is confused with what, and whether scores are probabilities.",
    };

    private readonly Option<string?> _slices = new("--slices")
    {
        Description = "JSON file {\"name\": [image ids or file names], ...}: also the numbers of these images.", HelpName = "FILE",
    };

    private readonly Option<string?> _compare = new("--compare")
    {
        Description = "Other results JSON to compare with, by bootstrap intervals over the images.", HelpName = "FILE",
    };

    private readonly Option<string?> _save = new("--save")
    {
        Description = "Keep the detections of the weights as results JSON, which --dt reads.", HelpName = "FILE",
    };

    private readonly Option<string?> _report = new("--report")
    {
        Description = "Folder for report.html, with all of --analyze in pictures, and evaluation.json.", HelpName = "DIR",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };
    private readonly RecipeOptions _recipe = new(required: false);
    private readonly Option<int?> _threads = CommandLine.Threads();

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var options = new EvaluateCommand();
        options._recipe.Recipe.Description = "Recipe of the weights, by name or file; recipe.json of their run by default.";
        Command command = new("evaluate", "Average precision of detections: --gt and --dt, or --weights.")
        {
            options._format, options._truth, options._results, options._task, options._split, options._weights, options._images,
            options._recipe.Recipe, options._recipe.Data, options._recipe.Set, options._recipe.Device, options._threads, options._limits,
            options._analyze, options._slices, options._compare, options._save, options._report, options._json,
        };
        command.Validators.Add(options.Check);
        command.SetAction(options.Run);
        return command;
    }

    private void Check(CommandResult given)
    {
        bool Has(Option option) => given.GetResult(option) is { Implicit: false };
        void Refuse(bool wrong, string message)
        {
            if (wrong)
            {
                given.AddError(message);
            }
        }

        var (weights, ofFile) = (Has(_weights), Has(_results));
        Option[] ofWeights = [_recipe.Recipe, _recipe.Data, _recipe.Set, _recipe.Device, _images, _save];
        Option[] ofCoco = [_limits, _analyze, _slices, _compare, _report];
        Refuse(weights == ofFile || (ofFile && !Has(_truth)), "evaluate needs either --gt and --dt, or --weights");
        Refuse(weights && Has(_truth) != Has(_images), "of weights --gt and --images go together");
        Refuse(
            weights && (Has(_format) || Has(_split)),
            "--format and --split go with --gt and --dt; weights are evaluated by COCO's definition");
        Refuse(ofFile && Array.Exists(ofWeights, Has), $"{Names(ofWeights)} go with --weights");
        Refuse(
            Has(_format) && given.GetValue(_format) != ResultFormat.Coco && Array.Exists(ofCoco, Has),
            $"{Names(ofCoco)} go with --format coco");
    }

    private int Run(ParseResult parsed)
    {
        var reported = parsed.GetValue(_report);
        var protocol = parsed.GetValue(_limits) is { Length: > 0 } limits
            ? new CocoOptions { MaxDetections = limits }
            : CocoOptions.Default;
        var evaluation = parsed.GetValue(_weights) is { } weights
            ? OfWeights(parsed, weights, protocol)
            : Measurement.OfResults(
                parsed.GetValue(_format), parsed.GetRequiredValue(_truth)!, parsed.GetRequiredValue(_results)!, parsed.GetValue(_task),
                parsed.GetRequiredValue(_split), protocol);
        var parts = evaluation.Parts(
            parsed.GetValue(_slices), parsed.GetValue(_compare), parsed.GetValue(_analyze) || reported is not null);
        var report = new EvaluationReport(
            evaluation.Title, evaluation.Data, $"boxteacher {string.Join(' ', parsed.Tokens.Select(token => token.Value))}",
            ListModule.OfSeq(evaluation.Warnings), ListModule.OfSeq(parts));
        if (parsed.GetValue(_json))
        {
            Console.WriteLine(EvaluationReportModule.ToJson(report));
        }
        else
        {
            EvaluationReportModule.Print(report);
        }

        if (reported is not null)
        {
            var files = EvaluationReportModule.Write(reported, report);
            Console.Error.WriteLine($"report: {files.Page}");
        }

        return 0;
    }

    private Measurement OfWeights(ParseResult parsed, string weights, CocoOptions protocol)
    {
        CommandLine.LoadTorch(parsed.GetValue(_threads));
        var recipe = _recipe.Read(parsed, () => RunFolder.Of(weights).ReadRecipe());
        if (parsed.GetValue(_truth) is { } truth)
        {
            // Rooted paths stand for themselves below any root.
            recipe = recipe with
            {
                Dataset = recipe.Dataset with
                {
                    ValidationAnnotations = Path.GetFullPath(truth),
                    ValidationImages = Path.GetFullPath(parsed.GetRequiredValue(_images)!),
                },
            };
        }

        return Measurement.OfWeights(
            weights, recipe, parsed.GetRequiredValue(_recipe.Data), parsed.GetValue(_task), protocol, parsed.GetValue(_save));
    }

    private static string Names(Option[] options) => string.Join(", ", options.Select(option => option.Name));

    private static int[]? Limits(ArgumentResult given)
    {
        var text = string.Join(',', given.Tokens.Select(token => token.Value));
        int[] limits = [.. text.Split(',').Select(part => int.TryParse(part, out var limit) ? limit : 0)];
        if (limits[0] < 1 || limits.Zip(limits.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            given.AddError($"--max-detections {text}: must be whole numbers from 1 on, ascending, such as 1,10,100");
            return null;
        }

        return limits;
    }
}
