using BoxTeacher.Layers;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Backbones;

/// <summary>
/// The Swin transformer (Liu et al. 2021) as a backbone, named as in published detectors: <c>patch_embed</c>,
/// <c>layers.0.blocks.0</c>, ..., and a <c>norm1</c>, ... on every stage that is returned. It has no absolute position embedding.
/// </summary>
public sealed class SwinTransformer : Backbone
{
    /// <summary>Side of a patch in pixels; the first stage has this stride.</summary>
    private const int Patch = 4;

    private readonly PatchEmbedding patch_embed;
    private readonly ModuleList<SwinStage> layers;
    private readonly LayerNorm[] _norms;

    /// <summary>A network; each stage has twice the channels and half the resolution of the one before.</summary>
    /// <param name="channels">Channels of the first stage.</param>
    /// <param name="depths">Blocks of each stage.</param>
    /// <param name="heads">Heads of each stage.</param>
    /// <param name="window">Side of a window; 7 as published.</param>
    /// <param name="expansion">Hidden channels of the perceptrons per channel; 4 as published.</param>
    /// <param name="dropPath">Probability of skipping the last block's halves; it rises linearly from 0 over all blocks.</param>
    /// <param name="outputs">How many of the last stages are returned.</param>
    /// <param name="frozen">
    /// How many parts, the patch embedding first, take no gradient; a stage's patch merging belongs to it. Frozen blocks drop nothing.
    /// </param>
    public SwinTransformer(int channels, IReadOnlyList<int> depths, IReadOnlyList<int> heads, int window = 7, int expansion = 4,
        double dropPath = 0, int outputs = 3, int frozen = 2) : base(nameof(SwinTransformer))
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(heads.Count, depths.Count, nameof(heads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, depths.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frozen, depths.Count + 1);
        patch_embed = new PatchEmbedding(channels, Patch);
        var step = dropPath / Math.Max(depths.Sum() - 1, 1);
        layers = nn.ModuleList([.. depths.Select((depth, i) => new SwinStage(
            channels << i, heads[i], window, expansion,
            [.. Enumerable.Range(depths.Take(i).Sum(), depth).Select(block => i < frozen - 1 ? 0 : block * step)],
            last: i == depths.Count - 1))]);
        RegisterComponents();
        DropPath.Seed(DropPath.In(this), new RandomStream(0));
        var first = depths.Count - outputs;
        _norms = new LayerNorm[outputs];
        var levels = new FeatureLevel[outputs];
        for (var i = 0; i < outputs; i++)
        {
            register_module($"norm{first + i}", _norms[i] = nn.LayerNorm(channels << (first + i)));
            levels[i] = new FeatureLevel(Patch << (first + i), channels << (first + i));
        }
        Levels = levels;
        foreach (var part in new nn.Module[] { patch_embed }.Concat(layers).Take(frozen))
        {
            foreach (var parameter in part.parameters())
            {
                parameter.requires_grad = false;
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureLevel> Levels { get; }

    /// <summary>Swin-B with outputs at strides 8, 16 and 32, as BoxTeacher's published configuration uses it.</summary>
    /// <param name="dropPath">0.2 as published.</param>
    /// <param name="frozen">Parts without gradient; 2 as published.</param>
    public static SwinTransformer Base(double dropPath = 0.2, int frozen = 2) =>
        new(128, [2, 2, 18, 2], [4, 8, 16, 32], dropPath: dropPath, frozen: frozen);

    /// <summary>A linear layer of a transformer: weights N(0, 0.02), bias 0.</summary>
    internal static Linear Linear(int inputs, int outputs, bool hasBias = true)
    {
        var layer = nn.Linear(inputs, outputs, hasBias);
        nn.init.normal_(layer.weight, 0, 0.02);
        if (hasBias)
        {
            nn.init.zeros_(layer.bias!);
        }

        return layer;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var outputs = new Tensor[_norms.Length];
        var first = layers.Count - outputs.Length;
        var map = patch_embed.call(input);
        for (var i = 0; i < layers.Count; i++)
        {
            var features = layers[i].call(map);
            if (i >= first)
            {
                outputs[i - first] = _norms[i - first].call(features).permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
            }

            map = layers[i].Reduce(features) ?? features;
        }
        return outputs;
    }
}

/// <summary>Images to a map of patches: a convolution whose stride is its kernel's side, then a norm.</summary>
public sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d proj;
    private readonly LayerNorm norm;
    private readonly int _side;

    /// <summary>Patches of side x side pixels.</summary>
    public PatchEmbedding(int channels, int side) : base(nameof(PatchEmbedding))
    {
        proj = nn.Conv2d(3, channels, side, side);
        norm = nn.LayerNorm(channels);
        _side = side;
        RegisterComponents();
    }

    /// <summary>[N,3,H,W] to [N,H/side,W/side,channels], rounded up.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long Missing(long length) => (_side - length % _side) % _side;
        var padded = F.pad(input, [0, Missing(input.size(3)), 0, Missing(input.size(2))]);
        return norm.call(proj.call(padded).permute(0, 2, 3, 1)).MoveToOuterDisposeScope();
    }
}
