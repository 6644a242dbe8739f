using BoxTeacher.Augmentation;

namespace BoxTeacher.Training;

/// <summary>A COCO-format data set; all paths are relative to a root that the run is given.</summary>
/// <param name="TrainAnnotations">Instances file to learn from.</param>
/// <param name="TrainImages">Folder of its images.</param>
/// <param name="ValidationAnnotations">Instances file to evaluate on; null: the run is not evaluated.</param>
/// <param name="ValidationImages">Folder of its images.</param>
/// <param name="GroupByAspect">Whether a batch holds only wide or only tall images (published: true).</param>
/// <param name="Unlabelled">Images without labels to learn from as well; null: there are none.</param>
public sealed record DatasetRecipe(
    string TrainAnnotations,
    string TrainImages,
    string? ValidationAnnotations = null,
    string? ValidationImages = null,
    bool GroupByAspect = false,
    UnlabelledRecipe? Unlabelled = null)
{
    /// <summary>Whether there is a data set to evaluate on.</summary>
    public bool HasValidation => ValidationAnnotations is not null;

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() =>
    [
        .. RecipeProblems.Of(HasValidation && ValidationImages is null ? "validationImages: is null, validationAnnotations is not" : null),
        .. RecipeProblems.In(("unlabelled", Unlabelled?.Problems() ?? [])),
    ];
}

/// <summary>Images without labels, and how many of them a batch has.</summary>
/// <param name="Annotations">
/// What lists the images: a JSON file in COCO's format, of which annotations are not read, so that a run cannot depend on them; or a text
/// file of any other ending than .json, one name a line; null: every picture in the folder and those below it.
/// </param>
/// <param name="Images">Folder of its images.</param>
/// <param name="Composition">How a batch is divided.</param>
public sealed record UnlabelledRecipe(string? Annotations, string Images, CompositionRecipe Composition)
{
    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.In(("composition", Composition.Problems()));
}

/// <summary>How many images of a batch are labelled.</summary>
/// <param name="Labelled">Their part in the ratio labelled : unlabelled; published: 1.</param>
/// <param name="Unlabelled">The other part; published: 4 with some labels of COCO, 1 with all of them.</param>
public abstract record CompositionRecipe(int Labelled, int Unlabelled)
{
    /// <summary>The division of batches.</summary>
    public abstract BatchComposition Composition();

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() =>
        RecipeProblems.Of(RecipeProblems.Positive("labelled", Labelled), RecipeProblems.Positive("unlabelled", Unlabelled));

    /// <summary>Why batches of a size cannot be divided so, with the key; null: they can.</summary>
    /// <param name="batchSize">Images per step.</param>
    internal virtual string? ProblemOf(int batchSize) =>
        batchSize < 2 ? $"batchSize: must be at least 2, one labelled and one unlabelled image, not {batchSize}" : null;

    /// <summary>Why processes cannot share batches of a size, with the key; null: they can.</summary>
    /// <param name="batchSize">Images per step.</param>
    /// <param name="processes">How many there are.</param>
    internal virtual string? SharingProblem(int batchSize, int processes) => batchSize >= 2 * processes ? null
        : $"batchSize: {batchSize} images are not one labelled and one unlabelled image for each of {processes} processes";
}

/// <summary>Each image is labelled by chance, but there is at least one of each kind (microsoft/SoftTeacher).</summary>
/// <param name="Labelled">Part in the ratio of probabilities.</param>
/// <param name="Unlabelled">The other part.</param>
[RecipeKind("random")]
public sealed record RandomComposition(int Labelled, int Unlabelled) : CompositionRecipe(Labelled, Unlabelled)
{
    /// <inheritdoc/>
    public override BatchComposition Composition() => BatchCompositions.Random(Labelled, Unlabelled);
}

/// <summary>Every batch is divided alike (mmdetection 3, Unbiased Teacher).</summary>
/// <param name="Labelled">Part in the ratio.</param>
/// <param name="Unlabelled">The other part.</param>
[RecipeKind("fixed")]
public sealed record FixedComposition(int Labelled, int Unlabelled) : CompositionRecipe(Labelled, Unlabelled)
{
    /// <inheritdoc/>
    public override BatchComposition Composition() => BatchCompositions.Fixed(Labelled, Unlabelled);

    /// <inheritdoc/>
    internal override string? ProblemOf(int batchSize) => base.ProblemOf(batchSize)
        ?? (BatchCompositions.FixedCounts(batchSize, Labelled, Unlabelled) is { Labelled: > 0, Unlabelled: > 0 } ? null
            : $"batchSize: {batchSize} images in the ratio {Labelled}:{Unlabelled} are not at least one of each kind");

    /// <inheritdoc/>
    internal override string? SharingProblem(int batchSize, int processes)
    {
        var (labelled, unlabelled) = BatchCompositions.FixedCounts(batchSize, Labelled, Unlabelled);
        return Math.Min(labelled, unlabelled) >= processes ? null
            : $"batchSize: {batchSize} images, {labelled} labelled and {unlabelled} unlabelled, are not one of each kind for each of {processes} processes";
    }
}
