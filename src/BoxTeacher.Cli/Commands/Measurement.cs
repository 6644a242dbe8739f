using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using Recipe = BoxTeacher.Training.Recipe;

namespace BoxTeacher.Cli.Commands;

/// <summary>Whose definition of average precision.</summary>
internal enum ResultFormat
{
    Coco,
    Voc,
    Cityscapes,
}

/// <summary>What is asked of an evaluation.</summary>
/// <param name="Type">What overlap is measured on; null: masks where there are any, of weights boxes as well.</param>
/// <param name="Protocol">COCO's numbers.</param>
/// <param name="Slices">A file of slices; null: none.</param>
/// <param name="Baseline">A results file to compare with; null: none.</param>
internal sealed record Wanted(IouType? Type, CocoOptions Protocol, string? Slices, string? Baseline);

/// <summary>An evaluation before it is shown: what was matched with what, and what people should know of it.</summary>
internal sealed class Measurement
{
    private readonly List<CocoEvaluation> _matched = [];
    private readonly List<CocoEvaluation> _baselines = [];
    private readonly List<string> _warnings = [];
    private IReadOnlyList<ImageSlice> _slices = [];
    private string _baselineFile = "";
    private EvaluationPart? _only;
    private bool _masksAreMissing;

    // The truth of which the check has told already that it lacks masks.
    private string? _checkedFile;

    private Measurement(string title, string data) => (Title, Data) = (title, data);

    private Measurement(string title, string file, InstanceDataset truth)
        : this(title, $"{file}: {truth.Images.Count} images with {truth.Images.Sum(image => image.Annotations.Count)} objects") => Warn(
            truth.Images.Any(image => image.Annotations.Any(annotation => annotation.Id == 0))
                ? "annotation 0 of the truth never counts as found, as in pycocotools; number annotations from 1 on"
                : null);

    /// <summary>What was evaluated.</summary>
    public string Title { get; }

    /// <summary>On what.</summary>
    public string Data { get; }

    /// <summary>What went otherwise than people may think; they were told of each when it was found.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Of a results file.</summary>
    /// <exception cref="DataFormatException">A file is malformed, or masks are asked for and there are none.</exception>
    public static Measurement OfResults(ResultFormat format, string truthFile, string resultsFile, string split, Wanted wanted)
    {
        if (format == ResultFormat.Cityscapes)
        {
            var cityscapes = CityscapesResults.Evaluate(truthFile, resultsFile);
            return new Measurement(resultsFile, truthFile)
            {
                _only = EvaluationPartModule.OfNumbers(null, [("AP", cityscapes.AP), ("AP50", cityscapes.AP50)]),
            };
        }

        var truth = format == ResultFormat.Voc && Directory.Exists(truthFile)
            ? VocReader.Read(truthFile, split)
            : CocoReader.Read(truthFile, ".");
        var measurement = new Measurement(resultsFile, truthFile, truth);
        IReadOnlyList<DetectionResult> Read(IouType type) => CocoResults.Read(resultsFile, truth, type);
        var results = Read(wanted.Type ?? IouType.Mask);
        measurement.WarnOfUnknown(resultsFile, results);
        // A file of boxes alone is of a detector of boxes.
        var hasMasks = results.Any(result => result.Mask is not null);
        var type = measurement.Choose(
            wanted.Type ?? (hasMasks ? null : IouType.Box),
            Lack(truthFile, MaskCoverage.Problem(truth)) ?? Lack(resultsFile, MaskCoverage.Problem(results)));
        // Where boxes are measured the areas are the boxes', also of detections with masks.
        results = type == IouType.Box && hasMasks ? Read(type) : results;
        measurement.ReadBeside(wanted, truth, [type]);
        if (format == ResultFormat.Voc)
        {
            measurement._only = EvaluationPartModule.OfNumbers(null, VocEvaluator.Evaluate(truth, results, type).Numbers);
        }
        else
        {
            measurement._matched.Add(CocoEvaluation.Match(truth, results, type, wanted.Protocol));
        }

        return measurement;
    }

