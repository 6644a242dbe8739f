using BoxTeacher.Augmentation;
using BoxTeacher.Data;

namespace BoxTeacher.Training;

/// <summary>
/// The data of a recipe: read, checked, and with classes that stand for the same names everywhere. There is no other way to them, so that
/// nothing is learned from or evaluated on unchecked.
/// </summary>
/// <param name="training">What is learned from.</param>
/// <param name="validation">What is evaluated on, with the categories of the training; null: nothing.</param>
/// <param name="unlabelled">Images without labels that are learned from as well; null: none.</param>
public sealed class RecipeData(InstanceDataset training, InstanceDataset? validation, InstanceDataset? unlabelled = null)
{
    private readonly Lazy<RunData> _fingerprints = new(() => RunData.Of(training, validation, unlabelled));

    /// <summary>What is learned from.</summary>
    public InstanceDataset Training => training;

    /// <summary>What is evaluated on, with the categories of the training; null where the recipe names none.</summary>
    public InstanceDataset? Validation => validation;

    /// <summary>Images without labels that are learned from as well, no annotations with them; null where the recipe names none.</summary>
    public InstanceDataset? Unlabelled => unlabelled;

    /// <summary>What tells these data from others, as they were when it was first asked for.</summary>
    /// <exception cref="IOException">A picture is missing.</exception>
    internal RunData Fingerprints => _fingerprints.Value;

    /// <summary>Reads all of them.</summary>
    /// <param name="recipe">Names the files, what they are for, and the weights to begin with.</param>
    /// <param name="root">The folder that the recipe's paths are relative to.</param>
    /// <param name="listener">Is told how it goes and what was found; warnings are told to it alone.</param>
    /// <param name="run">
    /// The run whose categories the classes stand for; null: the run that the recipe's weights are from, if it has as many categories, or
    /// else the training file's own.
    /// </param>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">A file is malformed, or the names of the categories do not agree.</exception>
    /// <exception cref="IOException">An annotation file is missing or cannot be read.</exception>
    public static RecipeData Read(Recipe recipe, string root, Action<DataEvent>? listener = null, RunFolder? run = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var trainingFile = Existing(root, recipe.Dataset.TrainAnnotations);
        var training = CocoReader.Read(trainingFile, Path.Combine(root, recipe.Dataset.TrainImages), listener);
        if ((run ?? Origin(recipe, root, training.Categories.Count)) is { } owner)
        {
            training = training.JoinedTo(owner.ReadCategories(), trainingFile, owner.Path);
        }
        var (validation, validationFile) = recipe.Dataset.HasValidation ? OpenValidation(recipe, root, listener) : default;
        validation = validation?.JoinedTo(training.Categories, validationFile, trainingFile);
        var (unlabelled, unlabelledFile, faults) =
            recipe.Dataset.Unlabelled is { } named ? OpenUnlabelled(named, root, listener) : default;
        var use = recipe.Method.Supervision == Supervision.Masks ? DataUse.LearnMasks : DataUse.LearnBoxes;
        List<DataReport> reports = [DataCheck.Run(training, trainingFile, use, listener)];
        if (validation is not null)
        {
            reports.Add(DataCheck.Run(validation, validationFile, DataUse.Evaluate, listener));
        }
        if (unlabelled is not null)
        {
            RefuseShared(training, trainingFile, unlabelled, unlabelledFile);
            reports.Add(DataCheck.Run(unlabelled, unlabelledFile, DataUse.LearnUnlabelled, faults, listener));
        }
        DataCheckException.ThrowIfRefused(reports);
        return new RecipeData(training, validation, unlabelled);
    }

    /// <summary>Reads what is evaluated on, alone.</summary>
    /// <param name="recipe">Names the files.</param>
    /// <param name="root">The folder that the recipe's paths are relative to.</param>
    /// <param name="listener">Is told how it goes and what was found.</param>
    /// <param name="run">The run whose categories the classes stand for; null: the file's own.</param>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">The file is malformed, or has categories that the run lacks.</exception>
    /// <exception cref="RecipeException">The recipe names no such file.</exception>
    /// <exception cref="IOException">The annotation file is missing or cannot be read.</exception>
    public static InstanceDataset ReadValidation(Recipe recipe, string root, Action<DataEvent>? listener = null, RunFolder? run = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var (validation, file) = OpenValidation(recipe, root, listener);
        if (run is { HasCategories: true })
        {
            validation = validation.JoinedTo(run.ReadCategories(), file, run.Path);
        }
        DataCheckException.ThrowIfRefused(DataCheck.Run(validation, file, DataUse.Evaluate, listener));
        return validation;
    }

    private static (InstanceDataset Dataset, string File) OpenValidation(Recipe recipe, string root, Action<DataEvent>? listener)
    {
        if (recipe.Dataset is not { ValidationAnnotations: { } annotations, ValidationImages: { } images })
        {
            throw new RecipeException($"{recipe.Name}: dataset.validationAnnotations: is null; there is nothing to evaluate on");
        }
        var file = Existing(root, annotations);
        return (CocoReader.Read(file, Path.Combine(root, images), listener), file);
    }

    // Without a JSON file the sizes are read from the pictures, whose faults are then known.
    private static (InstanceDataset Dataset, string File, PictureFault?[]? Faults) OpenUnlabelled(
        UnlabelledRecipe recipe, string root, Action<DataEvent>? listener)
    {
        var folder = Path.Combine(root, recipe.Images);
        if (recipe.Annotations is null)
        {
            var (pictures, faults) = PictureList.OfFolder(folder, listener);
            return (pictures, folder, faults);
        }
        var file = Existing(root, recipe.Annotations);
        if (Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            return (CocoReader.ReadImages(file, folder, listener), file, null);
        }
        var (listed, ofListed) = PictureList.OfFile(file, folder, listener);
        return (listed, file, ofListed);
    }

    // A labelled image among the unlabelled ones makes a run with few labels look better than it is.
    private static void RefuseShared(InstanceDataset training, string trainingFile, InstanceDataset unlabelled, string unlabelledFile)
    {
        var labelled = training.Images.Select(image => Path.GetFullPath(image.FileName)).ToHashSet();
        var shared = unlabelled.Images.Where(image => labelled.Contains(Path.GetFullPath(image.FileName))).ToList();
        if (shared.Count > 0)
        {
            throw new DataFormatException(
                unlabelledFile, "images",
                $"{shared.Count} of {unlabelled.Images.Count} pictures are in {trainingFile} too, such as {shared[0].FileName}; an image is labelled or not");
        }
    }

    private static string Existing(string root, string annotations)
    {
        var file = Path.Combine(root, annotations);
        return File.Exists(file)
            ? file
            : throw new FileNotFoundException(
                $"{file}: there is no such file; the recipe's paths are relative to --data {root}{Making(root, annotations, file)}");
    }

    private static string Making(string root, string annotations, string file)
    {
        var isShapes = annotations.StartsWith("shapes/", StringComparison.Ordinal);
        if (SemiSupervisedSplit.Origin(file) is { } origin && (!isShapes || Directory.Exists(Path.Combine(root, "shapes"))))
        {
            return $"; '{origin.Command(file)}' makes it";
        }

        return isShapes ? $"; 'boxteacher data shapes --out {Path.Combine(root, "shapes")}' makes it" : "";
    }

    // Layers for another number of classes are not taken over, so the names do not matter.
    private static RunFolder? Origin(Recipe recipe, string root, int classes) =>
        recipe.Detector.Weights is { } weights
        && RunFolder.Find(Path.Combine(root, weights)) is { HasCategories: true } run
        && run.ReadCategories().Count == classes
            ? run
            : null;
}
