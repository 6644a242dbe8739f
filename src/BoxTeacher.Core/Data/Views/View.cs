using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>An augmented image together with the map that leads to it from the original's pixels.</summary>
/// <param name="Image">The augmented image.</param>
/// <param name="Transform">From the original image to this one.</param>
public sealed record View(Image Image, GeometricTransform Transform);
