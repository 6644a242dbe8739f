namespace BoxTeacher.Masks;

/// <summary>
/// Where an outline crosses from one column of pixels to the next, by COCO's rule (maskApi.c, rleFrPoly): the outline is
/// walked point by point on a finer grid. Only the points beside a border matter, and these are computed directly.
/// </summary>
internal ref struct PolygonCrossings(int height, int width)
{
    private const int Fineness = 5;
    private ColumnChanges _changes = new(height, width);

    /// <summary>The crossings so far.</summary>
    public readonly ColumnChanges Changes => _changes;

    /// <summary>
    /// Adds the crossings of one edge. Column c is crossed between the fine columns 5c + 2 and 5c + 3; the row of the
    /// crossing is that of the upper of the two fine points.
    /// </summary>
    public void AddEdge(double x0, double y0, double x1, double y1)
    {
        int xStart = Fine(x0), yStart = Fine(y0), xEnd = Fine(x1), yEnd = Fine(y1);
        long dx = Math.Abs((long)xEnd - xStart), dy = Math.Abs((long)yEnd - yStart);
        var flat = dx >= dy;
        if (flat ? xStart > xEnd : yStart > yEnd)
        {
            (xStart, xEnd, yStart, yEnd) = (xEnd, xStart, yEnd, yStart);
        }
        long left = Math.Min(xStart, xEnd), right = Math.Max(xStart, xEnd);
        var firstColumn = (int)Math.Min(FloorDiv(Math.Max(left, -2) + 2), width);
        var lastColumn = (int)Math.Min(FloorDiv(Math.Max(right, -2) - 3), width - 1);
        if (firstColumn > lastColumn)
        {
            return;
        }
        if (flat)
        {
            AddFlat(firstColumn, lastColumn, xStart, yStart, (double)((long)yEnd - yStart) / dx);
        }
        else
        {
            AddSteep(firstColumn, lastColumn, xStart, yStart, (double)((long)xEnd - xStart) / dy, dy);
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public readonly void Dispose() => _changes.Dispose();

    // Of the two points beside the border the upper is the first if the edge falls, else the second.
    private void AddFlat(int firstColumn, int lastColumn, int xStart, int yStart, double slope)
    {
        var step = (Fineness * (long)firstColumn) + (slope >= 0 ? 2 : 3) - xStart;
        for (var column = firstColumn; column <= lastColumn; column++, step += Fineness)
        {
            Add(column, (int)(yStart + (slope * step) + 0.5));
        }
    }

    // The first step at which the walk has changed over to the other side of the border is guessed from the slope, then
    // settled with the very arithmetic of the walk.
    private void AddSteep(int firstColumn, int lastColumn, int xStart, int yStart, double slope, long steps)
    {
        var rising = slope > 0;
        var perColumn = 1 / slope;
        for (var column = firstColumn; column <= lastColumn; column++)
        {
            var border = (Fineness * column) + 3;
            var step = Math.Clamp((long)((border - 0.5 - xStart) * perColumn), 1, steps);
            while (step > 1 && Passed(step - 1, border))
            {
                step--;
            }
            while (step <= steps && !Passed(step, border))
            {
                step++;
            }
            if (step <= steps)
            {
                Add(column, step - 1 + yStart);
            }
        }

        bool Passed(long at, int border) => (int)(xStart + (slope * at) + 0.5) >= border == rising;
    }

    private void Add(int column, long y) => _changes.Add(y <= 2 ? 0 : (int)Math.Min((y + 2) / Fineness, height), column);

    private static int Fine(double coordinate) => (int)((Fineness * coordinate) + 0.5);

    private static long FloorDiv(long value) => (value >= 0 ? value : value - Fineness + 1) / Fineness;
}
