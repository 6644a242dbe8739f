using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

/// <summary>
/// Multi-head self-attention within windows, with a learned bias for each relative position (Liu et al. 2021, equation 4).
/// </summary>
public sealed class WindowAttention : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly Parameter relative_position_bias_table;
    private readonly Tensor relative_position_index;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly int _heads;

    /// <summary>Attention over windows of side x side cells.</summary>
    /// <param name="channels">Channels, a multiple of the heads.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="side">Side of a window.</param>
    public WindowAttention(int channels, int heads, int side) : base(nameof(WindowAttention))
    {
        if (channels % heads != 0)
        {
            throw new ArgumentException($"{channels} channels cannot be shared by {heads} heads.", nameof(heads));
        }

        relative_position_bias_table = nn.Parameter(zeros((2 * side - 1) * (2 * side - 1), heads));
        nn.init.normal_(relative_position_bias_table, 0, 0.02);
        relative_position_index = RelativePositions(side);
        qkv = SwinTransformer.Linear(channels, 3 * channels);
        proj = SwinTransformer.Linear(channels, channels);
        _heads = heads;
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>Attention within each window.</summary>
    /// <param name="input">[N*windows,cells,channels].</param>
    /// <param name="mask">[windows,cells,cells] added to the attention, or null.</param>
    /// <returns>Shape of the input.</returns>
    public override Tensor forward(Tensor input, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var (windows, cells, channels) = (input.size(0), input.size(1), input.size(2));
        var perHead = channels / _heads;
        // One matrix per window and head: queries, keys and values.
        var parts =
            qkv.call(input).view(windows, cells, 3, _heads, perHead).permute(2, 0, 3, 1, 4).reshape(3, windows * _heads, cells, perHead);
        var attention = (parts[0] * Math.Pow(perHead, -0.5)).bmm(parts[1].transpose(1, 2)).view(windows, _heads, cells, cells);
        attention += relative_position_bias_table[relative_position_index.view(-1)].view(cells, cells, -1).permute(2, 0, 1);
        if (mask is not null)
        {
            attention = (attention.view(-1, mask.size(0), _heads, cells, cells) + mask.unsqueeze(1)).view(-1, _heads, cells, cells);
        }

        var mixed = attention.softmax(-1).view(-1, cells, cells).bmm(parts[2]);
        return proj.call(mixed.view(windows, _heads, cells, perHead).transpose(1, 2).reshape(windows, cells, channels))
            .MoveToOuterDisposeScope();
    }

    /// <summary>[side*side,side*side] int64: the row of the bias table for each pair of cells.</summary>
    private static Tensor RelativePositions(int side)
    {
        using var scope = NewDisposeScope();
        var cell = arange(side * side);
        var (row, column) = (cell.div(side, RoundingMode.floor), cell.remainder(side));
        Tensor Distance(Tensor along) => along.unsqueeze(1) - along + (side - 1);
        return ((Distance(row) * (2 * side - 1)) + Distance(column)).DetachFromDisposeScope();
    }
}
