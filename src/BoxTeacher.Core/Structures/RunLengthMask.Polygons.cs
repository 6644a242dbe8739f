using System.Buffers;

namespace BoxTeacher.Structures;

/// <content>Masks from outlines.</content>
public sealed partial class RunLengthMask
{
    // Outlines are walked on a grid this much finer than the pixels (maskApi.c, rleFrPoly).
    private const int Fineness = 5;

    /// <summary>
    /// The union of polygons, each rasterised by the COCO rule: the outline is walked on a grid five times finer, its
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
        for (int i = 0; i < masks.Length; i++)
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
        var crossings = new Crossings(height, width);
        int corners = ring.Length / 2;
        for (int i = 0; i < corners; i++)
        {
            int j = i + 1 == corners ? 0 : i + 1;
            crossings.AddEdge(Fine(ring[2 * i]), Fine(ring[(2 * i) + 1]), Fine(ring[2 * j]), Fine(ring[(2 * j) + 1]));
        }
        var writer = new RunWriter(crossings.Count + 1, height);
        crossings.WriteTo(ref writer);
        crossings.Dispose();
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

    private static int Fine(double coordinate) => (int)((Fineness * coordinate) + 0.5);

    /// <summary>Where outlines cross from one column of pixels to the next.</summary>
    private ref struct Crossings(int height, int width)
    {
        private int[] positions = ArrayPool<int>.Shared.Rent(256);
        private int count;

        /// <summary>Number of crossings.</summary>
        public readonly int Count => count;

        /// <summary>
        /// Adds the crossings of one edge, given on the fine grid. Column c is crossed between the fine columns 5c + 2
        /// and 5c + 3; the row of the crossing is that of the upper of the two fine points.
        /// </summary>
        public void AddEdge(int xStart, int yStart, int xEnd, int yEnd)
        {
            long dx = Math.Abs((long)xEnd - xStart), dy = Math.Abs((long)yEnd - yStart);
            bool flat = dx >= dy;
            if (flat ? xStart > xEnd : yStart > yEnd)
            {
                (xStart, xEnd, yStart, yEnd) = (xEnd, xStart, yEnd, yStart);
            }
            long left = Math.Min(xStart, xEnd), right = Math.Max(xStart, xEnd);
            int firstColumn = (int)Math.Clamp(FloorDiv(left + Fineness - 3, Fineness), 0, width);
            int lastColumn = (int)Math.Clamp(FloorDiv(right - 3, Fineness), -1, width - 1);
            if (firstColumn > lastColumn)
            {
                return;
            }
            if (flat)
            {
                double slope = (double)((long)yEnd - yStart) / dx;
                // Of the two points beside the border the upper is the first if the edge falls, else the second.
                long step = (Fineness * (long)firstColumn) + (slope >= 0 ? 2 : 3) - xStart;
                for (int column = firstColumn; column <= lastColumn; column++, step += Fineness)
                {
                    Add(column, (int)(yStart + (slope * step) + 0.5));
                }
            }
            else
            {
                double slope = (double)((long)xEnd - xStart) / dy;
                for (int column = firstColumn; column <= lastColumn; column++)
                {
                    long step = SteepStep(xStart, slope, dy, (Fineness * column) + 3);
                    if (step > 0)
                    {
                        Add(column, step - 1 + yStart);
                    }
                }
            }
        }

        /// <summary>Writes the runs between the crossings.</summary>
        /// <param name="writer">Takes the runs.</param>
        public readonly void WriteTo(ref RunWriter writer)
        {
            var ordered = positions.AsSpan(0, count);
            ordered.Sort();
            int end = height * width;
            int position = count > 0 ? ordered[0] : end;
            int run = position;
            // Two changes at one place cancel: the runs on both sides of the empty one are joined.
            for (int i = 1; i <= count; i++)
            {
                int here = i < count ? ordered[i] : end;
                if (here > position)
                {
                    writer.Add(run);
                    run = here - position;
                }
                else if (++i <= count)
                {
                    here = i < count ? ordered[i] : end;
                    run += here - position;
                }
                position = here;
            }
            writer.Add(run);
        }

        public readonly void Dispose() => ArrayPool<int>.Shared.Return(positions);

        // The first step at which the walk down a steep edge has changed over to the other side of the fine column
        // `border`: guessed from the slope, then settled with the very arithmetic of the walk.
        private static long SteepStep(int xStart, double slope, long steps, int border)
        {
            bool rising = slope > 0;
            long step = Math.Clamp((long)((border - 0.5 - xStart) / slope), 1, steps);
            while (step > 1 && Passed(step - 1))
            {
                step--;
            }
            while (step <= steps && !Passed(step))
            {
                step++;
            }
            return step <= steps ? step : 0;

            bool Passed(long at)
            {
                int x = (int)(xStart + (slope * at) + 0.5);
                return rising ? x >= border : x < border;
            }
        }

        private static long FloorDiv(long value, int divisor) => (value >= 0 ? value : value - divisor + 1) / divisor;

        private void Add(int column, long y)
        {
            int row = y <= 2 ? 0 : (int)Math.Min((y + 2) / Fineness, height);
            if (count == positions.Length)
            {
                int[] larger = ArrayPool<int>.Shared.Rent(2 * count);
                positions.AsSpan().CopyTo(larger);
                ArrayPool<int>.Shared.Return(positions);
                positions = larger;
            }
            positions[count++] = (column * height) + row;
        }
    }
}
