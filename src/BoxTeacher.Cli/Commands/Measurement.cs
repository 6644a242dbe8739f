using BoxTeacher.Data;
using BoxTeacher.Evaluation;
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

/// <summary>What overlap is measured on.</summary>
internal enum MeasuredOn
{
    Bbox,
    Segm,
}

/// <summary>An evaluation before it is shown: what was matched with what, and what people should know of it.</summary>
internal sealed class Measurement
{
    private readonly InstanceDataset? _truth;
    private readonly CocoOptions _protocol;
    private readonly List<CocoEvaluation> _matched = [];
    private readonly List<string> _warnings = [];
    private EvaluationPart? _only;
    private bool _masksAreMissing;

    /// <summary>The truth of which a check has told already that it lacks masks.</summary>
    private string? _checkedFile;

    private Measurement(string title, string data, CocoOptions protocol, InstanceDataset? truth)
    {
        (Title, Data, _protocol, _truth) = (title, data, protocol, truth);
        Warn(
            truth is not null && truth.Images.Any(image => image.Annotations.Any(annotation => annotation.Id == 0)),
            "annotation 0 of the truth never counts as found, as in pycocotools; number annotations from 1 on");
    }

    /// <summary>What was evaluated.</summary>
    public string Title { get; }

    /// <summary>On what.</summary>
    public string Data { get; }

    /// <summary>What went otherwise than people may think; they were told of each when it was found.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Of a results file.</summary>
    /// <exception cref="DataFormatException">A file is malformed, or masks are asked for and there are none.</exception>
    public static Measurement OfResults(
        ResultFormat format, string truthFile, string resultsFile, MeasuredOn? task, string split, CocoOptions protocol)
    {
        if (format == ResultFormat.Cityscapes)
        {
            var cityscapes = CityscapesResults.Evaluate(truthFile, resultsFile);
            return new Measurement(resultsFile, truthFile, protocol, null)
            {
                _only = EvaluationPartModule.OfNumbers("", [("AP", cityscapes.AP), ("AP50", cityscapes.AP50)]),
            };
        }

        var truth = format == ResultFormat.Voc && Directory.Exists(truthFile)
            ? VocReader.Read(truthFile, split)
            : CocoReader.Read(truthFile, ".");
        var measurement = new Measurement(resultsFile, Described(truthFile, truth), protocol, truth);
        IReadOnlyList<DetectionResult> Read(IouType type) => CocoResults.Read(resultsFile, truth, type);
        var results = Read(task == MeasuredOn.Bbox ? IouType.Box : IouType.Mask);
        var unknown = results.Count(result => result.Category < 0);
        measurement.Warn(unknown > 0, $"{unknown} of {results.Count} detections are of categories that the truth lacks; they are left out");
        // A file of boxes alone is of a detector of boxes.
        var wanted = task ?? (results.Any(result => result.Mask is not null) ? MeasuredOn.Segm : MeasuredOn.Bbox);
        var type = wanted == MeasuredOn.Segm
            && measurement.HasMasks(truthFile, MaskCoverage.Problem(truth), task)
            && measurement.HasMasks(resultsFile, MaskCoverage.Problem(results), task) ? IouType.Mask : IouType.Box;
        // Of boxes alone the areas are the boxes'.
        results = type == IouType.Box && task != MeasuredOn.Bbox ? Read(type) : results;
        if (format == ResultFormat.Voc)
        {
            measurement._only = EvaluationPartModule.OfNumbers("", VocEvaluator.Evaluate(truth, results, type).Numbers);
        }
        else
        {
            measurement._matched.Add(CocoEvaluation.Match(truth, results, type, protocol));
        }

        return measurement;
    }

