using System.Numerics;

namespace BoxTeacher.Layers;

/// <summary>
/// Small dense layers over a block of pixels: matrices of a few rows and columns times [columns, <see cref="Pixels"/>].
/// Far too small for a library's matrix product, but together the bulk of a dynamic mask head.
/// </summary>
internal static unsafe class PixelProducts
{
    /// <summary>Pixels in a block, a multiple of four vectors on every processor. Rows of a block lie this far apart.</summary>
    public const int Pixels = 128;

    private static readonly int Lanes = Vector<float>.Count;

    /// <summary>output[r] = start[r] + sum_c weight[r*rowStep + c*columnStep] * input[c], for every pixel.</summary>
    /// <param name="weight">The matrix; its steps also express a transposed one.</param>
    /// <param name="rowStep">Distance of its rows.</param>
    /// <param name="columnStep">Distance of its columns.</param>
    /// <param name="start">One number per row; null adds to what is in the output.</param>
    /// <param name="input">[columns, Pixels].</param>
    /// <param name="output">[rows, Pixels].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static void Multiply(float* weight, int rowStep, int columnStep, float* start, float* input, float* output, int rows, int columns)
    {
        var row = 0;
        for (; row + 1 < rows; row += 2)
            TwoRows(weight + row * rowStep, rowStep, columnStep, start is null ? null : start + row, input, output + row * Pixels, columns);
        if (row < rows)
            OneRow(weight + row * rowStep, columnStep, start is null ? null : start + row, input, output + row * Pixels, columns);
    }

