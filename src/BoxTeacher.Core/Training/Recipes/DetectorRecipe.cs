using BoxTeacher.Augmentation;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>The network. The number of classes comes from the data set.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public abstract record DetectorRecipe(PixelNormalization Pixels)
{
    /// <summary>
    /// File that the networks begin with, relative to the data root, in any layout that <see cref="ModelFile"/> knows; null: random
    /// weights.
    /// </summary>
    public string? Weights { get; init; }

    /// <summary>The labels that the detector's own losses read; a method with other losses may do with fewer.</summary>
    public virtual Supervision Reads => Supervision.Boxes;

    /// <summary>The detector with random weights, on the CPU.</summary>
    /// <param name="classes">Number of categories.</param>
    public abstract Detector Build(int classes);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() => RecipeProblems.Of(
        Pixels.Mean.Count == 3 ? null : "pixels.mean: needs three numbers",
        Pixels.Std.Count == 3 && Pixels.Std.All(value => value > 0) ? null : "pixels.std: needs three positive numbers");
}

/// <summary>A CondInst.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public abstract record CondInstRecipe(PixelNormalization Pixels) : DetectorRecipe(Pixels)
{
    /// <summary>
    /// How many locations per image get a mask in training, the best of each box; published for BoxInst and BoxTeacher: 64.
    /// </summary>
    public int InstancesPerImage { get; init; } = 64;

    /// <summary>
    /// At most so many positive locations of a batch get a mask, drawn at random; published for CondInst: 500. Null: the best of each box.
    /// </summary>
    public int? MaxProposals { get; init; }

    /// <inheritdoc/>
    public override Supervision Reads => Supervision.Masks;

    /// <summary>Which positive locations get a mask in training.</summary>
    protected MaskSampler Sampler => MaxProposals is { } most ? MaskSampling.AtMost(most) : MaskSampling.BestOfBoxes(InstancesPerImage);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("instancesPerImage", InstancesPerImage),
            MaxProposals is { } most ? RecipeProblems.Positive("maxProposals", most) : null),
    ];
}

/// <summary>A CondInst that learns from scratch on a CPU: a small residual network with batch normalization, strides 4 to 32.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
[RecipeKind("smallCondInst")]
public sealed record SmallCondInst(PixelNormalization Pixels) : CondInstRecipe(Pixels)
{
    /// <inheritdoc/>
    public override Detector Build(int classes) => CondInst.Small(classes, Sampler);
}

/// <summary>The published CondInst: a pyramid at strides 8 to 128 over a backbone.</summary>
/// <param name="Pixels">How it wants its pixels; published: BGR, not scaled, for every backbone.</param>
/// <param name="Backbone">The network below the pyramid.</param>
/// <param name="MaskFeatures">Channels of the mask features; published: 16 in BoxTeacher and BoxInst, 8 in CondInst.</param>
[RecipeKind("condInst")]
public sealed record PublishedCondInst(PixelNormalization Pixels, BackboneRecipe Backbone, int MaskFeatures) : CondInstRecipe(Pixels)
{
    /// <summary>Channels of pyramid and towers; published: 256.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>Channels of the mask branch; published: 128.</summary>
    public int MaskChannels { get; init; } = 128;

    /// <summary>Convolutions of each tower and of the mask branch; published: 4.</summary>
    public int Convolutions { get; init; } = 4;

    /// <inheritdoc/>
    public override Detector Build(int classes) =>
        CondInst.Published(Backbone.Build(), classes, Channels, MaskChannels, MaskFeatures, Convolutions, Sampler);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("maskFeatures", MaskFeatures),
            RecipeProblems.Grouped("channels", Channels),
            RecipeProblems.Positive("maskChannels", MaskChannels),
            RecipeProblems.Positive("convolutions", Convolutions)),
        .. RecipeProblems.In(("backbone", Backbone.Problems())),
    ];
}

