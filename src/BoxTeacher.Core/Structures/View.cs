using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// Images as a network sees them, and what is known of them. Tensors belong to the dispose scope in which they were made.
/// </summary>
/// <param name="Images">The N images.</param>
/// <param name="FromOriginal">For each image the map from its file's pixels to the view's.</param>
/// <param name="OriginalSizes">Size of each image in its file.</param>
/// <param name="Truth">The labels of each image in the view's pixels; masks only where the method may see them.</param>
/// <param name="Pixels">
/// [N, 3, H, W] uint8 RGB as before normalization, zero padded: what colors are compared on. Null in views of which nobody asks it.
/// </param>
public sealed record View(
    ImageBatch Images,
    IReadOnlyList<Homography> FromOriginal,
    IReadOnlyList<ImageSize> OriginalSizes,
    IReadOnlyList<Instances> Truth,
    Tensor? Pixels = null)
{
    /// <summary>N.</summary>
    public int Count => Images.Count;

    /// <summary>The map of an image from this view's pixels to another view's.</summary>
    /// <param name="other">A view of the same images.</param>
    /// <param name="image">0-based.</param>
    public Homography To(View other, int image) => FromOriginal[image].Inverse().Then(other.FromOriginal[image]);
}

/// <summary>The same images in the same order, as a teacher and as a student see them.</summary>
/// <param name="Weak">Weakly augmented: the teacher's.</param>
/// <param name="Strong">Strongly augmented: the student's.</param>
public sealed record ViewPair(View Weak, View Strong);

/// <summary>What a training step learns from.</summary>
/// <param name="Labelled">Images with labels.</param>
/// <param name="Unlabelled">Images whose labels nobody may see; null where a method learns without such.</param>
public sealed record Batch(ViewPair Labelled, ViewPair? Unlabelled = null);
