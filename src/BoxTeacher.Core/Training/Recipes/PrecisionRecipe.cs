using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// What convolutions and matrix products are computed in; all else, weights and their averages among it, is float32. In JSON one word
/// stands for all three: <c>"precision": "bfloat16"</c>.
/// </summary>
/// <param name="Training">The student's, forward and backward. With float16 the loss is scaled; see <see cref="LossScaler"/>.</param>
/// <param name="Teacher">That of a teacher as it makes pseudo-labels.</param>
/// <param name="Inference">That of the network that is evaluated.</param>
public sealed record PrecisionRecipe(Precision Training, Precision Teacher, Precision Inference)
{
    /// <summary>The same for all.</summary>
    public static PrecisionRecipe Of(Precision all) => new(all, all, all);

    /// <summary>What people should know of these on a device, such as that one is slow there.</summary>
    public IEnumerable<string> Warnings(Device device) =>
        new[] { Training, Teacher, Inference }.Distinct().Select(precision => precision.Warning(device)).OfType<string>();
}
