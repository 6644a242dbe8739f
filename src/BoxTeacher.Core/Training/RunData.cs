using System.Text.Json.Serialization;
using BoxTeacher.Data;

namespace BoxTeacher.Training;

/// <summary>What a run's data are, as its folder keeps it.</summary>
/// <param name="Training">Of the data set to learn from.</param>
/// <param name="Validation">Of the data set to evaluate on; null: there is none.</param>
/// <param name="Unlabelled">Of the images without labels; null: there are none.</param>
internal sealed record RunData(
    DatasetFingerprint Training,
    DatasetFingerprint? Validation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DatasetFingerprint? Unlabelled = null)
{
    public static RunData Of(InstanceDataset training, InstanceDataset? validation, InstanceDataset? unlabelled) => new(
        DatasetFingerprint.Of(training),
        validation is null ? null : DatasetFingerprint.Of(validation),
        unlabelled is null ? null : DatasetFingerprint.Of(unlabelled));

    /// <summary>What has changed from these data to others of a recipe, by the file or folder; null: nothing.</summary>
    public string? Change(RunData now, DatasetRecipe files) =>
        Change(Training, now.Training, files.TrainAnnotations, files.TrainImages)
        ?? (Validation, now.Validation) switch
        {
            (null, null) => null,
            ({ } then, { } given) => Change(then, given, files.ValidationAnnotations!, files.ValidationImages!),
            (null, _) => $"{files.ValidationAnnotations}: the run began without an evaluation",
            _ => "dataset.validationAnnotations: is null, the run began with an evaluation",
        }
        // A run without and one with unlabelled images are already told apart by their recipes.
        ?? ((Unlabelled, now.Unlabelled, files.Unlabelled) is ({ } before, { } after, { } unlabelled)
            ? Change(before, after, unlabelled.Annotations ?? unlabelled.Images, unlabelled.Images)
            : null);

    private static string? Change(DatasetFingerprint then, DatasetFingerprint now, string annotations, string images) =>
        (then.Images, then.Objects) != (now.Images, now.Objects)
            ? $"{annotations}: {now.Images} images with {now.Objects} objects are not what the run began with, {then.Images} with {then.Objects}"
        : then.Labels != now.Labels ? $"{annotations}: the labels are not those that the run began with"
        : then.Pictures != now.Pictures ? $"{images}: the pictures are not those that the run began with, a name or a length differs"
        : null;
}
