using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Backbones;

/// <summary>Feature maps [N,H,W,C] cut into square windows (Liu et al. 2021, section 3.2), and windows laid together again.</summary>
/// <param name="side">Side of a window in cells.</param>
internal readonly struct Windows(int side)
{
    /// <summary>What is added to the attention of two cells that were no neighbors before the shift, as published.</summary>
    private const double Apart = -100;

    /// <summary>The smallest multiple of the side that is not below a length.</summary>
    public long Padded(long length) => (length + side - 1) / side * side;

    /// <summary>[N,H,W,C] with zeros at right and bottom, so that whole windows fit.</summary>
    public Tensor Pad(Tensor map) => F.pad(map, [0, 0, 0, Padded(map.size(2)) - map.size(2), 0, Padded(map.size(1)) - map.size(1)]);

    /// <summary>[N,H,W,C] of whole windows to [N*windows,side*side,C], windows in row-major order.</summary>
    public Tensor Cut(Tensor map)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = (map.size(1) / side, map.size(2) / side);
        return map.view([map.size(0), rows, side, columns, side, map.size(3)]).permute(0, 1, 3, 2, 4, 5)
            .reshape(-1, side * side, map.size(3)).MoveToOuterDisposeScope();
    }

    /// <summary>The reverse of <see cref="Cut"/> for a map of height x width cells.</summary>
    public Tensor Join(Tensor windows, long height, long width)
    {
        using var scope = NewDisposeScope();
        return windows.view([-1, height / side, width / side, side, side, windows.size(2)]).permute(0, 1, 3, 2, 4, 5)
            .reshape(-1, height, width, windows.size(2)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// [windows,side*side,side*side]: 0 for two cells of a window that belong together, -100 for two that only the cyclic shift has
    /// brought into one window.
    /// </summary>
    /// <param name="height">Height of the padded map.</param>
    /// <param name="width">Its width.</param>
    /// <param name="shift">Cells that the map was rolled up and left.</param>
    /// <param name="like">Gives element type and device.</param>
    public Tensor ShiftMask(long height, long width, int shift, Tensor like)
    {
        using var scope = NewDisposeScope();
        var length = side;
        // Three bands along an axis: untouched windows, the last window's own part, and the part that came around.
        Tensor Bands(long size)
        {
            var cell = arange(size, device: like.device);
            return cell.ge(size - length).to(int64) + cell.ge(size - shift).to(int64);
        }
        var regions = Cut(((Bands(height).unsqueeze(1) * 3) + Bands(width)).view(1, height, width, 1)).squeeze(2);
        return (regions.unsqueeze(1).ne(regions.unsqueeze(2)).to(like.dtype) * Apart).MoveToOuterDisposeScope();
    }
}
