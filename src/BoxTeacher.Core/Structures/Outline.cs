namespace BoxTeacher.Structures;

/// <summary>The exact shape of an object: the union of the insides of some rings. It need not lie within an image.</summary>
/// <param name="Rings">Each x0, y0, x1, y1, ... in pixels; an odd last number is left out.</param>
public sealed record Outline(IReadOnlyList<double[]> Rings)
{
    /// <summary>Square pixels: the absolute shoelace areas of the rings, summed, so that what two rings share counts twice.</summary>
    public double Area => Rings.Sum(AreaOf);

    /// <summary>The shape in another view.</summary>
    /// <param name="map">From this view to the other.</param>
    public Outline Moved(Homography map) => new([.. Rings.Select(ring => Moved(ring, map))]);

    private static double[] Moved(double[] ring, Homography map)
    {
        var moved = new double[ring.Length / 2 * 2];
        for (var i = 0; i < moved.Length; i += 2)
        {
            (moved[i], moved[i + 1]) = map.Apply(ring[i], ring[i + 1]);
        }

        return moved;
    }

    private static double AreaOf(double[] ring)
    {
        var (corners, twice) = (ring.Length / 2, 0.0);
        for (var i = 0; i < corners; i++)
        {
            var next = i + 1 == corners ? 0 : i + 1;
            twice += ring[2 * i] * ring[2 * next + 1] - ring[2 * next] * ring[2 * i + 1];
        }

        return Math.Abs(twice) / 2;
    }
}
