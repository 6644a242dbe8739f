namespace BoxTeacher.Data;

/// <summary>
/// Fills polygons of whole-numbered corners, rim included, pixel for pixel as Pillow's ImageDraw.polygon does: each row
/// is filled between pairs of the edges' crossings, ends rounded outwards; horizontal edges are drawn as they are.
/// Crossings are single-precision numbers there, and so they are here.
/// </summary>
internal static class PolygonFill
{
    /// <summary>The largest coordinate that is accepted; whole numbers up to it are exact in single precision.</summary>
    public const int MaxCoordinate = 1 << 22;

    private readonly record struct Edge(int X, int Y, int Left, int Top, int Right, int Bottom, float Slope)
    {
        public float At(int y) => ((y - Y) * Slope) + X;

        public bool EndsAt(int y) => y == Top || y == Bottom;
    }

    /// <summary>Sets the label of the pixels within a polygon.</summary>
    public static void Fill(LabelMap map, ReadOnlySpan<(int X, int Y)> corners, ushort label)
    {
        var slanted = new List<Edge>(corners.Length);
        int top = map.Height - 1, bottom = 0;
        foreach (var edge in Edges(corners))
        {
            top = Math.Min(top, edge.Top);
            bottom = Math.Max(bottom, edge.Bottom);
            if (edge.Top == edge.Bottom)
            {
                Row(map, edge.Left, edge.Top, edge.Right, label);
            }
            else
            {
                slanted.Add(edge);
            }
        }
        var crossings = new List<float>();
        var last = Math.Min(bottom, map.Height);
        for (var y = Math.Max(top, 0); y <= last; y++)
        {
            crossings.Clear();
            for (var i = 0; i < slanted.Count; i++)
            {
                var edge = slanted[i];
                if (y < edge.Top || y > edge.Bottom)
                {
                    continue;
                }
                var x = edge.At(y);
                if (y == edge.Bottom && y < last)
                {
                    // Where an edge ends and the polygon goes on, the crossing counts for the pair that ends here too.
                    crossings.Add(x);
                    crossings.Add(x);
                }
                else
                {
                    crossings.Add(edge.EndsAt(y) && edge.Slope != 0 ? Corner(slanted, i, y, x) : x);
                }
            }
            crossings.Sort();
            for (var i = 1; i < crossings.Count; i += 2)
            {
                Row(map, RoundUp(crossings[i - 1]), y, RoundDown(crossings[i]), label);
            }
        }
    }

    // Two flat edges that meet in a point would leave a gap beside it: the point is drawn towards their next row.
    private static float Corner(List<Edge> edges, int index, int y, float x)
    {
        var edge = edges[index];
        for (var k = 0; k < index; k++)
        {
            var other = edges[k];
            var next = y == edge.Bottom ? y - 1 : y + 1;
            if (!other.EndsAt(y) || other.Slope == 0 || Round(x) != Round(other.At(y)) || next < other.Top || next > other.Bottom)
            {
                continue;
            }
            float own = edge.At(next), others = other.At(next);
            if (x > own + 1 && x > others + 1)
            {
                return Round(Math.Max(own, others)) + 1;
            }
            return x < own - 1 && x < others - 1 ? Round(Math.Min(own, others)) - 1 : x;
        }
        return x;
    }

    // A horizontal edge that goes on in the direction of the one before it lengthens that.
    private static List<Edge> Edges(ReadOnlySpan<(int X, int Y)> corners)
    {
        var edges = new List<Edge>(corners.Length);
        for (var i = 0; i + 1 < corners.Length; i++)
        {
            var (x0, y0) = corners[i];
            var (x1, y1) = corners[i + 1];
            if (y0 == y1 && i > 0 && y0 == corners[i - 1].Y)
            {
                var before = corners[i - 1].X;
                if (x1 > x0 && x0 > before)
                {
                    edges[^1] = edges[^1] with { Right = x1 };
                    continue;
                }
                if (x1 < x0 && x0 < before)
                {
                    edges[^1] = edges[^1] with { Left = x1 };
                    continue;
                }
            }
            edges.Add(Make(x0, y0, x1, y1));
        }
        if (corners.Length > 0 && corners[^1] != corners[0])
        {
            edges.Add(Make(corners[^1].X, corners[^1].Y, corners[0].X, corners[0].Y));
        }
        return edges;
    }

    private static Edge Make(int x0, int y0, int x1, int y1) => new(
        x0, y0, Math.Min(x0, x1), Math.Min(y0, y1), Math.Max(x0, x1), Math.Max(y0, y1), y0 == y1 ? 0 : (float)(x1 - x0) / (y1 - y0));

    private static void Row(LabelMap map, int left, int y, int right, ushort label)
    {
        left = Math.Max(left, 0);
        right = Math.Min(right, map.Width - 1);
        if (y >= 0 && y < map.Height && left <= right)
        {
            map.Labels.AsSpan((y * map.Width) + left, right - left + 1).Fill(label);
        }
    }

    private static float Round(float value) => MathF.Round(value, MidpointRounding.AwayFromZero);

    // Halves go away from zero ...
    private static int RoundUp(float value) => (int)Math.CopySign(Math.Floor(Math.Abs(value) + 0.5), value);

    // ... or towards it.
    private static int RoundDown(float value) => (int)Math.CopySign(Math.Ceiling(Math.Abs(value) - 0.5), value);
}
