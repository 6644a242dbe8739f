using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The anchors of a feature pyramid (Ren et al. 2015, section 3.1.1; Lin et al. 2017, section 4.1): at each cell boxes of
/// <c>scale * stride</c> in some ratios of height to width, around the cell's corner (column * stride, row * stride) as in detectron2 and
/// mmdetection.
/// </summary>
/// <param name="strides">Input pixels per cell of each level.</param>
/// <param name="scales">Square root of an anchor's area, in strides; 8 as published.</param>
/// <param name="ratios">Height / width; 0.5, 1, 2 as published.</param>
/// <param name="centerOffset">Where in its cell an anchor stands: 0 is the corner, 0.5 the middle.</param>
public sealed class Anchors(
    IReadOnlyList<int> strides, IReadOnlyList<double> scales, IReadOnlyList<double> ratios, double centerOffset = 0)
{
    /// <summary>Number of levels.</summary>
    public int Levels => strides.Count;

    /// <summary>Anchors per cell: for each ratio, all scales.</summary>
    public int PerCell => scales.Count * ratios.Count;

    /// <summary>Scale 8, ratios 0.5, 1 and 2: sides of 32 to 512 pixels at strides 4 to 64.</summary>
    public static Anchors Published(IReadOnlyList<int> strides) => new(strides, [8], [0.5, 1, 2]);

    /// <summary>The anchors of the cell (0, 0) of a level, [<see cref="PerCell"/>, 4].</summary>
    public Tensor Base(int level, ScalarType dtype, Device device)
    {
        var stride = strides[level];
        var center = centerOffset * stride;
        var corners = from ratio in ratios
                      from scale in scales
                      let width = stride * scale / Math.Sqrt(ratio)
                      let height = stride * scale * Math.Sqrt(ratio)
                      from corner in new[] { center - width / 2, center - height / 2, center + width / 2, center + height / 2 }
                      select corner;
        return DeviceValues.Of(corners.ToArray(), [PerCell, 4], device, dtype);
    }

    /// <summary>The anchors of a level, [height * width * <see cref="PerCell"/>, 4], xyxy in input pixels.</summary>
    /// <param name="level">0-based, finest first.</param>
    /// <param name="height">Rows of cells.</param>
    /// <param name="width">Columns of cells.</param>
    /// <param name="dtype">Floating point.</param>
    /// <param name="device">Where.</param>
    public Tensor Of(int level, long height, long width, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var stride = strides[level];
        var x = arange(0, width, dtype, device).mul_(stride).view(1, width).expand(height, width);
        var y = arange(0, height, dtype, device).mul_(stride).view(height, 1).expand(height, width);
        var shifts = stack([x, y, x, y], 2).view(height * width, 1, 4);
        return (shifts + Base(level, dtype, device)).view(-1, 4).MoveToOuterDisposeScope();
    }

    /// <summary>Anchors of cells that begin within an image, all levels side by side: [L] bool.</summary>
    /// <param name="shapes">Rows and columns of cells of each level.</param>
    /// <param name="size">Size of the image with its own padding, which a batch's largest image may exceed.</param>
    /// <param name="device">Where.</param>
    public Tensor Valid(IReadOnlyList<(long Height, long Width)> shapes, ImageSize size, Device device)
    {
        using var scope = NewDisposeScope();
        var flags = new List<Tensor>();
        foreach (var (level, (height, width)) in shapes.Index())
        {
            var column = arange(0, width, int64, device) * strides[level] < size.Width;
            var row = arange(0, height, int64, device) * strides[level] < size.Height;
            var cells = row.unsqueeze(1).logical_and(column.unsqueeze(0)).view(-1, 1);
            flags.Add(cells.expand(height * width, PerCell).reshape(-1));
        }

        return cat(flags).MoveToOuterDisposeScope();
    }

    /// <summary>Those of some anchors that may learn: [n] bool.</summary>
    /// <param name="anchors">[n, 4].</param>
    /// <param name="valid">[n] bool: of cells within the image, as from <see cref="Valid"/>.</param>
    /// <param name="size">Size of the image without padding.</param>
    /// <param name="border">Pixels, at least 0, by which an anchor may stick out of the image; null: any number.</param>
    public static Tensor Learning(Tensor anchors, Tensor valid, ImageSize size, double? border)
    {
        using var scope = NewDisposeScope();
        if (border is not { } pixels)
        {
            return valid.alias().MoveToOuterDisposeScope();
        }

        var far = DeviceValues.Of([size.Width + pixels, size.Height + pixels], [2], anchors.device, anchors.dtype);
        var inside = (anchors.narrow(1, 0, 2) >= -pixels).logical_and(anchors.narrow(1, 2, 2) < far).all(1);
        return valid.logical_and(inside).MoveToOuterDisposeScope();
    }
}