    /// <summary>Of trained weights, on the validation images of a recipe.</summary>
    /// <param name="weights">The weights file.</param>
    /// <param name="which">The network of it; null: the one that the recipe evaluates.</param>
    /// <param name="recipe">Detector and data.</param>
    /// <param name="root">The folder that the recipe's paths are relative to.</param>
    /// <param name="saved">Where the detections are kept; null: nowhere.</param>
    /// <param name="wanted">What is asked.</param>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">
    /// A file is malformed, the truth has categories that the weights' run lacks, or masks are asked for and there are none.
    /// </exception>
    public static Measurement OfWeights(
        string weights, Network? which, Recipe recipe, string root, string? saved, Wanted wanted)
    {
        var run = RunFolder.Find(weights);
        var told = new List<string>();
        var truth = RecipeData.ReadValidation(
            recipe,
            root,
            happened =>
            {
                DataNews.Tell(happened);
                if (happened is DataChecked { Report: var report })
                {
                    told.AddRange(report.Warnings.Select(found => $"{report.File}: {found.What}"));
                }
            },
            run);
        var truthFile = Path.Combine(root, recipe.Dataset.ValidationAnnotations!);
        var measurement = new Measurement(weights, truthFile, truth) { _checkedFile = truthFile };
        measurement._warnings.AddRange(told);
        measurement.Warn(
            run is not { HasCategories: true }
                ? $"{weights}: no run's categories lie beside these weights; their classes are taken for those of the data by their order"
                : null);
        using var network = recipe.BuildDetector(truth.Categories.Count);
        ModelFile.Read(weights, which ?? recipe.Method.Evaluated, network);
        var most = measurement.Choose(
            wanted.Type ?? (network.HasMasks ? null : IouType.Box),
            network.HasMasks ? Lack(truthFile, MaskCoverage.Problem(truth)) : Lack(weights, "the detector gives boxes alone"));
        IouType[] types = wanted.Type is null && most == IouType.Mask ? [IouType.Box, IouType.Mask] : [most];
        measurement.ReadBeside(wanted, truth, types);
        measurement.Warn(recipe.Precision.Inference.Warning(network.Device));
        Console.Error.WriteLine($"{weights}: {truth.Images.Count} images to look at, recipe {recipe.Name}");
        var found = new Inference(network, recipe).Detect(truth, DataNews.Detecting(truthFile, truth.Images.Count));
        if (saved is not null)
        {
            CocoResults.Save(saved, found, truth);
        }

        var (box, mask) = EvaluationResult.Of(truth, found, most == IouType.Mask, wanted.Protocol);
        measurement._matched.AddRange(types.Select(type => type == IouType.Mask ? mask! : box));
        return measurement;
    }

    /// <summary>The numbers of each kind of overlap.</summary>
    /// <param name="details">How much of an evaluation is told.</param>
    public IEnumerable<EvaluationPart> Parts(Func<CocoEvaluation, EvaluationDetails> details)
    {
        if (_only is not null)
        {
            return [_only];
        }

        IEnumerable<EvaluationPart> parts = [.. _matched.Select(Part)];
        return _masksAreMissing ? [.. parts, EvaluationPartModule.OfNumbers(IouType.Mask, [])] : parts;

        EvaluationPart Part(CocoEvaluation matched)
        {
            var part = EvaluationPartModule.OfEvaluation(matched, details(matched), _slices);
            return _baselines.Find(baseline => baseline.Type == matched.Type) is { } baseline
                ? EvaluationPartModule.WithComparison(_baselineFile, CocoComparison.Of(matched, baseline), part)
                : part;
        }
    }

    // Ahead of inference and matching, which take minutes.
    private void ReadBeside(Wanted wanted, InstanceDataset truth, IEnumerable<IouType> types)
    {
        _slices = wanted.Slices is { } slices ? ImageSlice.Read(slices, truth) : [];
        if (wanted.Baseline is { } baseline)
        {
            _baselineFile = baseline;
            _baselines.AddRange(types.Select(type => Baseline(baseline, truth, type, wanted.Protocol)));
        }
    }

    private CocoEvaluation Baseline(string file, InstanceDataset truth, IouType type, CocoOptions protocol)
    {
        var results = CocoResults.Read(file, truth, type);
        WarnOfUnknown(file, results);
        return type == IouType.Mask && MaskCoverage.Problem(results) is { } problem
            ? throw new DataFormatException(file, "", $"{problem} to compare (--task bbox)")
            : CocoEvaluation.Match(truth, results, type, protocol);
    }

    // What keeps masks from being measured; null: nothing.
    private static (string File, string Problem)? Lack(string file, string? problem) => problem is null ? null : (file, problem);

    // Where nobody asked for masks in particular, a warning and a dash stand in their place.
    private IouType Choose(IouType? wanted, (string File, string Problem)? lack)
    {
        switch (wanted, lack)
        {
            case (IouType.Box, _):
                return IouType.Box;
            case (_, null):
                return IouType.Mask;
            case (IouType.Mask, var (file, problem)):
                throw new DataFormatException(file, "", $"{problem}; without masks there is no mask AP (--task bbox)");
            case (_, var (file, problem)):
                Warn(file == _checkedFile ? null : $"{file}: {problem}; there is no mask AP, boxes alone are measured");
                _masksAreMissing = true;
                return IouType.Box;
        }
    }

    private void WarnOfUnknown(string file, IReadOnlyList<DetectionResult> results)
    {
        var unknown = results.Count(result => result.Category < 0);
        if (unknown > 0 && unknown == results.Count)
        {
            throw new DataFormatException(file, "category_id", $"none of the {unknown} detections is of a category of the truth");
        }

        Warn(unknown > 0
            ? $"{file}: {unknown} of {results.Count} detections are of categories that the truth lacks; they are left out" : null);
    }

    private void Warn(string? text)
    {
        if (text is not null)
        {
            _warnings.Add(text);
            CommandLine.Complain(text);
        }
    }
}
