using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>An object to learn from, in the pixels of its view.</summary>
/// <param name="Box">Clipped to the view.</param>
/// <param name="Category">0-based index into the data set's categories.</param>
/// <param name="Mask">In the view's size; null where the method sees boxes only.</param>
public sealed record LabelledObject(Box Box, int Category, RunLengthMask? Mask);

/// <summary>One image as the two networks see it: one geometry, two colourings.</summary>
/// <param name="Source">The image's record in its data set.</param>
/// <param name="Weak">The teacher's view; colour similarity is read from it too.</param>
/// <param name="Strong">The student's view.</param>
/// <param name="Objects">The labels that are left after clipping; they fit both views.</param>
public sealed record TrainingSample(ImageRecord Source, View Weak, View Strong, IReadOnlyList<LabelledObject> Objects);
