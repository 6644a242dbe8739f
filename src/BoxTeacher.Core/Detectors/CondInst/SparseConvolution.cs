using BoxTeacher.Structures;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>
/// A convolution of stride 1 with zero padding, evaluated at chosen locations only. The controller of CondInst generates
/// hundreds of numbers per location but is read at a few dozen: gathering their neighborhoods turns it into one small product.
/// </summary>
internal static class SparseConvolution
{
    /// <summary>The convolution's values at M locations.</summary>
    /// <param name="maps">Per level [N,C,h,w].</param>
    /// <param name="grid">The locations of the maps.</param>
    /// <param name="images">Image of each of the M.</param>
    /// <param name="locations">Location in the grid of each of the M.</param>
    /// <param name="weight">[K,C,k,k], k odd.</param>
    /// <param name="bias">[K].</param>
    /// <returns>[M,K], connected to the maps and the weights.</returns>
    public static Tensor At(
        IReadOnlyList<Tensor> maps, LocationGrid grid, ReadOnlySpan<int> images, ReadOnlySpan<int> locations, Tensor weight, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var (outputs, channels, kernel) = (weight.size(0), weight.size(1), (int)weight.size(2));
        var used = new bool[grid.Levels.Count];
        foreach (var location in locations)
        {
            used[grid.LevelOf(location)] = true;
        }

        // Row 0 is the zero padding; then every cell of the levels in use, channels last.
        var rows = new List<Tensor> { maps[0].new_zeros([1, channels]) };
        var firstRow = new long[used.Length];
        var count = 1L;
        for (var l = 0; l < used.Length; l++)
        {
            if (!used[l])
            {
                continue;
            }

            firstRow[l] = count;
            rows.Add(maps[l].permute(0, 2, 3, 1).reshape(-1, channels));
            count += maps[l].size(0) * grid.Levels[l].Count;
        }

        var index = new long[locations.Length * kernel * kernel];
        var next = 0;
        for (var i = 0; i < locations.Length; i++)
        {
            var l = grid.LevelOf(locations[i]);
            var level = grid.Levels[l];
            var (row, column) = Math.DivRem(locations[i] - level.Offset, level.Width);
            for (var dy = -(kernel / 2); dy <= kernel / 2; dy++)
            {
                for (var dx = -(kernel / 2); dx <= kernel / 2; dx++)
                {
                    var (y, x) = (row + dy, column + dx);
                    var inside = y >= 0 && y < level.Height && x >= 0 && x < level.Width;
                    index[next++] = inside ? firstRow[l] + (long)images[i] * level.Count + y * level.Width + x : 0;
                }
            }
        }
        var patches = cat(rows).index_select(0, DeviceValues.Of(index, maps[0].device));
        var kernels = weight.permute(0, 2, 3, 1).reshape(outputs, kernel * kernel * channels);
        return F.linear(patches.view(locations.Length, kernel * kernel * channels), kernels, bias).MoveToOuterDisposeScope();
    }
}
