using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// RoIAlign on the CPU in float32. An image's map is read 32 channels at a time, channels last, and of the shares of rows and columns only
/// those that are not 0. Each task has channels of its own, so that gradients are summed in the same order by any number of threads.
/// </summary>
internal sealed unsafe class RoiKernel : autograd.SingleTensorFunction<RoiKernel>
{
    /// <summary>Channels at a time.</summary>
    public const int Block = 32;

    /// <summary>With fewer channels most of a block would be empty.</summary>
    public const int FewestChannels = 8;

    private const int Tile = 16;

    /// <inheritdoc/>
    public override string Name => nameof(RoiKernel);

    /// <summary>What <c>BoxSamples.Of</c> gives, [M, C, h, w].</summary>
    /// <param name="features">[N, C, H, W], contiguous.</param>
    /// <param name="rows">[M, h, H], contiguous.</param>
    /// <param name="columns">[M, w, W], contiguous.</param>
    /// <param name="images">The image of each of the M boxes.</param>
    public static Tensor Of(Tensor features, Tensor rows, Tensor columns, long[] images)
    {
        var boxes = new Boxes(new(rows), new(columns), features.shape, [.. Enumerable.Range(0, (int)features.size(0)).Select(
            image => Enumerable.Range(0, images.Length).Where(box => images[box] == image).ToArray())]);
        return apply(features, boxes);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (features, boxes) = (((Tensor)vars[0]).detach(), (Boxes)vars[1]);
        ctx.save_data(nameof(boxes), boxes);
        var result = empty([boxes.Count, features.size(1), boxes.Rows.Bins, boxes.Columns.Bins], float32, CPU);
        float* source = Pointer(features), target = Pointer(result);
        EachBlock(boxes, (image, first, channels, map, bins, band) =>
        {
            var place = ((long)image * boxes.Channels + first) * boxes.Cells;
            ToLast(source + place, boxes.Cells, channels, map);
            foreach (var box in boxes.OfImage[image])
            {
                Sample(box, boxes, map, bins, band);
                ToFirst(bins, boxes.Bins, channels, target + ((long)box * boxes.Channels + first) * boxes.Bins);
            }
        });
        GC.KeepAlive((features, result));
        features.Dispose();
        return result;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var boxes = (Boxes)ctx.get_data("boxes");
        var given = grad_output.contiguous();
        var result = zeros([boxes.OfImage.Length, boxes.Channels, boxes.Rows.Length, boxes.Columns.Length], float32, CPU);
        float* source = Pointer(given), target = Pointer(result);
        EachBlock(boxes, (image, first, channels, map, bins, band) =>
        {
            NativeMemory.Clear(map, (nuint)boxes.Cells * Block * sizeof(float));
            foreach (var box in boxes.OfImage[image])
            {
                ToLast(source + ((long)box * boxes.Channels + first) * boxes.Bins, boxes.Bins, channels, bins);
                Spread(box, boxes, map, bins, band);
            }
            ToFirst(map, boxes.Cells, channels, target + ((long)image * boxes.Channels + first) * boxes.Cells);
        });
        GC.KeepAlive((given, result));
        return [result.MoveToOuterDisposeScope(), null!];
    }

    // Bins of one box: first the rows' shares, cell by cell of a band as wide as the box, then the columns'.
    private static void Sample(int box, Boxes boxes, float* map, float* bins, float* band)
    {
        var (left, right) = boxes.Columns.Reach(box);
        var step = (long)boxes.Columns.Length * Block;
        for (var i = 0; i < boxes.Rows.Bins; i++)
        {
            var (top, bottom) = boxes.Rows.Span(box, i);
            var rows = boxes.Rows.Shares(box, i)[top..bottom];
            for (var x = left; x < right; x++)
            {
                Gather(map + top * step + x * Block, step, rows, band + x * Block);
            }

            for (var j = 0; j < boxes.Columns.Bins; j++)
            {
                var (first, end) = boxes.Columns.Span(box, j);
                Gather(band + first * Block, Block, boxes.Columns.Shares(box, j)[first..end], bins + (i * boxes.Columns.Bins + j) * Block);
            }
        }
    }

    // The transpose of Sample, added to the map.
    private static void Spread(int box, Boxes boxes, float* map, float* bins, float* band)
    {
        var (left, right) = boxes.Columns.Reach(box);
        var step = (long)boxes.Columns.Length * Block;
        for (var i = 0; i < boxes.Rows.Bins; i++)
        {
            var (top, bottom) = boxes.Rows.Span(box, i);
            if (top >= bottom)
            {
                continue;
            }

            NativeMemory.Clear(band + left * Block, (nuint)Math.Max(0, right - left) * Block * sizeof(float));
            for (var j = 0; j < boxes.Columns.Bins; j++)
            {
                var (first, end) = boxes.Columns.Span(box, j);
                Scatter(bins + (i * boxes.Columns.Bins + j) * Block, boxes.Columns.Shares(box, j)[first..end], band + first * Block, Block);
            }
            var rows = boxes.Rows.Shares(box, i)[top..bottom];
            for (var x = left; x < right; x++)
            {
                Scatter(band + x * Block, rows, map + top * step + x * Block, step);
            }
        }
    }

    // target = sum of shares[k] * source[k * step], a block of channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(float* source, long step, ReadOnlySpan<float> shares, float* target)
    {
        var lanes = Vector<float>.Count;
        for (var c = 0; c < Block; c += 2 * lanes)
        {
            var place = source + c;
            var (low, high) = (Vector<float>.Zero, Vector<float>.Zero);
            foreach (var share in shares)
            {
                var factor = new Vector<float>(share);
                low = Vector.FusedMultiplyAdd(Vector.Load(place), factor, low);
                high = Vector.FusedMultiplyAdd(Vector.Load(place + lanes), factor, high);
                place += step;
            }
            low.Store(target + c);
            high.Store(target + c + lanes);
        }
    }

