using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BoxTeacher.Layers;
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

    /// <summary>What <c>RoiAlign.Apply</c> gives, [M, C, size, size].</summary>
    /// <param name="features">[N, C, H, W], contiguous.</param>
    /// <param name="corners">[M, 4], xyxy in pixels of the input.</param>
    /// <param name="images">The image of each of the M boxes.</param>
    /// <param name="grid">How bins are laid and sampled.</param>
    public static Tensor Of(Tensor features, Tensor corners, long[] images, RoiGrid grid)
    {
        var (values, shape) = (HostValues.Floats(corners), features.shape);
        var ofImage = Enumerable.Range(0, (int)shape[0]).Select(_ => new List<int>()).ToArray();
        foreach (var (box, image) in images.Index())
        {
            ofImage[image].Add(box);
        }

        var boxes = new Boxes(new(values, 1, (int)shape[2], grid), new(values, 0, (int)shape[3], grid), shape, ofImage);
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
            var rows = boxes.Rows.Shares(box, i);
            for (var x = left; x < right; x++)
            {
                Gather(map + top * step + x * Block, step, rows, band + x * Block);
            }

            for (var j = 0; j < boxes.Columns.Bins; j++)
            {
                var (first, end) = boxes.Columns.Span(box, j);
                Gather(band + first * Block, Block, boxes.Columns.Shares(box, j), bins + (i * boxes.Columns.Bins + j) * Block);
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
                Scatter(bins + (i * boxes.Columns.Bins + j) * Block, boxes.Columns.Shares(box, j), band + first * Block, Block);
            }
            var rows = boxes.Rows.Shares(box, i);
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
        var busy = Enumerable.Range(0, boxes.OfImage.Length).Where(image => boxes.OfImage[image].Count > 0).ToArray();
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
    private sealed class Boxes(Axis rows, Axis columns, long[] features, List<int>[] ofImage)
    {
        public Axis Rows => rows;

        public Axis Columns => columns;

        public int Channels { get; } = (int)features[1];

        public int Cells { get; } = (int)(features[2] * features[3]);

        public int Bins { get; } = rows.Bins * columns.Bins;

        public int Count => rows.Count;

        public List<int>[] OfImage => ofImage;
    }

    /// <summary>The shares of one axis, of each bin the cells from the first to the last that count; see <c>RoiAlign.Shares</c>.</summary>
    private sealed class Axis
    {
        private readonly List<float> _shares = [];
        private readonly (int Place, int First, int End)[] _spans;
        private readonly (int First, int End)[] _reach;

        /// <param name="boxes">4 numbers per box.</param>
        /// <param name="axis">0 for x, 1 for y.</param>
        /// <param name="length">Cells.</param>
        /// <param name="grid">How bins are laid and sampled.</param>
        public Axis(float[] boxes, int axis, int length, RoiGrid grid)
        {
            (Count, Bins, Length) = (boxes.Length / 4, grid.Size, length);
            (_spans, _reach) = (new (int, int, int)[Count * Bins], new (int, int)[Count]);
            var shift = grid.Aligned ? 0.5f : 0;
            for (var box = 0; box < Count; box++)
            {
                float Edge(int number) => boxes[4 * box + number] * (float)grid.Scale - shift;
                var (low, high) = (Edge(axis), Edge(axis + 2));
                var bin = (grid.Aligned ? high - low : MathF.Max(high - low, 1)) / Bins;
                var count = !float.IsFinite(bin) ? 0 : grid.SamplingRatio > 0 ? grid.SamplingRatio : (int)MathF.Max(MathF.Ceiling(bin), 0);
                var reach = (First: length, End: 0);
                for (var i = 0; i < Bins; i++)
                {
                    var span = Span(low + i * bin, bin, count);
                    _spans[box * Bins + i] = span;
                    if (span.First < span.End)
                    {
                        reach = (Math.Min(reach.First, span.First), Math.Max(reach.End, span.End));
                    }
                }
                _reach[box] = reach;
            }
        }

        public int Count { get; }

        public int Bins { get; }

        public int Length { get; }

        /// <summary>From the first cell of a bin to behind its last, and how much each counts.</summary>
        public (int First, int End) Span(int box, int bin) => (_spans[box * Bins + bin].First, _spans[box * Bins + bin].End);

        public ReadOnlySpan<float> Shares(int box, int bin)
        {
            var (place, first, end) = _spans[box * Bins + bin];
            return CollectionsMarshal.AsSpan(_shares).Slice(place, end - first);
        }

        /// <summary>From the first cell of any bin to behind the last; empty where there are none.</summary>
        public (int First, int End) Reach(int box) => _reach[box];

        // The samples of one bin, first to find the cells that they touch, then to add up how much each counts.
        private (int Place, int First, int End) Span(float start, float bin, int count)
        {
            var (first, end) = (Length, 0);
            var (from, to) = Near(start, bin, count);
            for (var sample = from; sample < to; sample++)
            {
                if (Inside(start, bin, count, sample) is { } place)
                {
                    (first, end) = (Math.Min(first, (int)place), Math.Max(end, Math.Min((int)place + 2, Length)));
                }
            }

            var offset = _shares.Count;
            if (first >= end)
            {
                return (offset, 0, 0);
            }

            CollectionsMarshal.SetCount(_shares, offset + end - first);
            var shares = CollectionsMarshal.AsSpan(_shares)[offset..];
            shares.Clear();
            for (var sample = from; sample < to; sample++)
            {
                if (Inside(start, bin, count, sample) is { } place)
                {
                    var (cell, fraction) = ((int)place - first, place - (int)place);
                    shares[cell] += 1f / count * (1 - fraction);
                    shares[Math.Min(cell + 1, shares.Length - 1)] += 1f / count * fraction;
                }
            }

            return (offset, first, end);
        }

        // The samples that may be inside, some more for rounding: a box far larger than the map has more than can be looked at.
        private (int From, int To) Near(float start, float bin, int count)
        {
            if (count <= 2 * Length || !(bin > 0))
            {
                return (0, count);
            }

            var step = (double)bin / count;
            var margin = 2 + 1e-6 * Math.Abs((double)start) / step;
            return (At(-1, -margin), At(Length, margin));

            int At(int place, double more) => (int)Math.Clamp((place - (double)start) / step + more, 0, count);
        }

        // Where a sample lies; null if that is more than a cell beyond the map.
        private float? Inside(float start, float bin, int count, int sample)
        {
            var place = start + (sample + 0.5f) * bin / count;
            return place >= -1 && place <= Length ? Math.Clamp(place, 0, Length - 1) : null;
        }
    }
}
