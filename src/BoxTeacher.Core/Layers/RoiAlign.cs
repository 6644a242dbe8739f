using BoxTeacher.Structures;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// RoIAlign (He et al. 2017, section 3): bilinear samples of a feature map, averaged in each of the bins of a box. Both axes are
/// independent of each other, so that the answer for a box is R F C^T: the rows' shares R [size, H], the map F, the columns' shares C.
/// </summary>
public static class RoiAlign
{
    /// <summary>The bins of boxes; differentiable with respect to the features.</summary>
    /// <param name="features">[N, C, H, W].</param>
    /// <param name="boxes">[M, 4], xyxy in pixels of the input; sampling places are computed in their type.</param>
    /// <param name="images">[M] int64: the image of each box.</param>
    /// <param name="size">Bins per side.</param>
    /// <param name="scale">Cells per input pixel, 1 / stride.</param>
    /// <param name="samplingRatio">Samples per bin and side; 0: as many as the bin is cells wide, rounded up.</param>
    /// <param name="aligned">
    /// Whether coordinates are shifted by half a cell, as they should be. If not, a box is at least one cell wide and high too.
    /// </param>
    /// <returns>[M, C, size, size], at least float32.</returns>
    public static Tensor Apply(
        Tensor features, Tensor boxes, Tensor images, int size, double scale, int samplingRatio = 0, bool aligned = true) =>
        Bins(features, boxes, HostValues.Boxes(boxes, images), new RoiGrid(size, scale, samplingRatio, aligned));

    /// <summary>The same with the boxes and their images on the host too, which then has nothing to wait for.</summary>
    internal static Tensor Bins(Tensor features, Tensor boxes, (float[] Boxes, long[] Images) known, RoiGrid grid)
    {
        using var scope = NewDisposeScope();
        var map = features.Widened();
        var (rows, columns) = Shares(map, boxes, known.Boxes, grid);
        var images = known.Images;
        return BoxSamples.Of(map, rows, columns, images).MoveToOuterDisposeScope();
    }

    /// <summary>How much each cell counts in each bin, along both axes: [M, size, H] and [M, size, W] in the features' type.</summary>
    internal static (Tensor Rows, Tensor Columns) Shares(Tensor features, Tensor boxes, float[] corners, RoiGrid grid)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var cells = boxes.detach() * grid.Scale - (grid.Aligned ? 0.5 : 0);
        Tensor Axis(int axis) =>
            AxisShares(cells.select(1, axis), cells.select(1, axis + 2), features.size(3 - axis), Most(corners, axis, grid), grid)
                .to(features.dtype);
        return (Axis(1).MoveToOuterDisposeScope(), Axis(0).MoveToOuterDisposeScope());
    }

    // Samples per bin on an axis for the largest of all boxes, with one to spare for roundings: what is beyond a box's own counts as zeros.
    private static long Most(float[] corners, int axis, RoiGrid grid)
    {
        if (grid.SamplingRatio > 0)
        {
            return grid.SamplingRatio;
        }

        var most = 0.0;
        for (var box = axis; box < corners.Length; box += 4)
        {
            most = Math.Max(most, (corners[box + 2] - corners[box]) * grid.Scale);
        }

        return (long)Math.Ceiling(Math.Max(most, grid.Aligned ? 0 : 1) / grid.Size) + 1;
    }

    private static Tensor AxisShares(Tensor low, Tensor high, long length, long most, RoiGrid grid)
    {
        var extent = (grid.Aligned ? high - low : (high - low).clamp(min: 1)).view(-1, 1, 1);
        var bin = extent / grid.Size;
        // A box without extent has no samples, and its bins are 0.
        var counts = grid.SamplingRatio > 0 ? full_like(bin, grid.SamplingRatio) : bin.ceil();
        Tensor Range(long count) => arange(count, dtype: low.dtype, device: low.device);
        var (sample, divisor) = (Range(most), counts.clamp(min: 1));
        var places = low.view(-1, 1, 1) + Range(grid.Size).view(-1, 1) * bin + (sample + 0.5) * bin / divisor;
        // Samples that lie more than a cell beyond the map count as zeros; the others are moved to it.
        var counted = sample.lt(counts).logical_and(places.ge(-1)).logical_and(places.le(length)).to(low.dtype) / divisor;
        var inside = places.clamp(0, length - 1);
        var before = inside.floor();
        var fraction = inside - before;
        var cell = before.to(int64);
        return zeros([low.size(0), grid.Size, length], low.dtype, low.device)
            .scatter_add_(2, cell, counted * (1 - fraction))
            .scatter_add_(2, (cell + 1).clamp(max: length - 1), counted * fraction);
    }
}

