using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Backbones;

/// <summary>Blocks with plain and shifted windows in turn, and a patch merging towards the next stage.</summary>
public sealed class SwinStage : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<SwinBlock> blocks;
    private readonly PatchMerging? downsample;
    private readonly Windows _windows;
    private readonly int _shift;

    /// <summary>A stage.</summary>
    /// <param name="channels">Channels.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="side">Side of a window.</param>
    /// <param name="expansion">Hidden channels of the perceptrons per channel.</param>
    /// <param name="dropPaths">One probability per block.</param>
    /// <param name="last">The last stage has no patch merging.</param>
    public SwinStage(int channels, int heads, int side, int expansion, IReadOnlyList<double> dropPaths, bool last) : base(nameof(SwinStage))
    {
        _shift = side / 2;
        _windows = new Windows(side);
        blocks = nn.ModuleList(
            [.. dropPaths.Select((rate, i) => new SwinBlock(channels, heads, side, i % 2 == 0 ? 0 : _shift, expansion, rate))]);
        if (!last)
        {
            downsample = new PatchMerging(channels);
        }

        RegisterComponents();
    }

    /// <summary>[N,H,W,channels] through the blocks; shape of the input.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var mask = _windows.ShiftMask(_windows.Padded(input.size(1)), _windows.Padded(input.size(2)), _shift, input);
        var map = input;
        foreach (var block in blocks)
        {
            map = block.call(map, mask);
        }

        return map.MoveToOuterDisposeScope();
    }

    /// <summary>The input of the next stage, [N,H/2,W/2,2*channels] rounded up; null after the last stage.</summary>
    public Tensor? Reduce(Tensor output) => downsample?.call(output);
}

/// <summary>Each 2x2 cells become one of twice the channels (Liu et al. 2021, section 3.1).</summary>
public sealed class PatchMerging : nn.Module<Tensor, Tensor>
{
    private readonly Linear reduction;
    private readonly LayerNorm norm;

    /// <summary>A merging of maps with so many channels.</summary>
    public PatchMerging(int channels) : base(nameof(PatchMerging))
    {
        reduction = SwinTransformer.Linear(4 * channels, 2 * channels, hasBias: false);
        norm = nn.LayerNorm(4 * channels);
        RegisterComponents();
    }

    /// <summary>[N,H,W,C] to [N,H/2,W/2,2*C]; an odd side gets a zero row or column first.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var map = F.pad(input, [0, 0, 0, input.size(2) % 2, 0, input.size(1) % 2]);
        var (images, height, width, channels) = (map.size(0), map.size(1) / 2, map.size(2) / 2, map.size(3));
        // The four cells stand column after column in the published weights.
        var merged =
            map.view([images, height, 2, width, 2, channels]).permute(0, 1, 3, 4, 2, 5).reshape(images, height, width, 4 * channels);
        return reduction.call(norm.call(merged)).MoveToOuterDisposeScope();
    }
}
