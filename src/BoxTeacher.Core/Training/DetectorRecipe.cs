using System.Text.Json.Serialization;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>The network. The number of classes comes from the data set.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SmallCondInst), "smallCondInst")]
[JsonDerivedType(typeof(PublishedCondInst), "condInst")]
public abstract record DetectorRecipe(PixelNormalization Pixels);

/// <summary>A CondInst that learns from scratch on a CPU: a small residual network with batch normalisation, strides 4 to 32.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public sealed record SmallCondInst(PixelNormalization Pixels) : DetectorRecipe(Pixels);

/// <summary>The published CondInst: a pyramid at strides 8 to 128 over a backbone, towers of four convolutions, 256 channels.</summary>
/// <param name="Pixels">How it wants its pixels; published: BGR, not scaled, for every backbone.</param>
/// <param name="Backbone">The network below the pyramid.</param>
/// <param name="MaskFeatures">Channels of the mask features; published: 16 in BoxTeacher and BoxInst, 8 in CondInst.</param>
/// <param name="InstancesPerImage">How many locations per image get a mask in training; published: 64.</param>
/// <param name="Weights">
/// File that the networks begin with, relative to the data root, in any layout that <see cref="ModelFile"/> knows; null: random weights.
/// </param>
public sealed record PublishedCondInst(PixelNormalization Pixels, BackboneRecipe Backbone, int MaskFeatures, int InstancesPerImage, string? Weights)
    : DetectorRecipe(Pixels);

/// <summary>A backbone with outputs at strides 8, 16 and 32.</summary>
/// <param name="Frozen">How many of its parts, the stem or patch embedding first, take no gradient; published: 2.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ResNetRecipe), "resNet")]
[JsonDerivedType(typeof(SwinRecipe), "swin")]
public abstract record BackboneRecipe(int Frozen);

/// <summary>A residual network with frozen batch normalisation.</summary>
/// <param name="Frozen">How many of its parts take no gradient.</param>
/// <param name="Depth">50 or 101.</param>
/// <param name="StrideInFirst">
/// The stride of a stage sits in the first 1x1 convolution (published without deformable stages), else in the 3x3 one.
/// </param>
/// <param name="DeformableStages">Which of the stages 2 to 5 have modulated deformable convolutions; published with DCN: 3, 4, 5.</param>
public sealed record ResNetRecipe(int Frozen, int Depth, bool StrideInFirst, IReadOnlyList<int> DeformableStages) : BackboneRecipe(Frozen);

/// <summary>A Swin transformer with windows of 7 cells.</summary>
/// <param name="Frozen">How many of its parts take no gradient.</param>
/// <param name="Channels">Channels of the first stage; Swin-B: 128.</param>
/// <param name="Depths">Blocks of the four stages; Swin-B: 2, 2, 18, 2.</param>
/// <param name="Heads">Heads of the four stages; Swin-B: 4, 8, 16, 32.</param>
/// <param name="DropPath">Probability of skipping the last block in training; published: 0.2.</param>
public sealed record SwinRecipe(int Frozen, int Channels, IReadOnlyList<int> Depths, IReadOnlyList<int> Heads, double DropPath) : BackboneRecipe(Frozen);
