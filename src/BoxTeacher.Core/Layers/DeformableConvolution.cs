using BoxTeacher.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Layers;

/// <summary>
/// Modulated deformable convolution (Zhu et al. 2019, "Deformable ConvNets v2", equation 1): each tap of the kernel reads the input
/// at its own place plus a learned offset, bilinearly, times a learned factor.
/// </summary>
public static class DeformableConvolution
{
    /// <summary>The convolution; differentiable with respect to every tensor.</summary>
    /// <param name="input">[N,C,H,W].</param>
    /// <param name="offset">
    /// [N,2*G*k*k,h,w] in input pixels for G groups of consecutive channels: group by group and tap by tap (row-major), y before x.
    /// </param>
    /// <param name="mask">[N,G*k*k,h,w], the factor of each tap, normally in 0..1.</param>
    /// <param name="weight">[O,C,k,k].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">Input pixels from one output pixel to the next.</param>
    /// <param name="padding">Zero pixels around the input; beyond them it is zero too.</param>
    /// <param name="dilation">Distance of the undisplaced taps.</param>
    /// <returns>[N,O,h,w].</returns>
    /// <exception cref="ArgumentException">Sizes do not fit each other.</exception>
    public static Tensor Apply(
        Tensor input, Tensor offset, Tensor mask, Tensor weight, Tensor? bias, int stride = 1, int padding = 0, int dilation = 1)
    {
        using var scope = NewDisposeScope();
        var (images, channels, outputs, taps) = (input.size(0), input.size(1), weight.size(0), weight.size(2) * weight.size(3));
        var (height, width, groups) = (offset.size(2), offset.size(3), mask.size(1) / taps);
        if (groups == 0
            || mask.size(1) != groups * taps || offset.size(1) != 2 * mask.size(1) || channels % groups != 0 || weight.size(1) != channels)
        {
            throw new ArgumentException(
                $"{offset.size(1)} offsets and {mask.size(1)} factors do not fit {channels} channels and a kernel [{string.Join(',', weight.shape)}].");
        }
        (input, offset, mask) = (input.Widened(), offset.Widened(), mask.Widened());
        var (y, x) = Places(offset, groups, weight.shape, stride, padding, dilation);
        var factors = mask.view(images, groups, taps, height, width).permute(0, 3, 4, 2, 1);
        var (index, shares) = Corners(y, x, factors, input.size(2), input.size(3));
        var table = input.permute(0, 2, 3, 1).reshape(-1, channels / groups);
        var columns = WeightedRows.Sum(table, index, shares).view(images, height, width, taps * channels);
        var kernel = weight.permute(0, 2, 3, 1).reshape(outputs, taps * channels);
        return F.linear(columns, kernel, bias).permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Where each tap reads, in input pixels: y and x, both [N,h,w,k*k,G].</summary>
    private static (Tensor Y, Tensor X) Places(Tensor offset, long groups, long[] kernel, int stride, int padding, int dilation)
    {
        var (rows, columns) = (kernel[2], kernel[3]);
        var (height, width) = (offset.size(2), offset.size(3));
        var moved = offset.view(offset.size(0), groups, rows * columns, 2, height, width).permute(3, 0, 4, 5, 2, 1);
        Tensor Range(long count, int step, int first = 0) => (arange(count, dtype: offset.dtype, device: offset.device) * step) - first;
        var tapY = Range(rows, dilation).repeat_interleave(columns);
        var tapX = Range(columns, dilation).repeat(rows);
        var y = Range(height, stride, padding).view(-1, 1, 1, 1) + tapY.view(-1, 1);
        var x = Range(width, stride, padding).view(-1, 1, 1) + tapX.view(-1, 1);
        return (moved[0] + y, moved[1] + x);
    }

    /// <summary>
    /// The four input pixels around each place and how much each counts, both [4,P]; pixels beyond the input count nothing. Rows of the
    /// table are input pixels, image by image, each with its G groups.
    /// </summary>
    private static (Tensor Index, Tensor Shares) Corners(Tensor y, Tensor x, Tensor factors, long height, long width)
    {
        var (rows, rowShares) = Ends(y, height);
        var (columns, columnShares) = Ends(x, width);
        var (images, groups) = (y.size(0), y.size(4));
        var image = arange(images, device: y.device).view(-1, 1, 1, 1, 1) * height;
        var group = arange(groups, device: y.device);
        var (index, shares) = (new List<Tensor>(), new List<Tensor>());
        for (var i = 0; i < 2; i++)
        {
            for (var j = 0; j < 2; j++)
            {
                index.Add(((((image + rows[i]) * width) + columns[j]) * groups + group).reshape(-1));
                shares.Add((rowShares[i] * columnShares[j] * factors).reshape(-1));
            }
        }
        return (stack(index), stack(shares));
    }

    /// <summary>Along one axis: the pixels before and after each coordinate, and their shares; 0 for a pixel beyond the axis.</summary>
    private static (Tensor[] Pixels, Tensor[] Shares) Ends(Tensor coordinate, long size)
    {
        var before = coordinate.detach().floor();
        var fraction = coordinate - before;
        Tensor Inside(Tensor pixel) => pixel.ge(0).logical_and(pixel.lt(size)).to(coordinate.dtype);
        var after = before + 1;
        return (
            [before.clamp(0, size - 1).to(int64), after.clamp(0, size - 1).to(int64)],
            [(1 - fraction) * Inside(before), fraction * Inside(after)]);
    }
}

/// <summary>
/// Sums of weighted rows of a table, which is what bilinear sampling of a feature map with its channels last comes to. As a function
/// with its own gradient it stores table, indices and weights; a chain of operators would store the M gathered copies too.
/// </summary>
internal sealed class WeightedRows : autograd.SingleTensorFunction<WeightedRows>
{
    /// <inheritdoc/>
    public override string Name => nameof(WeightedRows);

    /// <summary>Row p of the result is the sum over m of table[index[m,p]] * weight[m,p].</summary>
    /// <param name="table">[T,C].</param>
    /// <param name="index">[M,P] int64, 0..T-1.</param>
    /// <param name="weight">[M,P].</param>
    /// <returns>[P,C], differentiable with respect to table and weight.</returns>
    public static Tensor Sum(Tensor table, Tensor index, Tensor weight) => apply(table, index, weight);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (table, index, weight) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        ctx.save_for_backward([table, index, weight]);
        using var scope = NewDisposeScope();
        var sum = table.index_select(0, index[0]).mul_(weight[0].unsqueeze(1));
        for (var m = 1; m < index.size(0); m++)
        {
            using var rows = table.index_select(0, index[m]);
            sum.addcmul_(rows, weight[m].unsqueeze(1), 1);
        }
        return sum.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (table, index, weight) = (saved[0], saved[1], saved[2]);
        var (tableGradient, weightGradient) = (zeros_like(table), empty_like(weight));
        for (var m = 0; m < index.size(0); m++)
        {
            using var scope = NewDisposeScope();
            tableGradient.index_add_(0, index[m], grad_output * weight[m].unsqueeze(1), 1);
            weightGradient[m].copy_((grad_output * table.index_select(0, index[m])).sum(1));
        }
        return [tableGradient, null!, weightGradient];
    }
}
