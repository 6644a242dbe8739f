using BoxTeacher.Masks;

namespace BoxTeacher.Data;

/// <summary>The outline of a mask along the edges of its pixels.</summary>
internal static class MaskOutline
{
    // The four directions of a walk with the foreground on its right hand: right, down, left, up.
    private static readonly (int X, int Y)[] Directions = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>
    /// A mask as a polygon where that is exact: one piece without holes whose outline rasterizes to the very mask;
    /// otherwise as runs.
    /// </summary>
    public static Segmentation Describe(RunLengthMask mask)
    {
        if (mask.Area > 0)
        {
            var ring = Trace(mask);
            if (ring.Length >= 6 && RunLengthMask.FromPolygon(ring, mask.Height, mask.Width).ToCompressed() == mask.ToCompressed())
            {
                return new Segmentation.Polygons([ring]);
            }
        }
        return new Segmentation.RunLength(mask);
    }

    // Walks around the piece that holds the first foreground pixel, and notes the corners.
    private static double[] Trace(RunLengthMask mask)
    {
        var pixels = mask.Decode();
        bool Inside(int x, int y) => x >= 0 && y >= 0 && x < mask.Width && y < mask.Height && pixels[(y * mask.Width) + x] != 0;
        var first = Array.IndexOf(pixels, (byte)1);
        var (startX, startY) = (first % mask.Width, first / mask.Width);
        var corners = new List<double>();
        int x = startX, y = startY, direction = 0;
        do
        {
            var (dx, dy) = Directions[direction];
            // The two pixels ahead, to the left and to the right of the walk.
            int leftX = x + (dx + dy - 1 >> 1), leftY = y + (dy - dx - 1 >> 1);
            int rightX = x + (dx - dy - 1 >> 1), rightY = y + (dy + dx - 1 >> 1);
            var turn = !Inside(rightX, rightY) ? 1 : Inside(leftX, leftY) ? 3 : 0;
            if (turn != 0)
            {
                corners.Add(x);
                corners.Add(y);
                direction = (direction + turn) % 4;
                (dx, dy) = Directions[direction];
            }
            x += dx;
            y += dy;
        }
        while ((x, y) != (startX, startY));
        if (corners.Count >= 2 && (corners[0], corners[1]) != (startX, startY))
        {
            corners.Add(startX);
            corners.Add(startY);
        }
        return [.. corners];
    }
}