/// <summary>A backbone of four stages, strides 4 to 32.</summary>
/// <param name="Frozen">How many of its parts, the stem or patch embedding first, take no gradient; published: 2.</param>
public abstract record BackboneRecipe(int Frozen)
{
    /// <summary>The network with random weights.</summary>
    /// <param name="outputs">How many of the last stages it returns, up to 4: strides 4, 8, 16 and 32.</param>
    public abstract Backbone Build(int outputs = 3);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() =>
        RecipeProblems.Of(Frozen is >= 0 and <= 5 ? null : $"frozen: must be in 0..5, not {Frozen}");
}

/// <summary>A residual network with frozen batch normalization.</summary>
/// <param name="Frozen">How many of its parts take no gradient.</param>
/// <param name="Depth">50 or 101.</param>
/// <param name="StrideInFirst">
/// The stride of a stage sits in the first 1x1 convolution (published without deformable stages), else in the 3x3 one.
/// </param>
/// <param name="DeformableStages">Which of the stages 2 to 5 have modulated deformable convolutions; published with DCN: 3, 4, 5.</param>
[RecipeKind("resNet")]
public sealed record ResNetRecipe(int Frozen, int Depth, bool StrideInFirst, IReadOnlyList<int> DeformableStages) : BackboneRecipe(Frozen)
{
    /// <inheritdoc/>
    public override Backbone Build(int outputs = 3) =>
        ResNet.Bottleneck(Depth, StrideInFirst, Frozen, deformable: [.. Enumerable.Range(2, 4).Select(DeformableStages.Contains)],
            outputs: outputs);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            Depth is 50 or 101 ? null : $"depth: must be 50 or 101, not {Depth}",
            DeformableStages.All(stage => stage is >= 2 and <= 5) && DeformableStages.Distinct().Count() == DeformableStages.Count
                ? null
                : "deformableStages: must be different numbers in 2..5"),
    ];
}

/// <summary>A residual network of basic blocks with frozen batch normalization: ResNet-18, ResNet-34.</summary>
/// <param name="Frozen">How many of its parts take no gradient.</param>
/// <param name="Blocks">Blocks of the four stages. ResNet-18: 2, 2, 2, 2; ResNet-34: 3, 4, 6, 3.</param>
[RecipeKind("basicResNet")]
public sealed record BasicResNetRecipe(int Frozen, IReadOnlyList<int> Blocks) : BackboneRecipe(Frozen)
{
    /// <inheritdoc/>
    public override Backbone Build(int outputs = 3) => ResNet.Basic(Blocks, Frozen, outputs: outputs);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(Blocks.Count == 4 && Blocks.All(count => count > 0) ? null : "blocks: needs four positive numbers"),
    ];
}

/// <summary>A Swin transformer with windows of 7 cells.</summary>
/// <param name="Frozen">How many of its parts take no gradient.</param>
/// <param name="Channels">Channels of the first stage; Swin-B: 128.</param>
/// <param name="Depths">Blocks of the four stages; Swin-B: 2, 2, 18, 2.</param>
/// <param name="Heads">Heads of the four stages; Swin-B: 4, 8, 16, 32.</param>
/// <param name="DropPath">Probability of skipping the last block in training; published: 0.2.</param>
[RecipeKind("swin")]
public sealed record SwinRecipe(int Frozen, int Channels, IReadOnlyList<int> Depths, IReadOnlyList<int> Heads, double DropPath)
    : BackboneRecipe(Frozen)
{
    /// <inheritdoc/>
    public override Backbone Build(int outputs = 3) =>
        new SwinTransformer(Channels, Depths, Heads, dropPath: DropPath, outputs: outputs, frozen: Frozen);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("channels", Channels),
            Depths.Count == 4 && Depths.All(depth => depth > 0) ? null : "depths: needs four positive numbers",
            Heads.Count == 4 && Heads.Index().All(stage => stage.Item > 0 && (Channels << stage.Index) % stage.Item == 0)
                ? null
                : "heads: needs four positive numbers that divide the stages' channels",
            DropPath is >= 0 and < 1 ? null : FormattableString.Invariant($"dropPath: must be in 0..1 and below 1, not {DropPath}")),
    ];
}