    // target[k * step] += shares[k] * source, a block of channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter(float* source, ReadOnlySpan<float> shares, float* target, long step)
    {
        var lanes = Vector<float>.Count;
        for (var c = 0; c < Block; c += 2 * lanes)
        {
            var place = target + c;
            var (low, high) = (Vector.Load(source + c), Vector.Load(source + c + lanes));
            foreach (var share in shares)
            {
                var factor = new Vector<float>(share);
                Vector.FusedMultiplyAdd(low, factor, Vector.Load(place)).Store(place);
                Vector.FusedMultiplyAdd(high, factor, Vector.Load(place + lanes)).Store(place + lanes);
                place += step;
            }
        }
    }

    // [channels, count] to [count, 32]; channels that are not there are 0.
    private static void ToLast(float* source, int count, int channels, float* target)
    {
        if (channels < Block)
        {
            NativeMemory.Clear(target, (nuint)count * Block * sizeof(float));
        }

        for (var start = 0; start < count; start += Tile)
        {
            var end = Math.Min(start + Tile, count);
            for (var c = 0; c < channels; c++)
            {
                var from = source + (long)c * count;
                for (var i = start; i < end; i++)
                {
                    target[(long)i * Block + c] = from[i];
                }
            }
        }
    }

    // And back.
    private static void ToFirst(float* source, int count, int channels, float* target)
    {
        for (var start = 0; start < count; start += Tile)
        {
            var end = Math.Min(start + Tile, count);
            for (var c = 0; c < channels; c++)
            {
                var to = target + (long)c * count;
                for (var i = start; i < end; i++)
                {
                    to[i] = source[(long)i * Block + c];
                }
            }
        }
    }

    private static void EachBlock(Boxes boxes, BlockWork work)
    {
        var blocks = (boxes.Channels + Block - 1) / Block;
        var busy = Enumerable.Range(0, boxes.OfImage.Length).Where(image => boxes.OfImage[image].Length > 0).ToArray();
        var (tasks, next) = (busy.Length * blocks, -1);
        var workers = Math.Min(get_num_threads(), tasks);
        void Worker(int worker)
        {
            var sizes = (Map: (long)boxes.Cells * Block, Bins: (long)boxes.Bins * Block, Band: (long)boxes.Columns.Length * Block);
            var room = (float*)NativeMemory.AlignedAlloc((nuint)(sizes.Map + sizes.Bins + sizes.Band) * sizeof(float), 64);
            for (var task = Interlocked.Increment(ref next); task < tasks; task = Interlocked.Increment(ref next))
            {
                var first = task % blocks * Block;
                var (image, channels) = (busy[task / blocks], Math.Min(Block, boxes.Channels - first));
                work(image, first, channels, room, room + sizes.Map, room + sizes.Map + sizes.Bins);
            }
            NativeMemory.AlignedFree(room);
        }

        if (workers == 1)
        {
            Worker(0);
        }
        else if (workers > 1)
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, Worker);
        }
    }

    private static float* Pointer(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>Some channels of an image, with room for them: a map, the bins of a box, a row of cells.</summary>
    private delegate void BlockWork(int image, int first, int channels, float* map, float* bins, float* band);

    /// <summary>What both directions need to know.</summary>
    private sealed class Boxes(Axis rows, Axis columns, long[] features, int[][] ofImage)
    {
        public Axis Rows => rows;

        public Axis Columns => columns;

        public int Channels { get; } = (int)features[1];

        public int Cells { get; } = (int)(features[2] * features[3]);

        public int Bins { get; } = rows.Bins * columns.Bins;

        public int Count => rows.Count;

        public int[][] OfImage => ofImage;
    }

    /// <summary>The shares [M, bins, length] of one axis, and where they are not 0.</summary>
    private sealed class Axis
    {
        private readonly float[] _shares;
        private readonly (int First, int End)[] _spans;
        private readonly (int First, int End)[] _reach;

        public Axis(Tensor shares)
        {
            (Count, Bins, Length) = ((int)shares.size(0), (int)shares.size(1), (int)shares.size(2));
            _shares = HostValues.Floats(shares);
            (_spans, _reach) = (new (int, int)[Count * Bins], new (int, int)[Count]);
            for (var box = 0; box < Count; box++)
            {
                var reach = (First: Length, End: 0);
                for (var bin = 0; bin < Bins; bin++)
                {
                    var values = Shares(box, bin);
                    var first = values.IndexOfAnyExcept(0f);
                    var (from, end) = first < 0 ? (0, 0) : (first, values.LastIndexOfAnyExcept(0f) + 1);
                    _spans[box * Bins + bin] = (from, end);
                    if (first >= 0)
                    {
                        reach = (Math.Min(reach.First, from), Math.Max(reach.End, end));
                    }
                }
                _reach[box] = reach;
            }
        }

        public int Count { get; }

        public int Bins { get; }

        public int Length { get; }

        public ReadOnlySpan<float> Shares(int box, int bin) => _shares.AsSpan((box * Bins + bin) * Length, Length);

        public (int First, int End) Span(int box, int bin) => _spans[box * Bins + bin];

        /// <summary>From the first cell of any bin to behind the last; empty where there are none.</summary>
        public (int First, int End) Reach(int box) => _reach[box];
    }
}