    /// <summary>Of trained weights, on the validation images of a recipe.</summary>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">
    /// The truth is malformed, has categories that the weights' run lacks, or masks are asked for and there are none.
    /// </exception>
    public static Measurement OfWeights(
        string weights, Recipe recipe, string root, MeasuredOn? task, CocoOptions protocol, string? saved)
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
        if (saved is not null && Path.GetFullPath(saved) == Path.GetFullPath(truthFile))
        {
            throw new IOException($"{saved}: the detections would take the place of the truth (--save)");
        }

        var measurement = new Measurement(weights, Described(truthFile, truth), protocol, truth) { _checkedFile = truthFile };
        measurement._warnings.AddRange(told);
        measurement.Warn(
            run is not { HasCategories: true },
            $"{weights}: no run's categories lie beside these weights; their classes are taken for those of the data by their order");
        using var network = recipe.BuildDetector(truth.Categories.Count);
        ModelFile.Read(weights, recipe.Method.Evaluated, network);
        var withMasks = task != MeasuredOn.Bbox
            && measurement.HasMasks(weights, network.HasMasks || task is null ? null : "the detector gives boxes alone", task)
            && network.HasMasks
            && measurement.HasMasks(truthFile, MaskCoverage.Problem(truth), task);
        var found = new Inference(network, recipe).Detect(truth);
        if (saved is not null)
        {
            CocoResults.Save(saved, found, truth);
        }

        var (box, mask) = EvaluationResult.Of(truth, found, withMasks, protocol);
        measurement._matched.AddRange(task == MeasuredOn.Segm ? [] : [box]);
        measurement._matched.AddRange(mask is null ? [] : [mask]);
        return measurement;
    }

    /// <summary>The numbers of each kind of overlap.</summary>
    /// <param name="slices">A file of slices; null: none.</param>
    /// <param name="baseline">A results file to compare with; null: none.</param>
    /// <param name="isAnalyzed">Whether errors, confusion and calibration are asked for.</param>
    /// <exception cref="DataFormatException">A file is malformed, or the baseline lacks masks.</exception>
    public IEnumerable<EvaluationPart> Parts(string? slices, string? baseline, bool isAnalyzed)
    {
        if (_only is not null)
        {
            return [_only];
        }

        var sliced = slices is null ? [] : ImageSlice.Read(slices, _truth!);
        IEnumerable<EvaluationPart> parts = [.. _matched.Select(Part)];
        return _masksAreMissing ? [.. parts, EvaluationPartModule.OfNumbers("segm", [])] : parts;

        EvaluationPart Part(CocoEvaluation matched)
        {
            var part = EvaluationPartModule.OfEvaluation(matched, sliced, isAnalyzed);
            return baseline is null
                ? part
                : EvaluationPartModule.WithComparison(baseline, CocoComparison.Of(matched, Baseline(baseline, matched.Type)), part);
        }
    }

    private CocoEvaluation Baseline(string file, IouType type)
    {
        var results = CocoResults.Read(file, _truth!, type);
        return type == IouType.Mask && MaskCoverage.Problem(results) is { } problem
            ? throw new DataFormatException(file, "", $"{problem} to compare (--task bbox)")
            : CocoEvaluation.Match(_truth!, results, type, _protocol);
    }

    // Where nobody asked for masks in particular, a warning and a dash stand in their place.
    private bool HasMasks(string file, string? problem, MeasuredOn? task)
    {
        if (problem is not null && task == MeasuredOn.Segm)
        {
            throw new DataFormatException(file, "", $"{problem}; without masks there is no mask AP (--task bbox)");
        }

        Warn(problem is not null && file != _checkedFile, $"{file}: {problem}; there is no mask AP, boxes alone are measured");
        _masksAreMissing |= problem is not null;
        return problem is null;
    }

    private void Warn(bool happened, string text)
    {
        if (happened)
        {
            _warnings.Add(text);
            CommandLine.Complain(text);
        }
    }

    private static string Described(string file, InstanceDataset truth) =>
        $"{file}: {truth.Images.Count} images with {truth.Images.Sum(image => image.Annotations.Count)} objects";
}
