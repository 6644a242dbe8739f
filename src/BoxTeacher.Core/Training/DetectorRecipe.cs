using System.Text.Json.Serialization;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>The network. The number of classes comes from the data set.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SmallCondInst), "smallCondInst")]
[JsonDerivedType(typeof(ResNetCondInst), "resNetCondInst")]
public abstract record DetectorRecipe(PixelNormalization Pixels);

/// <summary>A CondInst that learns from scratch on a CPU: a small residual network with batch normalisation, strides 4 to 32.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public sealed record SmallCondInst(PixelNormalization Pixels) : DetectorRecipe(Pixels);

/// <summary>The published CondInst on a ResNet with frozen batch normalisation, strides 8 to 128.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
/// <param name="Depth">50 or 101.</param>
/// <param name="Weights">
/// Weights file (safetensors) that the networks begin with, relative to the data root; null: random weights.
/// </param>
public sealed record ResNetCondInst(PixelNormalization Pixels, int Depth, string? Weights) : DetectorRecipe(Pixels);
