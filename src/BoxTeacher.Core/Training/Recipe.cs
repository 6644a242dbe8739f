using System.Text.Json.Serialization;
using BoxTeacher.Data;

namespace BoxTeacher.Training;

/// <summary>Everything that decides a run's outcome, as plain data; together with the data set's files it can be repeated exactly.</summary>
/// <param name="Name">What tables and reports call it.</param>
/// <param name="Dataset">Where images and labels are.</param>
/// <param name="Detector">The network.</param>
/// <param name="Teaching">The method that trains it.</param>
/// <param name="Augmentation">The views of an image.</param>
/// <param name="Solver">Optimizer and learning rate.</param>
/// <param name="Budget">How long, how often.</param>
/// <param name="Seed">Fixes initial weights, order and augmentation.</param>
/// <param name="Notes">What a reader should know, such as which values are not published; without effect.</param>
public sealed record Recipe(
    string Name,
    DatasetRecipe Dataset,
    DetectorRecipe Detector,
    TeachingRecipe Teaching,
    AugmentationRecipe Augmentation,
    SolverRecipe Solver,
    BudgetRecipe Budget,
    long Seed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>A COCO-format data set; all paths are relative to a root that the run is given.</summary>
/// <param name="TrainAnnotations">Instances file to learn from.</param>
/// <param name="TrainImages">Folder of its images.</param>
/// <param name="ValidationAnnotations">Instances file to evaluate on.</param>
/// <param name="ValidationImages">Folder of its images.</param>
/// <param name="GroupByAspect">Whether a batch holds only wide or only tall images (published: true).</param>
public sealed record DatasetRecipe(
    string TrainAnnotations, string TrainImages, string ValidationAnnotations, string ValidationImages, bool GroupByAspect);

/// <summary>How images become views.</summary>
/// <param name="Geometry">Shared by the weak and the strong view of training.</param>
/// <param name="Strong">Colours of the student's view; null: the weak view itself.</param>
/// <param name="TestShortEdge">Short side for inference, in pixels; published: 800.</param>
/// <param name="TestMaxSize">Limit of the long side for inference, in pixels; published: 1333.</param>
public sealed record AugmentationRecipe(GeometryAugmentation Geometry, ColorAugmentation? Strong, int TestShortEdge, int TestMaxSize);

/// <summary>The length of a run.</summary>
/// <param name="Iterations">Optimizer steps.</param>
/// <param name="BatchSize">Images a step.</param>
/// <param name="EvaluateEvery">Iterations from one evaluation to the next; there is always one at the end.</param>
/// <param name="CheckpointEvery">Iterations from one checkpoint to the next; there is always one at the end.</param>
public sealed record BudgetRecipe(int Iterations, int BatchSize, int EvaluateEvery, int CheckpointEvery);
