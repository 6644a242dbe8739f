using System.CommandLine;
using System.CommandLine.Parsing;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
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
    private static readonly IReadOnlyDictionary<string, IouType> Types =
        Enum.GetValues<IouType>().ToDictionary(EvaluationDetailsModule.TaskOf, StringComparer.OrdinalIgnoreCase);

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

    private readonly Option<Network?> _network = CommandLine.Network();

    private readonly Option<string?> _images = new("--images") { Description = "Folder of the pictures of --gt.", HelpName = "DIR" };

    private readonly Option<IouType?> _task = new("--task")
    {
        Description = "What overlap is measured on; by default masks where there are any, of weights boxes as well.",
        HelpName = string.Join('|', Types.Keys),
        CustomParser = Type,
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
            options._format, options._truth, options._results, options._task, options._split, options._weights, options._network,
            options._images, options._recipe.Recipe, options._recipe.Data, options._recipe.Set, options._recipe.Device,
            options._recipe.Precision, options._threads,
            options._limits, options._analyze, options._slices, options._compare, options._save, options._report, options._json,
        };
        command.Validators.Add(options.Check);
        command.SetAction(options.Run);
        return command;
    }

    private void Check(CommandResult given)
    {
        void Refuse(bool wrong, string message)
        {
            if (wrong)
            {
                given.AddError(message);
            }
        }

        var (weights, ofFile) = (given.Has(_weights), given.Has(_results));
        Option[] ofWeights = [_recipe.Recipe, _recipe.Data, _recipe.Set, _recipe.Device, _recipe.Precision, _network, _images, _save];
        Option[] ofCoco = [_limits, _analyze, _slices, _compare, _report];
        Refuse(weights == ofFile || (ofFile && !given.Has(_truth)), "evaluate needs either --gt and --dt, or --weights");
        Refuse(weights && given.Has(_truth) != given.Has(_images), "of weights --gt and --images go together");
        Refuse(
            weights && (given.Has(_format) || given.Has(_split)),
            "--format and --split go with --gt and --dt; weights are evaluated by COCO's definition");
        Refuse(ofFile && Array.Exists(ofWeights, given.Has), $"{Names(ofWeights)} go with --weights");
        Refuse(
            given.GetResult(_format)?.Tokens is [{ Value: var format }]
                && !format.Equals(nameof(ResultFormat.Coco), StringComparison.OrdinalIgnoreCase) && Array.Exists(ofCoco, given.Has),
            $"{Names(ofCoco)} go with --format coco");
    }

    private int Run(ParseResult parsed)
    {
        var reported = parsed.GetValue(_report);
        CheckOutputs(parsed, reported);
        var protocol = parsed.GetValue(_limits) is { Length: > 0 } limits
            ? new CocoOptions { MaxDetections = limits }
            : CocoOptions.Default;
        var wanted = new Wanted(parsed.GetValue(_task), protocol, parsed.GetValue(_slices), parsed.GetValue(_compare));
        var evaluation = parsed.GetValue(_weights) is { } weights
            ? OfWeights(parsed, weights, wanted)
            : Measurement.OfResults(
                parsed.GetValue(_format), parsed.GetRequiredValue(_truth)!, parsed.GetRequiredValue(_results)!,
                parsed.GetRequiredValue(_split), wanted);
        var parts = evaluation.Parts(
            parsed.GetValue(_analyze) || reported is not null ? EvaluationDetailsModule.Analyzed : EvaluationDetailsModule.OfEvaluation);
        var report = new EvaluationReport(
            evaluation.Title, evaluation.Data, CommandText.Of(["boxteacher", .. parsed.Tokens.Select(token => token.Value)]),
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

    private Measurement OfWeights(ParseResult parsed, string weights, Wanted wanted)
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
            weights, parsed.GetValue(_network), recipe, parsed.GetRequiredValue(_recipe.Data), parsed.GetValue(_save), wanted);
    }

    // Before anything is measured. What is read is not written over, and neither is what is no list of detections.
    private void CheckOutputs(ParseResult parsed, string? reported)
    {
        if (File.Exists(reported))
        {
            throw new IOException($"{reported}: is a file, not a folder (--report)");
        }

        if (parsed.GetValue(_save) is not { } saved)
        {
            return;
        }

        string?[] inputs = [parsed.GetValue(_truth), parsed.GetValue(_weights), parsed.GetValue(_slices), parsed.GetValue(_compare)];
        if (inputs.OfType<string>().Any(input => Path.GetFullPath(input) == Path.GetFullPath(saved))
            || (Path.Exists(saved) && !OutputNames.IsList(saved)))
        {
            throw new IOException($"{saved}: is read here or is no list of detections, and is not written over (--save)");
        }
    }

    private static string Names(Option[] options) => string.Join(", ", options.Select(option => option.Name));

    private static IouType? Type(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (Types.TryGetValue(text, out var type))
        {
            return type;
        }

        given.AddError($"--task {text}: must be {string.Join(" or ", Types.Keys)}");
        return null;
    }

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
