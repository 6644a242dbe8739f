namespace BoxTeacher.Masks;

/// <summary>
/// Contours of a bitmap half way between its pixels, as scikit-image 0.19's <c>find_contours</c> traces them at level 0.5 (marching
/// squares, Lorensen and Cline 1987; <c>fully_connected="low"</c>: foreground pixels that touch at a corner stay apart). Polite Teacher
/// hands its pseudo masks on in this form.
/// </summary>
/// <remarks>
/// The detour from a mask over its contours to a mask moves by half a pixel to the left and upwards, since coordinates are indices of
/// pixels and not COCO's, where the first pixel has its center at (0.5, 0.5). It loses single pixels; it fills holes, whose contours count
/// as pieces; and it cuts off what lies behind the chord that closes a contour which the image's border leaves open.
/// </remarks>
public static class MaskContours
{
    // Sides of a square of four pixels.
    private enum Side
    {
        Top,
        Bottom,
        Left,
        Right,
    }

    /// <summary>
    /// The contours, foreground on one and the same hand of the walk throughout, in the order of their first square (squares row by row);
    /// each begins where the segment in its last square ends. A mask of less than 2 x 2 pixels has none.
    /// </summary>
    /// <param name="mask">Height * width bytes, row by row; any non-zero byte is foreground.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <returns>
    /// Each x0, y0, x1, y1, ... in indices of pixels. A closed contour ends with its first point; one that begins and ends at the image's
    /// border stays open.
    /// </returns>
    /// <exception cref="ArgumentException">The span's length does not fit the size.</exception>
    public static IReadOnlyList<double[]> Trace(ReadOnlySpan<byte> mask, int height, int width)
    {
        if (mask.Length != (long)height * width)
        {
            throw new ArgumentException($"A {height}x{width} mask has {(long)height * width} bytes, not {mask.Length}.", nameof(mask));
        }

        var segments = new Segments(height, width);
        for (var y = 0; y + 1 < height; y++)
        {
            var upper = mask.Slice(y * width, width);
            var lower = mask.Slice((y + 1) * width, width);
            for (var x = 0; x + 1 < width; x++)
            {
                var corners = Bit(upper[x], 1) | Bit(upper[x + 1], 2) | Bit(lower[x], 4) | Bit(lower[x + 1], 8);
                if (corners is not (0 or 15))
                {
                    segments.AddSquare(y, x, corners);
                }
            }
        }

        return segments.Contours();
    }

    private static int Bit(byte pixel, int bit) => pixel != 0 ? bit : 0;

    /// <summary>Segments with their neighbors. At most two meet in a point: one ends there, the other begins.</summary>
    private sealed class Segments(int height, int width)
    {
        private const int None = -1;
        private readonly List<(int From, int To)> _segments = [];
        private readonly List<int> _next = [];
        private readonly List<int> _previous = [];

        // Points at which one segment lies so far.
        private readonly Dictionary<int, int> _loose = [];

        public void AddSquare(int y, int x, int corners)
        {
            switch (corners)
            {
                case 1: Add(Side.Top, Side.Left); break;
                case 2: Add(Side.Right, Side.Top); break;
                case 3: Add(Side.Right, Side.Left); break;
                case 4: Add(Side.Left, Side.Bottom); break;
                case 5: Add(Side.Top, Side.Bottom); break;
                case 6:
                    Add(Side.Right, Side.Top);
                    Add(Side.Left, Side.Bottom);
                    break;
                case 7: Add(Side.Right, Side.Bottom); break;
                case 8: Add(Side.Bottom, Side.Right); break;
                case 9:
                    Add(Side.Top, Side.Left);
                    Add(Side.Bottom, Side.Right);
                    break;
                case 10: Add(Side.Bottom, Side.Top); break;
                case 11: Add(Side.Bottom, Side.Left); break;
                case 12: Add(Side.Left, Side.Right); break;
                case 13: Add(Side.Top, Side.Right); break;
                default: Add(Side.Left, Side.Top); break;
            }

            void Add(Side from, Side to) => Join(PointOf(y, x, from), PointOf(y, x, to));
        }

        public List<double[]> Contours()
        {
            var contours = new List<double[]>();
            var seen = new bool[_segments.Count];
            for (var segment = 0; segment < seen.Length; segment++)
            {
                if (!seen[segment])
                {
                    contours.Add(From(First(segment), seen));
                }
            }

            return contours;
        }

        private void Join(int from, int to)
        {
            var index = _segments.Count;
            _segments.Add((from, to));
            _next.Add(None);
            _previous.Add(None);
            if (_loose.Remove(from, out var before))
            {
                (_next[before], _previous[index]) = (index, before);
            }
            else
            {
                _loose.Add(from, index);
            }

            if (_loose.Remove(to, out var after))
            {
                (_previous[after], _next[index]) = (index, after);
            }
            else
            {
                _loose.Add(to, index);
            }
        }

        // Of an open contour the one that nothing leads to, of a closed one the follower of the last.
        private int First(int segment)
        {
            var last = segment;
            for (var at = _previous[segment]; at != segment; at = _previous[at])
            {
                if (at == None)
                {
                    return OpenStart(segment);
                }

                last = Math.Max(last, at);
            }

            return _next[last];
        }

        private int OpenStart(int segment)
        {
            while (_previous[segment] != None)
            {
                segment = _previous[segment];
            }

            return segment;
        }

        private double[] From(int first, bool[] seen)
        {
            var points = new List<double>();
            AddPoint(_segments[first].From);
            for (var at = first; at != None && !seen[at]; at = _next[at])
            {
                seen[at] = true;
                AddPoint(_segments[at].To);
            }

            return [.. points];

            // Points half way to the right of a pixel come first, then those half way below one.
            void AddPoint(int point)
            {
                var (isBelow, pixel) = (point >= height * width, point % (height * width));
                points.Add(pixel % width + (isBelow ? 0 : 0.5));
                points.Add(pixel / width + (isBelow ? 0.5 : 0));
            }
        }

        private int PointOf(int y, int x, Side side) => side switch
        {
            Side.Top => y * width + x,
            Side.Bottom => (y + 1) * width + x,
            Side.Left => (height + y) * width + x,
            _ => (height + y) * width + x + 1,
        };
    }
}