    /// <summary>weight[r,c] += sum over pixels of gradient[r] * input[c], bias[r] += sum over pixels of gradient[r].</summary>
    public static void AddWeightGradient(float* gradient, float* input, float* weight, float* bias, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            var sum = Vector<float>.Zero;
            for (var p = 0; p < Pixels; p += Lanes)
                sum += Vector.Load(gradient + row * Pixels + p);
            bias[row] += Vector.Sum(sum);
        }
        for (var row = 0; row < rows; row += 2)
            for (var column = 0; column < columns; column += 2)
            {
                // At an odd end the pair is the same row or column twice; its sums are then not used.
                var (nextRow, nextColumn) = (Math.Min(row + 1, rows - 1), Math.Min(column + 1, columns - 1));
                float* g0 = gradient + row * Pixels, g1 = gradient + nextRow * Pixels;
                float* x0 = input + column * Pixels, x1 = input + nextColumn * Pixels;
                Vector<float> s00 = default, s01 = default, s10 = default, s11 = default;
                for (var p = 0; p < Pixels; p += Lanes)
                {
                    var (a, b) = (Vector.Load(g0 + p), Vector.Load(g1 + p));
                    var (x, y) = (Vector.Load(x0 + p), Vector.Load(x1 + p));
                    s00 = Vector.FusedMultiplyAdd(a, x, s00);
                    s01 = Vector.FusedMultiplyAdd(a, y, s01);
                    s10 = Vector.FusedMultiplyAdd(b, x, s10);
                    s11 = Vector.FusedMultiplyAdd(b, y, s11);
                }
                weight[row * columns + column] += Vector.Sum(s00);
                if (nextColumn > column)
                    weight[row * columns + nextColumn] += Vector.Sum(s01);
                if (nextRow == row)
                    continue;
                weight[nextRow * columns + column] += Vector.Sum(s10);
                if (nextColumn > column)
                    weight[nextRow * columns + nextColumn] += Vector.Sum(s11);
            }
    }

    /// <summary>values = max(values, 0) for a number of rows.</summary>
    public static void Rectify(float* values, int rows)
    {
        for (var p = 0; p < rows * Pixels; p += Lanes)
            Vector.Max(Vector.Load(values + p), Vector<float>.Zero).Store(values + p);
    }

    /// <summary>gradient = 0 wherever the rectified value is 0.</summary>
    public static void MaskGradient(float* gradient, float* rectified, int rows)
    {
        for (var p = 0; p < rows * Pixels; p += Lanes)
        {
            var active = Vector.GreaterThan(Vector.Load(rectified + p), Vector<float>.Zero);
            Vector.ConditionalSelect(active, Vector.Load(gradient + p), Vector<float>.Zero).Store(gradient + p);
        }
    }

    private static void TwoRows(float* weight, int rowStep, int columnStep, float* start, float* input, float* output, int columns)
    {
        for (var p = 0; p < Pixels; p += 4 * Lanes)
        {
            float* first = output + p, second = output + Pixels + p;
            Vector<float> a0, a1, a2, a3, b0, b1, b2, b3;
            if (start is null)
            {
                (a0, a1, a2, a3) = (Vector.Load(first), Vector.Load(first + Lanes), Vector.Load(first + 2 * Lanes), Vector.Load(first + 3 * Lanes));
                (b0, b1, b2, b3) = (Vector.Load(second), Vector.Load(second + Lanes), Vector.Load(second + 2 * Lanes), Vector.Load(second + 3 * Lanes));
            }
            else
            {
                a0 = a1 = a2 = a3 = new Vector<float>(start[0]);
                b0 = b1 = b2 = b3 = new Vector<float>(start[1]);
            }
            var x = input + p;
            var w = weight;
            for (var column = 0; column < columns; column++, x += Pixels, w += columnStep)
            {
                var (u, v) = (new Vector<float>(w[0]), new Vector<float>(w[rowStep]));
                var (x0, x1, x2, x3) = (Vector.Load(x), Vector.Load(x + Lanes), Vector.Load(x + 2 * Lanes), Vector.Load(x + 3 * Lanes));
                a0 = Vector.FusedMultiplyAdd(u, x0, a0);
                a1 = Vector.FusedMultiplyAdd(u, x1, a1);
                a2 = Vector.FusedMultiplyAdd(u, x2, a2);
                a3 = Vector.FusedMultiplyAdd(u, x3, a3);
                b0 = Vector.FusedMultiplyAdd(v, x0, b0);
                b1 = Vector.FusedMultiplyAdd(v, x1, b1);
                b2 = Vector.FusedMultiplyAdd(v, x2, b2);
                b3 = Vector.FusedMultiplyAdd(v, x3, b3);
            }
            a0.Store(first);
            a1.Store(first + Lanes);
            a2.Store(first + 2 * Lanes);
            a3.Store(first + 3 * Lanes);
            b0.Store(second);
            b1.Store(second + Lanes);
            b2.Store(second + 2 * Lanes);
            b3.Store(second + 3 * Lanes);
        }
    }

    private static void OneRow(float* weight, int columnStep, float* start, float* input, float* output, int columns)
    {
        for (var p = 0; p < Pixels; p += 4 * Lanes)
        {
            var target = output + p;
            Vector<float> a0, a1, a2, a3;
            if (start is null)
                (a0, a1, a2, a3) = (Vector.Load(target), Vector.Load(target + Lanes), Vector.Load(target + 2 * Lanes), Vector.Load(target + 3 * Lanes));
            else
                a0 = a1 = a2 = a3 = new Vector<float>(start[0]);
            var x = input + p;
            var w = weight;
            for (var column = 0; column < columns; column++, x += Pixels, w += columnStep)
            {
                var u = new Vector<float>(w[0]);
                a0 = Vector.FusedMultiplyAdd(u, Vector.Load(x), a0);
                a1 = Vector.FusedMultiplyAdd(u, Vector.Load(x + Lanes), a1);
                a2 = Vector.FusedMultiplyAdd(u, Vector.Load(x + 2 * Lanes), a2);
                a3 = Vector.FusedMultiplyAdd(u, Vector.Load(x + 3 * Lanes), a3);
            }
            a0.Store(target);
            a1.Store(target + Lanes);
            a2.Store(target + 2 * Lanes);
            a3.Store(target + 3 * Lanes);
        }
    }
}
