using BoxTeacher.Layers;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What p boxes see of the masks of their objects.</summary>
/// <param name="Targets">[p, s, s], 0 or 1 in the boxes' type: the object's mask within the box.</param>
/// <param name="Visible">[p] float64 in [1e-10, 1]: the share of the object's area that lies in the box.</param>
public sealed record RoiMasks(Tensor Targets, Tensor Visible)
{
    /// <summary>The smallest share, so that one may divide by it.</summary>
    public const double LeastVisible = 1e-10;

    /// <summary>Hands the tensors to the dispose scope outside the current one.</summary>
    public RoiMasks MoveToOuterDisposeScope()
    {
        Targets.MoveToOuterDisposeScope();
        Visible.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>
/// The masks of an image's objects within boxes. Tensors are on the boxes' device and belong to the caller's dispose scope.
/// </summary>
/// <param name="truth">The objects.</param>
/// <param name="boxes">[p, 4], xyxy in pixels of the image; they need not lie within it. p may be 0.</param>
/// <param name="boxIndex">[p] int64: the object of each box.</param>
/// <param name="size">s, cells per side.</param>
/// <exception cref="InvalidDataException">There are boxes, but an object of theirs has neither mask nor outline.</exception>
public delegate RoiMasks RoiMaskTargets(Instances truth, Tensor boxes, Tensor boxIndex, int size);

/// <summary>The forms in which objects' masks come into boxes.</summary>
public static class RoiMaskForms
{
    // Pixels; a box's side is taken for at least this where it divides (detectron2).
    private const float ThinnestSide = 0.1f;

    /// <summary>
    /// From bitmaps: <see cref="RoiMaskHead.Targets(Tensor, Tensor, Tensor, int)"/>; visible are the pixels with their centers in the box,
    /// of all of the object's. An object without a pixel is visible as a whole.
    /// </summary>
    public static RoiMaskTargets Bitmaps { get; } = OfBitmaps;

    /// <summary>
    /// From outlines: moved to the box's corner, scaled to its sides, and rasterized by the COCO rule (detectron2's
    /// <c>rasterize_polygons_within_box</c>). Visible is the area of the rings that are rasterized in the box's whole pixels, of the
    /// outline's (CenterMask2); an outline without an area is visible as a whole. Objects without an outline go by their
    /// <see cref="Bitmaps"/>. Boxes are read on the host.
    /// </summary>
    public static RoiMaskTargets Outlines { get; } = OfOutlines;

    private static RoiMasks OfBitmaps(Instances truth, Tensor boxes, Tensor boxIndex, int size) => boxes.size(0) == 0
        ? Empty(boxes, size)
        : OfBitmaps(truth, boxes, boxIndex, HostValues.Boxes(boxes, boxIndex), size);

    private static RoiMasks OfBitmaps(Instances truth, Tensor boxes, Tensor boxIndex, (float[] Boxes, long[] Objects) known, int size)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var masks = truth.Masks ?? throw new InvalidDataException("an image has boxes but no masks, and this method learns from masks");
        // Once: bitmaps of whole images are large.
        var pixels = (masks.is_floating_point() ? masks.ge(0.5) : masks).to(boxes.dtype);
        // Counts up to 2^24 are exact.
        var within = BoxSamples.Of(
            pixels.unsqueeze(1), Covered(boxes, 1, pixels.size(1)), Covered(boxes, 0, pixels.size(2)), known.Objects);
        var all = pixels.sum([1, 2]).index_select(0, boxIndex).to(float64);
        return new RoiMasks(
            RoiMaskHead.Targets(masks.is_floating_point() ? masks : pixels, boxes, known, size).MoveToOuterDisposeScope(),
            (within.view(-1).to(float64) / all).nan_to_num(nan: 1).clamp(RoiMasks.LeastVisible, 1).MoveToOuterDisposeScope());
    }

    private static RoiMasks OfOutlines(Instances truth, Tensor boxes, Tensor boxIndex, int size)
    {
        if (truth.Outlines is not { } outlines || boxes.size(0) == 0)
        {
            return OfBitmaps(truth, boxes, boxIndex, size);
        }

        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var (corners, objects) = HostValues.Boxes(boxes, boxIndex);
        var cells = size * size;
        var (masks, shares, others) = (new byte[objects.Length * cells], new double[objects.Length], new List<long>());
        for (var i = 0; i < objects.Length; i++)
        {
            if (outlines[(int)objects[i]] is { } outline)
            {
                shares[i] = Draw(outline, corners.AsSpan(4 * i, 4), masks.AsSpan(i * cells, cells), size);
            }
            else
            {
                others.Add(i);
            }
        }

        var targets = DeviceValues.Of(masks, [objects.Length, size, size], boxes.device).to(boxes.dtype);
        var visible = DeviceValues.Of(shares, [objects.Length], boxes.device);
        if (others.Count > 0)
        {
            var rows = DeviceValues.Of(others.ToArray(), boxes.device);
            float[] own = [.. others.SelectMany(row => corners.AsSpan((int)(4 * row), 4).ToArray())];
            var known = (own, others.Select(row => objects[row]).ToArray());
            var bitmaps = OfBitmaps(truth, boxes.index_select(0, rows), boxIndex.index_select(0, rows), known, size);
            targets.index_copy_(0, rows, bitmaps.Targets);
            visible.index_copy_(0, rows, bitmaps.Visible);
        }

        return new RoiMasks(targets, visible).MoveToOuterDisposeScope();
    }

    /// <summary>The mask within one box; gives the visible share.</summary>
    private static double Draw(Outline outline, ReadOnlySpan<float> box, Span<byte> mask, int size)
    {
        var (width, height) = (box[2] - box[0], box[3] - box[1]);
        var shifted = outline.Moved(Homography.Translate(-box[0], -box[1]));
        var scaled = shifted.Moved(new Homography(size / Side(width), 0, 0, 0, size / Side(height), 0));
        RunLengthMask.FromPolygons(scaled.Rings, size, size).Decode(mask);
        var (rows, columns) = ((int)height, (int)width);
        var area = rows > 0 && columns > 0
            ? shifted.Rings.Sum(ring => (double)RunLengthMask.FromPolygon(ring, rows, columns).Area)
            : 0;
        var share = area / outline.Area;
        return double.IsNaN(share) ? 1 : Math.Clamp(share, RoiMasks.LeastVisible, 1);

        static double Side(float side) => Math.Max(side, ThinnestSide);
    }

    /// <summary>Which pixels of an axis have their centers in the boxes: [p, 1, length], 0 or 1 in float32.</summary>
    private static Tensor Covered(Tensor boxes, int axis, long length)
    {
        var centers = arange(length, dtype: float32, device: boxes.device) + 0.5;
        return centers.ge(boxes.narrow(1, axis, 1)).logical_and(centers.lt(boxes.narrow(1, axis + 2, 1))).unsqueeze(1).to(float32);
    }

    private static RoiMasks Empty(Tensor boxes, int size) => new(
        zeros([0, size, size], boxes.dtype, boxes.device), zeros([0], float64, boxes.device));
}
