using BoxTeacher.Structures;

namespace BoxTeacher.Masks;

/// <content>Masks from outlines.</content>
public sealed partial class RunLengthMask
{
    /// <summary>
    /// The union of polygons, each rasterized by the COCO rule: the outline is walked on a grid five times finer, its
    /// crossings from column to column are the places where the mask changes. The inside is even-odd, the direction of
    /// the outline does not matter, slivers thinner than a pixel may vanish.
    /// </summary>
    /// <param name="rings">Outlines as x0, y0, x1, y1, ... in pixels; an odd last number is left out.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <exception cref="FormatException">The size is out of range.</exception>
    public static RunLengthMask FromPolygons(IReadOnlyList<double[]> rings, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(rings);
        CheckSize(height, width);
        if (rings.Count == 1)
        {
            return FromPolygon(rings[0], height, width);
        }
        var masks = new RunLengthMask[rings.Count];
        for (var i = 0; i < masks.Length; i++)
        {
            masks[i] = FromPolygon(rings[i], height, width);
        }
        return masks.Length == 0 ? FromCounts([(uint)(height * width)], height, width) : Union(masks);
    }

    /// <summary>One polygon; see <see cref="FromPolygons"/>.</summary>
    /// <param name="ring">The outline as x0, y0, x1, y1, ... in pixels.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public static RunLengthMask FromPolygon(ReadOnlySpan<double> ring, int height, int width)
    {
        CheckSize(height, width);
        using var crossings = new PolygonCrossings(height, width);
        var corners = ring.Length / 2;
        for (var i = 0; i < corners; i++)
        {
            var j = i + 1 == corners ? 0 : i + 1;
            crossings.AddEdge(ring[2 * i], ring[(2 * i) + 1], ring[2 * j], ring[(2 * j) + 1]);
        }
        var writer = new RunWriter(crossings.Changes.Count + 1, height);
        crossings.Changes.WriteTo(ref writer);
        var mask = new RunLengthMask(writer, height, width);
        writer.Dispose();
        return mask;
    }

    /// <summary>A box as a polygon of four corners.</summary>
    /// <param name="box">The box in pixels.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public static RunLengthMask FromBox(Box box, int height, int width) =>
        FromPolygon([box.X0, box.Y0, box.X0, box.Y1, box.X1, box.Y1, box.X1, box.Y0], height, width);
}