/// <summary>
/// R F C^T for each box. As a function with its own gradient it keeps the shares, and works on a few boxes at a time; a chain of
/// operators would keep F C^T of all boxes.
/// </summary>
internal sealed class BoxSamples : autograd.SingleTensorFunction<BoxSamples>
{
    // Values of an intermediate result: 64 MiB in float32.
    private const long Room = 1 << 24;

    /// <inheritdoc/>
    public override string Name => nameof(BoxSamples);

    /// <summary>[M, C, h, w], differentiable with respect to the features.</summary>
    /// <param name="features">[N, C, H, W].</param>
    /// <param name="rows">[M, h, H].</param>
    /// <param name="columns">[M, w, W].</param>
    /// <param name="images">The image of each of the M boxes.</param>
    public static Tensor Of(Tensor features, Tensor rows, Tensor columns, long[] images) => apply(features, rows, columns, images);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (features, rows, columns, images) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (long[])vars[3]);
        ctx.save_for_backward([rows, columns]);
        ctx.save_data(nameof(images), images);
        ctx.save_data(nameof(features), features.shape);
        using var scope = NewDisposeScope();
        using var exact = Precision.Float32.On(features.device);
        var (channels, height, width) = (features.size(1), rows.size(1), columns.size(1));
        var result = empty([images.Length, channels, height, width], features.dtype, features.device);
        foreach (var (image, boxes) in Parts(images, height * channels * features.size(3)))
        {
            using var part = NewDisposeScope();
            var index = DeviceValues.Of(boxes, features.device);
            var (r, c) = (rows.index_select(0, index), columns.index_select(0, index));
            var map = features[image].permute(1, 0, 2).flatten(1);
            var bands = r.flatten(0, 1).mm(map).view(boxes.Length, height * channels, -1);
            var bins = bands.bmm(c.transpose(1, 2)).view(boxes.Length, height, channels, width).transpose(1, 2);
            result.index_copy_(0, index, bins);
        }
        return result.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (rows, columns, images) = (saved[0], saved[1], (long[])ctx.get_data("images"));
        var shape = (long[])ctx.get_data("features");
        var (channels, height, width) = (shape[1], rows.size(1), columns.size(1));
        var gradient = zeros(shape, grad_output.dtype, grad_output.device);
        foreach (var (image, boxes) in Parts(images, height * channels * shape[3]))
        {
            using var part = NewDisposeScope();
            var index = DeviceValues.Of(boxes, grad_output.device);
            var (r, c) = (rows.index_select(0, index), columns.index_select(0, index));
            var bins = grad_output.index_select(0, index).transpose(1, 2).reshape(boxes.Length, height * channels, width);
            var bands = bins.bmm(c).view(boxes.Length * height, channels * shape[3]);
            var map = r.flatten(0, 1).t().mm(bands).view(shape[2], channels, shape[3]).permute(1, 0, 2);
            gradient[image].add_(map);
        }
        return [gradient.MoveToOuterDisposeScope(), null!, null!, null!];
    }

    // The boxes of each image, so many at a time that an intermediate result of so many values per box finds room.
    private static IEnumerable<(long Image, long[] Boxes)> Parts(long[] images, long valuesPerBox)
    {
        var most = (int)Math.Max(1, Room / Math.Max(1, valuesPerBox));
        return from box in Enumerable.Range(0, images.Length)
               group (long)box by images[box] into boxes
               from part in boxes.Chunk(most)
               select (boxes.Key, part);
    }
}
