using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace BoxTeacher.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016, section 4.3), on values with the channels last: a tile
/// of 6x6 inputs is V = Bᵀ d B, a kernel U = G g Gᵀ, a tile of 4x4 outputs Y = Aᵀ M A with M = V U summed over the input channels.
/// Each of the 36 coefficients of all tiles is a plane [tiles, channels] of its own, so that the sums are 36 products of matrices.
/// </summary>
internal static unsafe class WinogradTransforms
{
    /// <summary>Channels at a time; a count of channels is a multiple of it.</summary>
    public const int Lanes = 16;

    /// <summary>Coefficients of a tile or a kernel.</summary>
    public const int Coefficients = 36;

    private const int Side = 6;

    /// <summary>V of some tiles of a map: the map's border is padded by zeros.</summary>
    /// <param name="map">What is convolved.</param>
    /// <param name="first">The first tile, which goes to the beginning of <paramref name="target"/>.</param>
    /// <param name="end">Behind the last one.</param>
    /// <param name="target">[36, tiles, C].</param>
    /// <param name="plane">Numbers from one coefficient to the next.</param>
    public static void Input(WinogradMap map, int first, int end, float* target, long plane)
    {
        var channels = map.Channels;
        var room = stackalloc float[Coefficients * Lanes];
        for (var tile = first; tile < end; tile++)
        {
            var (image, top, left) = map.Place(tile);
            (top, left) = (top - 1, left - 1);
            var isInside = top >= 0 && left >= 0 && top + Side <= map.Height && left + Side <= map.Width;
            for (var c = 0; c < channels; c += Lanes)
            {
                var source = map.Values + (((long)image * map.Height + top) * map.Width + left) * channels + c;
                for (var x = 0; x < Side; x++)
                {
                    InputLine(
                        At(0, x), At(1, x), At(2, x), At(3, x), At(4, x), At(5, x), room + x * Lanes, Side * Lanes);
                }

                var result = target + (long)(tile - first) * channels + c;
                for (var y = 0; y < Side; y++)
                {
                    var line = room + y * Side * Lanes;
                    InputLine(
                        Vector512.Load(line), Vector512.Load(line + Lanes), Vector512.Load(line + 2 * Lanes),
                        Vector512.Load(line + 3 * Lanes), Vector512.Load(line + 4 * Lanes), Vector512.Load(line + 5 * Lanes),
                        result + y * Side * plane, plane);
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                Lane At(int y, int x) =>
                    isInside || ((uint)(top + y) < (uint)map.Height && (uint)(left + x) < (uint)map.Width)
                        ? Vector512.Load(source + ((long)y * map.Width + x) * channels)
                        : Lane.Zero;
            }
        }
    }

    /// <summary>Y of some tiles, with the bias added; what lies beyond the map's border is left out.</summary>
    /// <param name="source">M, [36, tiles, O].</param>
    /// <param name="plane">Numbers from one coefficient to the next.</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="map">Where the outputs go.</param>
    /// <param name="first">The first tile, which lies at the beginning of <paramref name="source"/>.</param>
    /// <param name="end">Behind the last one.</param>
    public static void Output(float* source, long plane, float* bias, WinogradMap map, int first, int end)
    {
        var channels = map.Channels;
        var room = stackalloc float[4 * Side * Lanes];
        for (var tile = first; tile < end; tile++)
        {
            var (image, top, left) = map.Place(tile);
            var (rows, columns) = (Math.Min(4, map.Height - top), Math.Min(4, map.Width - left));
            for (var c = 0; c < channels; c += Lanes)
            {
                var coefficient = source + (long)(tile - first) * channels + c;
                for (var x = 0; x < Side; x++)
                {
                    OutputLine(coefficient + x * plane, Side * plane, Lane.Zero, room + x * Lanes, Side * Lanes, 4);
                }

                var shift = bias == null ? Lane.Zero : Vector512.Load(bias + c);
                var target = map.Values + (((long)image * map.Height + top) * map.Width + left) * channels + c;
                for (var y = 0; y < rows; y++)
                {
                    OutputLine(room + y * Side * Lanes, Lanes, shift, target + (long)y * map.Width * channels, channels, columns);
                }
            }
        }
    }

    /// <summary>The transpose of <see cref="Output"/>, from the outputs' gradient to that of M, without the bias: A dY Aᵀ.</summary>
    public static void OutputGradient(WinogradMap map, int first, int end, float* target, long plane)
    {
        var channels = map.Channels;
        var room = stackalloc float[4 * Side * Lanes];
        for (var tile = first; tile < end; tile++)
        {
            var (image, top, left) = map.Place(tile);
            for (var c = 0; c < channels; c += Lanes)
            {
                var source = map.Values + (((long)image * map.Height + top) * map.Width + left) * channels + c;
                for (var x = 0; x < 4; x++)
                {
                    GradientLine(At(0, x), At(1, x), At(2, x), At(3, x), room + x * Lanes, 4 * Lanes);
                }

                var result = target + (long)(tile - first) * channels + c;
                for (var y = 0; y < Side; y++)
                {
                    var line = room + y * 4 * Lanes;
                    GradientLine(
                        Vector512.Load(line), Vector512.Load(line + Lanes), Vector512.Load(line + 2 * Lanes),
                        Vector512.Load(line + 3 * Lanes), result + y * Side * plane, plane);
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                Lane At(int y, int x) => top + y < map.Height && left + x < map.Width
                    ? Vector512.Load(source + ((long)y * map.Width + x) * channels)
                    : Lane.Zero;
            }
        }
    }

    /// <summary>U of some output channels.</summary>
    /// <param name="weight">[O, C, 3, 3].</param>
    /// <param name="channels">C.</param>
    /// <param name="first">The first output channel.</param>
    /// <param name="end">Behind the last one.</param>
    /// <param name="isTurned">Whether the kernels are turned by 180 degrees, as the gradient of the input wants them.</param>
    /// <param name="target">[36, O, C].</param>
    /// <param name="plane">O times C.</param>
    public static void Weights(float* weight, int channels, int first, int end, bool isTurned, float* target, long plane)
    {
        var taps = stackalloc float[9 * Lanes];
        var room = stackalloc float[3 * Side * Lanes];
        for (var o = first; o < end; o++)
        {
            for (var c = 0; c < channels; c += Lanes)
            {
                var source = weight + ((long)o * channels + c) * 9;
                for (var lane = 0; lane < Lanes; lane++)
                {
                    for (var tap = 0; tap < 9; tap++)
                    {
                        taps[(isTurned ? 8 - tap : tap) * Lanes + lane] = source[9 * lane + tap];
                    }
                }

                for (var x = 0; x < 3; x++)
                {
                    WeightLine(taps + x * Lanes, 3 * Lanes, room + x * Lanes, 3 * Lanes);
                }

                var result = target + (long)o * channels + c;
                for (var y = 0; y < Side; y++)
                {
                    WeightLine(room + y * 3 * Lanes, Lanes, result + y * Side * plane, plane);
                }
            }
        }
    }

    /// <summary>The transpose of <see cref="Weights"/>, from the gradient of U to that of the kernels: Gᵀ dU G.</summary>
    public static void WeightsGradient(float* source, long plane, int channels, int first, int end, float* target)
    {
        var taps = stackalloc float[9 * Lanes];
        var room = stackalloc float[3 * Side * Lanes];
        for (var o = first; o < end; o++)
        {
            for (var c = 0; c < channels; c += Lanes)
            {
                var coefficient = source + (long)o * channels + c;
                for (var x = 0; x < Side; x++)
                {
                    TapLine(coefficient + x * plane, Side * plane, room + x * Lanes, Side * Lanes);
                }

                for (var y = 0; y < 3; y++)
                {
                    TapLine(room + y * Side * Lanes, Lanes, taps + y * 3 * Lanes, Lanes);
                }

                var result = target + ((long)o * channels + c) * 9;
                for (var lane = 0; lane < Lanes; lane++)
                {
                    for (var tap = 0; tap < 9; tap++)
                    {
                        result[9 * lane + tap] = taps[tap * Lanes + lane];
                    }
                }
            }
        }
    }

    // Bᵀ, six numbers to six.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(Lane d0, Lane d1, Lane d2, Lane d3, Lane d4, Lane d5, float* target, long step)
    {
        (d0 * 4 - d2 * 5 + d4).Store(target);
        var (even, odd) = (d4 - d2 * 4, d3 - d1 * 4);
        (even + odd).Store(target + step);
        (even - odd).Store(target + 2 * step);
        (even, odd) = (d4 - d2, (d3 - d1) * 2);
        (even + odd).Store(target + 3 * step);
        (even - odd).Store(target + 4 * step);
        (d1 * 4 - d3 * 5 + d5).Store(target + 5 * step);
    }

    // Aᵀ, six numbers to four, of which the first so many are stored.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputLine(float* source, long step, Lane shift, float* target, long to, int count)
    {
        var (m1, m2) = (Vector512.Load(source + step), Vector512.Load(source + 2 * step));
        var (m3, m4) = (Vector512.Load(source + 3 * step), Vector512.Load(source + 4 * step));
        var (sum, difference) = (m1 + m2, m1 - m2);
        var (further, apart) = (m3 + m4, m3 - m4);
        (Vector512.Load(source) + sum + further + shift).Store(target);
        if (count > 1)
        {
            (difference + apart * 2 + shift).Store(target + to);
        }

        if (count > 2)
        {
            (sum + further * 4 + shift).Store(target + 2 * to);
        }

        if (count > 3)
        {
            (difference + apart * 8 + Vector512.Load(source + 5 * step) + shift).Store(target + 3 * to);
        }
    }

    // A, four numbers to six.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GradientLine(Lane y0, Lane y1, Lane y2, Lane y3, float* target, long step)
    {
        y0.Store(target);
        var (even, odd) = (y0 + y2, y1 + y3);
        (even + odd).Store(target + step);
        (even - odd).Store(target + 2 * step);
        (even, odd) = (y0 + y2 * 4, y1 * 2 + y3 * 8);
        (even + odd).Store(target + 3 * step);
        (even - odd).Store(target + 4 * step);
        y3.Store(target + 5 * step);
    }

    // G, three numbers to six.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WeightLine(float* source, long step, float* target, long to)
    {
        var (g0, g1, g2) = (Vector512.Load(source), Vector512.Load(source + step), Vector512.Load(source + 2 * step));
        (g0 * (1 / 4f)).Store(target);
        var (even, odd) = ((g0 + g2) * (-1 / 6f), g1 * (-1 / 6f));
        (even + odd).Store(target + to);
        (even - odd).Store(target + 2 * to);
        (even, odd) = (g0 * (1 / 24f) + g2 * (1 / 6f), g1 * (1 / 12f));
        (even + odd).Store(target + 3 * to);
        (even - odd).Store(target + 4 * to);
        g2.Store(target + 5 * to);
    }

    // Gᵀ, six numbers to three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TapLine(float* source, long step, float* target, long to)
    {
        var (u1, u2) = (Vector512.Load(source + step), Vector512.Load(source + 2 * step));
        var (u3, u4) = (Vector512.Load(source + 3 * step), Vector512.Load(source + 4 * step));
        var (near, far) = (u1 + u2, u3 + u4);
        (Vector512.Load(source) * (1 / 4f) - near * (1 / 6f) + far * (1 / 24f)).Store(target);
        ((u2 - u1) * (1 / 6f) + (u3 - u4) * (1 / 12f)).Store(target + to);
        (far * (1 / 6f) - near * (1 / 6f) + Vector512.Load(source + 5 * step)).Store(target + 2 * to);
    }
}

/// <summary>A feature map with the channels last, cut into tiles of 4x4 pixels: image after image, row after row.</summary>
/// <param name="Address">Where its numbers [N, H, W, C] begin.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Channels">C.</param>
internal readonly unsafe record struct WinogradMap(nint Address, int Images, int Height, int Width, int Channels)
{
    public float* Values => (float*)Address;

    public int Tiles => Images * Rows * Columns;

    private int Rows => (Height + 3) / 4;

    private int Columns => (Width + 3) / 4;

    /// <summary>The image and the upper left pixel of a tile.</summary>
    public (int Image, int Top, int Left) Place(int tile)
    {
        var (line, column) = Math.DivRem(tile, Columns);
        var (image, row) = Math.DivRem(line, Rows);
        return (image, 4 * row, 4 * column);
    }
}
