using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>An augmented image with the map that leads to it.</summary>
/// <param name="Image">The image.</param>
/// <param name="FromOriginal">From the original's pixels to its own.</param>
public sealed record AugmentedImage(Image Image, Homography FromOriginal);
