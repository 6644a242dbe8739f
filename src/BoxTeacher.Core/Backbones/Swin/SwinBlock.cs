using BoxTeacher.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

/// <summary>Window attention and a two-layer perceptron, each after a norm and added to its input (Liu et al. 2021, equation 3).</summary>
public sealed class SwinBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly WindowAttention attn;
    private readonly LayerNorm norm2;
    private readonly SwinPerceptron mlp;
    private readonly DropPath _drop;
    private readonly Windows _windows;
    private readonly int _shift;

    /// <summary>A block.</summary>
    /// <param name="channels">Channels.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="side">Side of a window.</param>
    /// <param name="shift">Cells that the windows are moved down and right; 0 or half a side.</param>
    /// <param name="expansion">Hidden channels of the perceptron per channel.</param>
    /// <param name="dropPath">Probability of skipping either half for a sample in training.</param>
    public SwinBlock(int channels, int heads, int side, int shift, int expansion, double dropPath) : base(nameof(SwinBlock))
    {
        norm1 = nn.LayerNorm(channels);
        attn = new WindowAttention(channels, heads, side);
        norm2 = nn.LayerNorm(channels);
        mlp = new SwinPerceptron(channels, expansion * channels);
        _drop = new DropPath(dropPath);
        (_windows, _shift) = (new Windows(side), shift);
        RegisterComponents();
    }

    /// <summary>The block.</summary>
    /// <param name="input">[N,H,W,channels].</param>
    /// <param name="mask">The stage's mask for shifted windows.</param>
    /// <returns>Shape of the input.</returns>
    public override Tensor forward(Tensor input, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var output = input + _drop.call(Attend(norm1.call(input), mask));
        return (output + _drop.call(mlp.call(norm2.call(output)))).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor map, Tensor mask)
    {
        var (height, width) = (map.size(1), map.size(2));
        map = _windows.Pad(map);
        var (paddedHeight, paddedWidth) = (map.size(1), map.size(2));
        if (_shift > 0)
        {
            map = map.roll((-_shift, -_shift), (1, 2));
        }

        var attended = attn.call(_windows.Cut(map), _shift > 0 ? mask : null);
        map = _windows.Join(attended, paddedHeight, paddedWidth);
        if (_shift > 0)
        {
            map = map.roll((_shift, _shift), (1, 2));
        }

        return map.narrow(1, 0, height).narrow(2, 0, width);
    }
}

/// <summary>Two linear layers with GELU between them.</summary>
public sealed class SwinPerceptron : nn.Module<Tensor, Tensor>
{
    private readonly Linear fc1;
    private readonly Linear fc2;

    /// <summary>Linear layers from channels to hidden channels and back.</summary>
    public SwinPerceptron(int channels, int hidden) : base(nameof(SwinPerceptron))
    {
        fc1 = SwinTransformer.Linear(channels, hidden);
        fc2 = SwinTransformer.Linear(hidden, channels);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return fc2.call(fc1.call(input).gelu()).MoveToOuterDisposeScope();
    }
}
