using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Structures;

/// <summary>
/// The pairs of pixels that a pairwise loss compares: each pixel with those in the size x size window around it,
/// <c>dilation</c> pixels apart. A pair counts once: of the window's neighbors only the second half (in row-major
/// order) is kept, since what is known of a pair does not depend on which end one stands at.
/// A quantity of pairs is a map [..., P, H, W]: entry (k, y, x) belongs to the pixels (y, x) and
/// (y, x) + Offsets[k], and is 0 where the second one lies outside.
/// </summary>
public sealed class PixelPairs
{
    private readonly (int Y, int X)[] _offsets;

    /// <summary>The pairs of a window.</summary>
    /// <param name="size">Side of the window in taps, odd and at least 3; all published recipes use 3.</param>
    /// <param name="dilation">Distance between taps in pixels, at least 1; BoxInst and BoxTeacher use 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size that is even or below 3, or a dilation below 1.</exception>
    public PixelPairs(int size = 3, int dilation = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dilation, 1);
        if (size < 3 || size % 2 == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "The window needs an odd size of at least 3.");
        }

        (Size, Dilation) = (size, dilation);
        Reach = size / 2 * dilation;
        _offsets = [.. from tap in Enumerable.Range(size * size / 2 + 1, size * size / 2)
                      select ((tap / size - size / 2) * dilation, (tap % size - size / 2) * dilation)];
    }

    /// <summary>Side of the window in taps.</summary>
    public int Size { get; }

    /// <summary>Distance between taps in pixels.</summary>
    public int Dilation { get; }

    /// <summary>Farthest distance of a pair along one axis, in pixels.</summary>
    public int Reach { get; }

    /// <summary>P: pairs per pixel, half of the neighbors (4 for a 3x3 window).</summary>
    public int Count => _offsets.Length;

    /// <summary>Where the second pixel lies: Y &gt;= 0 always, X &gt; 0 where Y = 0.</summary>
    public IReadOnlyList<(int Y, int X)> Offsets => _offsets;

    /// <summary>For each pair the value of its second pixel; <paramref name="outside"/> beyond the border.</summary>
    /// <param name="map">[..., H, W].</param>
    /// <param name="outside">What the map is continued with.</param>
    /// <returns>[..., P, H, W].</returns>
    public Tensor Second(Tensor map, double outside = 0)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (map.shape[^2], map.shape[^1]);
        var padded = F.pad(map, (Reach, Reach, 0, Reach), PaddingModes.Constant, outside);
        var shifted = _offsets.Select(offset => padded.narrow(-2, offset.Y, height).narrow(-1, Reach + offset.X, width));
        return stack(shifted, -3).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Both directions of each pair: for every pixel the values of the pairs with all its neighbors, in row-major
    /// order of the window and without the center, 0 where there is no neighbor.
    /// </summary>
    /// <param name="pairs">[..., P, H, W].</param>
    /// <returns>[..., 2P, H, W], the published code's layout.</returns>
    public Tensor Unfold(Tensor pairs)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (pairs.shape[^2], pairs.shape[^1]);
        var padded = F.pad(pairs, (Reach, Reach, Reach, 0));
        var backward = _offsets.Select((offset, k) => padded.select(-3, k)
            .narrow(-2, Reach - offset.Y, height).narrow(-1, Reach - offset.X, width)).Reverse();
        return cat([stack(backward, -3), pairs], -3).MoveToOuterDisposeScope();
    }

    /// <summary>The transpose of <see cref="Unfold"/>: adds up the two directions of each pair.</summary>
    /// <param name="neighbors">[..., 2P, H, W] in row-major order of the window without the center.</param>
    /// <returns>[..., P, H, W].</returns>
    public Tensor Fold(Tensor neighbors)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (neighbors.shape[^2], neighbors.shape[^1]);
        var padded = F.pad(neighbors.narrow(-3, 0, Count), (Reach, Reach, 0, Reach));
        var back = _offsets.Select((offset, k) => padded.select(-3, Count - 1 - k)
            .narrow(-2, offset.Y, height).narrow(-1, Reach + offset.X, width));
        return ((neighbors.narrow(-3, Count, Count) + stack(back, -3)) * Inside(neighbors)).MoveToOuterDisposeScope();
    }

    /// <summary>1 where both pixels of a pair lie inside the map, else 0: [P, H, W], dtype and device of the map.</summary>
    /// <param name="map">[..., H, W].</param>
    public Tensor Inside(Tensor map)
    {
        using var scope = NewDisposeScope();
        return Second(ones([map.shape[^2], map.shape[^1]], dtype: map.dtype, device: map.device)).MoveToOuterDisposeScope();
    }
}

/// <summary>A rectangle of map pixels: rows [Top, Top + Height), columns [Left, Left + Width).</summary>
public readonly record struct PixelRegion(int Top, int Left, int Height, int Width);

/// <summary>
/// Consecutive mask instances of one box. They share targets and pair weights, and nothing outside
/// <paramref name="Region"/> can weigh in their pairs.
/// </summary>
/// <param name="Box">Index into the boxes of the batch.</param>
/// <param name="Start">First instance.</param>
/// <param name="Count">Number of instances.</param>
/// <param name="Region">First pixels of all pairs whose weight may differ from 0.</param>
public readonly record struct InstanceGroup(int Box, int Start, int Count, PixelRegion Region)
{
    /// <summary>Splits the instances into runs of equal box.</summary>
    /// <param name="boxOfInstance">Box index of each instance; equal ones should stand together.</param>
    /// <param name="regionOfBox">Region of each box.</param>
    public static IReadOnlyList<InstanceGroup> Runs(ReadOnlySpan<int> boxOfInstance, IReadOnlyList<PixelRegion> regionOfBox)
    {
        var groups = new List<InstanceGroup>();
        for (var start = 0; start < boxOfInstance.Length;)
        {
            var box = boxOfInstance[start];
            var rest = boxOfInstance[start..];
            var length = rest.IndexOfAnyExcept(box) is var end and >= 0 ? end : rest.Length;
            groups.Add(new InstanceGroup(box, start, length, regionOfBox[box]));
            start += length;
        }

        return groups;
    }
}
