using System.Numerics;
using System.Runtime.InteropServices;
using BoxTeacher.Structures;
using static BoxTeacher.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>Masks on the CPU in float32, one pass each.</summary>
internal static unsafe class MaskKernels
{
    /// <summary>
    /// Aligned enlargement, removal of the padding and bilinear resize. All three are separable, and together an output row is a
    /// weighted sum of at most three rows of the mask: nothing of the padded input's size is ever written.
    /// </summary>
    /// <param name="masks">[n,1,h,w] over the padded input, contiguous.</param>
    /// <param name="network">Size of the input without padding.</param>
    /// <param name="output">Size to give.</param>
    /// <param name="factor">Input pixels per cell.</param>
    /// <returns>[n,H,W].</returns>
    public static Tensor Resize(Tensor masks, ImageSize network, ImageSize output, int factor)
    {
        var (count, height, width) = ((int)masks.size(0), (int)masks.size(2), (int)masks.size(3));
        var rows = AxisTaps.Of(height, factor, network.Height, output.Height);
        var columns = AxisTaps.Of(width, factor, network.Width, output.Width);
        var result = empty(count, output.Height, output.Width, float32, CPU);
        float* source = Pointer(masks), target = Pointer(result);
        void One(int mask) => Draw(source + (long)mask * height * width, height, width, rows, columns, target + mask * output.Area, output);
        if (get_num_threads() == 1 || count < 2)
        {
            for (var mask = 0; mask < count; mask++)
            {
                One(mask);
            }
        }
        else
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, One);
        }

        GC.KeepAlive((masks, result));
        return result;
    }

    /// <summary>sum p[p>t] / (#{p>t} + 1e-6) of contiguous masks [n,H,W]: [n].</summary>
    public static Tensor Quality(Tensor masks, float threshold)
    {
        var pixels = masks.size(1) * masks.size(2);
        var result = new float[masks.size(0)];
        var values = Pointer(masks);
        for (var mask = 0; mask < result.Length; mask++)
        {
            var (sum, count) = (0.0, 0L);
            var end = values + pixels;
            while (values < end)
            {
                // Partial sums of a few thousand pixels keep their digits in float32.
                var (partial, found) = Foreground(values, Math.Min(4096, end - values), threshold);
                (sum, count) = (sum + partial, count + found);
                values += Math.Min(4096, end - values);
            }
            result[mask] = (float)(sum / (count + 1e-6));
        }
        GC.KeepAlive(masks);
        return tensor(result, [result.Length], device: CPU);
    }

    private static (float Sum, long Count) Foreground(float* values, long count, float threshold)
    {
        var (sums, counts, limit) = (Vector<float>.Zero, Vector<int>.Zero, new Vector<float>(threshold));
        long i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            var value = Vector.Load(values + i);
            var above = Vector.GreaterThan(value, limit);
            sums += Vector.ConditionalSelect(above, value, Vector<float>.Zero);
            counts -= above;
        }
        var (sum, found) = (Vector.Sum(sums), (long)Vector.Sum(counts));
        for (; i < count; i++)
        {
            if (values[i] > threshold)
            {
                (sum, found) = (sum + values[i], found + 1);
            }
        }

        return (sum, found);
    }

    private static void Draw(float* source, int height, int width, AxisTaps rows, AxisTaps columns, float* target, ImageSize output)
    {
        // Wide rows of the coarse mask, made when first needed: rows beyond the image's padding never are.
        var wide = (float*)NativeMemory.Alloc((nuint)height * (nuint)output.Width * sizeof(float));
        var ready = -1;
        for (var row = 0; row < output.Height; row++)
        {
            var (a, b, c) = rows.Sources(row);
            for (; ready < c; ready++)
            {
                Widen(source + (ready + 1) * width, columns, wide + (long)(ready + 1) * output.Width);
            }

            var (u, v, w) = rows.Weights(row);
            Mix(wide + (long)a * output.Width, wide + (long)b * output.Width, wide + (long)c * output.Width, u, v, w,
                target + (long)row * output.Width, output.Width);
        }
        NativeMemory.Free(wide);
    }

    private static void Widen(float* source, AxisTaps columns, float* target)
    {
        for (var x = 0; x < columns.Count; x++)
        {
            var (a, b, c) = columns.Sources(x);
            var (u, v, w) = columns.Weights(x);
            target[x] = u * source[a] + v * source[b] + w * source[c];
        }
    }

    private static void Mix(float* a, float* b, float* c, float u, float v, float w, float* target, int count)
    {
        var x = 0;
        for (; x + Vector<float>.Count <= count; x += Vector<float>.Count)
        {
            (Vector.Load(a + x) * u + Vector.Load(b + x) * v + Vector.Load(c + x) * w).Store(target + x);
        }

        for (; x < count; x++)
        {
            target[x] = a[x] * u + b[x] * v + c[x] * w;
        }
    }

    /// <summary>Per output position up to three neighboring cells of the coarse axis, ascending, and their weights.</summary>
    private sealed class AxisTaps(int count)
    {
        private readonly (int, int, int)[] _sources = new (int, int, int)[count];
        private readonly (float, float, float)[] _weights = new (float, float, float)[count];

        public int Count => count;

        public (int First, int Second, int Third) Sources(int position) => _sources[position];

        public (float First, float Second, float Third) Weights(int position) => _weights[position];

        public static AxisTaps Of(int coarse, int factor, int network, int output)
        {
            var taps = new AxisTaps(output);
            var weights = new double[3];
            for (var i = 0; i < output; i++)
            {
                // Bilinear resize with half-pixel centers reads the enlarged axis at j and j + 1.
                var place = network == output ? i : Math.Max((i + 0.5) * network / output - 0.5, 0);
                var j = Math.Min((int)place, network - 1);
                var first = CellOf(j, factor, coarse).Cell;
                Array.Clear(weights);
                Add(j, 1 - (place - j));
                Add(Math.Min(j + 1, network - 1), place - j);
                taps._sources[i] = (first, Math.Min(first + 1, coarse - 1), Math.Min(first + 2, coarse - 1));
                taps._weights[i] = ((float)weights[0], (float)weights[1], (float)weights[2]);

                void Add(int position, double weight)
                {
                    var (cell, fraction) = CellOf(position, factor, coarse);
                    weights[cell - first] += weight * (1 - fraction);
                    if (fraction > 0)
                    {
                        weights[Math.Min(cell + 1, coarse - 1) - first] += weight * fraction;
                    }
                }
            }
            return taps;
        }

        // Where a position of the enlarged axis lies on the coarse one: a cell and the way to the next.
        private static (int Cell, double Fraction) CellOf(int position, int factor, int coarse)
        {
            var place = Math.Clamp((position - factor / 2) / (double)factor, 0, coarse - 1);
            return ((int)place, place - (int)place);
        }
    }
}
