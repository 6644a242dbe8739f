using BoxTeacher.Augmentation;
using BoxTeacher.Data;

namespace BoxTeacher.Training;

/// <summary>
/// The data of a recipe: read, checked, and with classes that stand for the same names everywhere. There is no other way to a recipe's data,
/// so that none is learned from or evaluated on unchecked.
/// </summary>
/// <param name="Training">What is learned from.</param>
/// <param name="Validation">What is evaluated on, with the categories of the training.</param>
public sealed record RecipeData(InstanceDataset Training, InstanceDataset Validation)
{
    /// <summary>Reads both halves.</summary>
    /// <param name="dataset">Where they are.</param>
    /// <param name="supervision">Which labels there must be.</param>
    /// <param name="root">The folder that the paths are relative to.</param>
    /// <param name="listener">Is told how the check goes and what it found; warnings are found nowhere else.</param>
    /// <param name="run">The run whose categories the classes stand for; null: the training's own.</param>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">A file is malformed, or the names of the categories do not agree.</exception>
    /// <exception cref="IOException">An annotation file is missing or cannot be read.</exception>
    public static RecipeData Read(
        DatasetRecipe dataset, Supervision supervision, string root, Action<DataEvent>? listener = null, RunFolder? run = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var (trainingFile, validationFile) = (Path.Combine(root, dataset.TrainAnnotations), Path.Combine(root, dataset.ValidationAnnotations));
        var training = CocoReader.Read(trainingFile, Path.Combine(root, dataset.TrainImages));
        var validation = CocoReader.Read(validationFile, Path.Combine(root, dataset.ValidationImages));
        if (run is not null)
        {
            training = training.JoinedTo(run.ReadCategories(), trainingFile, run.Path);
        }
        validation = validation.JoinedTo(training.Categories, validationFile, trainingFile);
        DataCheckException.ThrowIfRefused(
            DataCheck.Run(training, trainingFile, supervision == Supervision.Masks ? DataUse.LearnMasks : DataUse.LearnBoxes, listener),
            DataCheck.Run(validation, validationFile, DataUse.Evaluate, listener));
        return new RecipeData(training, validation);
    }

    /// <summary>Reads what is evaluated on, alone.</summary>
    /// <param name="dataset">Where it is.</param>
    /// <param name="root">The folder that the paths are relative to.</param>
    /// <param name="listener">Is told how the check goes and what it found.</param>
    /// <param name="run">The run whose categories the classes stand for; null: the file's own.</param>
    /// <exception cref="DataCheckException">The data cannot be used.</exception>
    /// <exception cref="DataFormatException">The file is malformed, or has categories that the run lacks.</exception>
    /// <exception cref="IOException">The annotation file is missing or cannot be read.</exception>
    public static InstanceDataset ReadValidation(
        DatasetRecipe dataset, string root, Action<DataEvent>? listener = null, RunFolder? run = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var file = Path.Combine(root, dataset.ValidationAnnotations);
        var validation = CocoReader.Read(file, Path.Combine(root, dataset.ValidationImages));
        if (run is not null)
        {
            validation = validation.JoinedTo(run.ReadCategories(), file, run.Path);
        }
        DataCheckException.ThrowIfRefused(DataCheck.Run(validation, file, DataUse.Evaluate, listener));
        return validation;
    }
}
