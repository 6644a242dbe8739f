using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// The objects of one image: its truth, a detector's answer, or pseudo-labels. All tensors are on one device and belong to the dispose
/// scope in which they were made.
/// </summary>
/// <param name="Boxes">[n, 4] float32, xyxy in pixels of the image.</param>
/// <param name="Classes">[n] int64, 0-based.</param>
/// <param name="Scores">[n] in [0, 1]; null for a truth.</param>
/// <param name="Masks">[n, h, w], bool, 0/1 or probabilities; null where masks are not known or may not be seen.</param>
/// <param name="Outlines">
/// [n] exact shapes where labels are polygons; null entries have a bitmap alone; null where nobody hands them on.
/// </param>
/// <exception cref="ArgumentException">The shapes do not agree.</exception>
public sealed record Instances(
    Tensor Boxes, Tensor Classes, Tensor? Scores = null, Tensor? Masks = null, IReadOnlyList<Outline?>? Outlines = null)
{
    /// <summary>Pixels; boxes with a side of at most this are dropped from a view (detectron2's filter of empty instances).</summary>
    public const double ThinnestBox = 1e-5;

    /// <summary>[n, 4] float32, xyxy in pixels of the image.</summary>
    public Tensor Boxes { get; } = Shaped(Boxes, nameof(Boxes), Classes.shape[0], 4);

    /// <summary>[n] int64, 0-based.</summary>
    public Tensor Classes { get; } = Shaped(Classes, nameof(Classes), Classes.shape[0]);

    /// <summary>[n] in [0, 1], or null.</summary>
    public Tensor? Scores { get; } = Scores is null ? null : Shaped(Scores, nameof(Scores), Classes.shape[0]);

    /// <summary>[n, h, w], or null.</summary>
    public Tensor? Masks { get; } = Masks is null ? null : Shaped(Masks, nameof(Masks), Classes.shape[0], -1, -1);

    /// <summary>[n], or null.</summary>
    public IReadOnlyList<Outline?>? Outlines { get; } = Outlines is null || Outlines.Count == Classes.shape[0]
        ? Outlines
        : throw new ArgumentException($"{Outlines.Count} outlines are not those of {Classes.shape[0]} instances.", nameof(Outlines));

    /// <summary>n.</summary>
    public int Count => (int)Classes.size(0);

    /// <summary>
    /// Boxes and classes in managed memory, where whoever made them there left them; null: <see cref="HostObjects.Of"/> copies them.
    /// </summary>
    public HostObjects? OnHost { get; init; }

    /// <summary>Some of the instances. Where there are outlines, the rows are read on the host.</summary>
    /// <param name="rows">[k] int64, rows in the wanted order.</param>
    public Instances Select(Tensor rows) => new(
        Boxes.index_select(0, rows), Classes.index_select(0, rows), Scores?.index_select(0, rows), Masks?.index_select(0, rows),
        Outlines is null ? null : [.. HostValues.Longs(rows).Select(row => Outlines[(int)row])]);

    /// <summary>
    /// The instances in another view of the image: boxes around the moved corners and clipped to it, masks sampled at the nearest pixel,
    /// outlines moved and not clipped.
    /// Those whose box is thinner than 1e-5 pixels afterwards are left out.
    /// </summary>
    /// <param name="map">From this view to the other.</param>
    /// <param name="size">Size of the other view.</param>
    public Instances Transport(Homography map, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var moved = Moved(map, size);
        var sides = moved.Boxes.narrow(1, 2, 2) - moved.Boxes.narrow(1, 0, 2);
        return moved.Select(HostValues.Rows((sides > ThinnestBox).all(1))).MoveToOuterDisposeScope();
    }

    /// <summary>The same with all instances: a box that lies outside becomes one without an area on the border.</summary>
    /// <param name="map">From this view to the other.</param>
    /// <param name="size">Size of the other view.</param>
    public Instances Moved(Homography map, ImageSize size) => new(
        map.Apply(Boxes, size), Classes.alias(), Scores?.alias(), Masks is null ? null : map.Sample(Masks, size),
        Outlines is null ? null : [.. Outlines.Select(outline => outline?.Moved(map))]);

    /// <summary>Hands the tensors to the dispose scope outside the current one.</summary>
    public Instances MoveToOuterDisposeScope()
    {
        Boxes.MoveToOuterDisposeScope();
        Classes.MoveToOuterDisposeScope();
        Scores?.MoveToOuterDisposeScope();
        Masks?.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Boxes [..., 4], xyxy, of which only the part in an image is left; of no side where none is.</summary>
    /// <param name="boxes">xyxy in pixels.</param>
    /// <param name="size">The image's size.</param>
    public static Tensor Clip(Tensor boxes, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var sides = boxes.unbind(-1);
        return stack(
            [sides[0].clamp(0, size.Width), sides[1].clamp(0, size.Height), sides[2].clamp(0, size.Width), sides[3].clamp(0, size.Height)],
            -1).MoveToOuterDisposeScope();
    }

    private static Tensor Shaped(Tensor tensor, string name, params long[] wanted)
    {
        var shape = tensor.shape;
        var fits = shape.Length == wanted.Length && shape.Zip(wanted).All(pair => pair.Second < 0 || pair.First == pair.Second);
        return fits
            ? tensor
            : throw new ArgumentException(
                $"{name} must be [{string.Join(',', wanted.Select(side => side < 0 ? "*" : $"{side}"))}], not [{string.Join(',', shape)}].",
                name);
    }
}

/// <summary>Boxes and classes of an image in managed memory.</summary>
/// <param name="Boxes">[4n] xyxy.</param>
/// <param name="Classes">[n].</param>
public sealed record HostObjects(float[] Boxes, long[] Classes)
{
    /// <summary>Those of each image. The host waits once, and not at all where all of them are in its memory already.</summary>
    public static IReadOnlyList<HostObjects> Of(IReadOnlyList<Instances> images)
    {
        Instances[] unknown = [.. images.Where(image => image.OnHost is null)];
        if (unknown.Length == 0)
        {
            return [.. images.Select(image => image.OnHost!)];
        }

        using var scope = NewDisposeScope();
        var (boxes, classes) = HostValues.Boxes(
            cat([.. unknown.Select(image => image.Boxes)]), cat([.. unknown.Select(image => image.Classes)]));
        var first = 0;
        return [.. images.Select(image =>
        {
            if (image.OnHost is { } known)
            {
                return known;
            }

            var (from, to) = (first, first += image.Count);
            return new HostObjects(boxes[(4 * from)..(4 * to)], classes[from..to]);
        })];
    }
}
