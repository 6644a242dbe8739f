using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BoxTeacher.Structures;
using static BoxTeacher.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// RoIAlign on the CPU in float32, of all levels of a pyramid at once. An image's map is read 32 channels at a time, channels last, and of
/// the shares of rows and columns only those that are not 0. Each task has channels of its own, so that gradients are summed in the same
/// order by any number of threads.
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
    /// <param name="maps">Each [N, C, H, W], contiguous.</param>
    /// <param name="grids">How bins are laid and sampled on each map; all of one size.</param>
    /// <param name="corners">4M numbers: xyxy in pixels of the input.</param>
    /// <param name="map">The map of each of the M boxes.</param>
    /// <param name="images">The image of each of the M boxes.</param>
    public static Tensor Of(
        IReadOnlyList<Tensor> maps, IReadOnlyList<RoiGrid> grids, float[] corners, ReadOnlySpan<int> map, ReadOnlySpan<long> images) =>
        apply([.. maps, new Boxes([.. maps.Select(level => level.shape)], grids, corners, map, images)]);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var boxes = (Boxes)vars[^1];
        ctx.save_data(nameof(boxes), boxes);
        Tensor[] maps = [.. vars.SkipLast(1).Select(map => ((Tensor)map).detach())];
        var result = empty([boxes.Count, boxes.Channels, boxes.Rows.Bins, boxes.Columns.Bins], float32, CPU);
        var target = (nint)Pointer(result);
        var sources = Array.ConvertAll(maps, map => (nint)Pointer(map));
        EachBlock(boxes, (part, first, channels, map, bins, band) =>
        {
            var place = ((long)part.Image * boxes.Channels + first) * part.Cells;
            ToLast((float*)sources[part.Map] + place, part.Cells, channels, map);
            foreach (var box in part.Boxes)
            {
                Sample(box, boxes, part.Width, map, bins, band);
                ToFirst(bins, boxes.Bins, channels, (float*)target + ((long)box * boxes.Channels + first) * boxes.Bins);
            }
        });
        GC.KeepAlive((maps, result));
        Array.ForEach(maps, map => map.Dispose());
        return result;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var boxes = (Boxes)ctx.get_data("boxes");
        var given = BackwardEnds.Take(scope, [grad_output])[0].contiguous();
        Tensor[] maps = [.. boxes.Shapes.Select((shape, map) =>
            boxes.Parts.Count(part => part.Map == map) == shape[0] ? empty(shape, float32, CPU) : zeros(shape, float32, CPU))];
        var source = (nint)Pointer(given);
        var targets = Array.ConvertAll(maps, map => (nint)Pointer(map));
        EachBlock(boxes, (part, first, channels, map, bins, band) =>
        {
            NativeMemory.Clear(map, (nuint)part.Cells * Block * sizeof(float));
            foreach (var box in part.Boxes)
            {
                ToLast((float*)source + ((long)box * boxes.Channels + first) * boxes.Bins, boxes.Bins, channels, bins);
                Spread(box, boxes, part.Width, map, bins, band);
            }

            var place = ((long)part.Image * boxes.Channels + first) * part.Cells;
            ToFirst(map, part.Cells, channels, (float*)targets[part.Map] + place);
        });
        GC.KeepAlive((given, maps));
        return BackwardEnds.Return([.. maps, null]);
    }

    // Bins of one box: first the rows' shares, cell by cell of a band as wide as the box, then the columns'.
    private static void Sample(int box, Boxes boxes, int width, float* map, float* bins, float* band)
    {
        var rows = boxes.Rows.SpansOf(box);
        var columns = boxes.Columns.SpansOf(box);
        var (left, right) = boxes.Columns.Reach(box);
        var step = (long)width * Block;
        fixed (float* rowShares = boxes.Rows.Shares, columnShares = boxes.Columns.Shares)
        {
            foreach (var row in rows)
            {
                var place = map + row.First * step;
                for (var x = left; x < right; x++)
                {
                    Gather(place + x * Block, step, rowShares + row.Place, row.Count, band + x * Block);
                }

                foreach (var column in columns)
                {
                    Gather(band + column.First * Block, Block, columnShares + column.Place, column.Count, bins);
                    bins += Block;
                }
            }
        }
    }

    // The transpose of Sample, added to the map.
    private static void Spread(int box, Boxes boxes, int width, float* map, float* bins, float* band)
    {
        var rows = boxes.Rows.SpansOf(box);
        var columns = boxes.Columns.SpansOf(box);
        var (left, right) = boxes.Columns.Reach(box);
        var step = (long)width * Block;
        fixed (float* rowShares = boxes.Rows.Shares, columnShares = boxes.Columns.Shares)
        {
            foreach (var row in rows)
            {
                if (row.Count > 0 && left < right)
                {
                    NativeMemory.Clear(band + left * Block, (nuint)(right - left) * Block * sizeof(float));
                    for (var j = 0; j < columns.Length; j++)
                    {
                        var column = columns[j];
                        Scatter(bins + j * Block, columnShares + column.Place, column.Count, band + column.First * Block, Block);
                    }

                    var place = map + row.First * step;
                    for (var x = left; x < right; x++)
                    {
                        Scatter(band + x * Block, rowShares + row.Place, row.Count, place + x * Block, step);
                    }
                }

                bins += columns.Length * Block;
            }
        }
    }

    // target = sum of shares[k] * source[k * step], a block of channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(float* source, long step, float* shares, int count, float* target)
    {
        var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var k = 0; k < count; k++)
        {
            var share = Vector256.Create(shares[k]);
            a = Vector256.FusedMultiplyAdd(Vector256.Load(source), share, a);
            b = Vector256.FusedMultiplyAdd(Vector256.Load(source + 8), share, b);
            c = Vector256.FusedMultiplyAdd(Vector256.Load(source + 16), share, c);
            d = Vector256.FusedMultiplyAdd(Vector256.Load(source + 24), share, d);
            source += step;
        }

        a.Store(target);
        b.Store(target + 8);
        c.Store(target + 16);
        d.Store(target + 24);
    }

    // target[k * step] += shares[k] * source, a block of channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter(float* source, float* shares, int count, float* target, long step)
    {
        var (a, b, c, d) = (Vector256.Load(source), Vector256.Load(source + 8), Vector256.Load(source + 16), Vector256.Load(source + 24));
        for (var k = 0; k < count; k++)
        {
            var share = Vector256.Create(shares[k]);
            Vector256.FusedMultiplyAdd(a, share, Vector256.Load(target)).Store(target);
            Vector256.FusedMultiplyAdd(b, share, Vector256.Load(target + 8)).Store(target + 8);
            Vector256.FusedMultiplyAdd(c, share, Vector256.Load(target + 16)).Store(target + 16);
            Vector256.FusedMultiplyAdd(d, share, Vector256.Load(target + 24)).Store(target + 24);
            target += step;
        }
    }

    // [channels, count] to [count, 32]; channels that are not there are 0.
    private static void ToLast(float* source, int count, int channels, float* target)
    {
        if (channels < Block)
        {
            NativeMemory.Clear(target, (nuint)count * Block * sizeof(float));
        }

        Transpose(source, channels, count, count, target, Block);
    }

    // And back.
    private static void ToFirst(float* source, int count, int channels, float* target) =>
        Transpose(source, count, channels, Block, target, count);

    // [height, width] with rows of so many numbers to [width, height], four by four, some rows of the longer side at a time.
    private static void Transpose(float* source, int height, int width, int from, float* target, int to)
    {
        var (high, wide) = (height & ~3, width & ~3);
        for (var top = 0; top < high; top += Tile)
        {
            for (var x = 0; x < wide; x += 4)
            {
                for (var y = top; y < Math.Min(top + Tile, high); y += 4)
                {
                    Square(source + (long)y * from + x, from, target + (long)x * to + y, to);
                }
            }
        }

        for (var y = 0; y < height; y++)
        {
            for (var x = y < high ? wide : 0; x < width; x++)
            {
                target[(long)x * to + y] = source[(long)y * from + x];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(float* source, long from, float* target, long to)
    {
        var (a, b) = (Vector128.Load(source), Vector128.Load(source + from));
        var (c, d) = (Vector128.Load(source + 2 * from), Vector128.Load(source + 3 * from));
        var turned = Matrix4x4.Transpose(Matrix4x4.Create(a.AsVector4(), b.AsVector4(), c.AsVector4(), d.AsVector4()));
        turned.X.AsVector128().Store(target);
        turned.Y.AsVector128().Store(target + to);
        turned.Z.AsVector128().Store(target + 2 * to);
        turned.W.AsVector128().Store(target + 3 * to);
    }

    private static void EachBlock(Boxes boxes, BlockWork work)
    {
        var blocks = (boxes.Channels + Block - 1) / Block;
        var (tasks, next) = (boxes.Parts.Length * blocks, -1);
        var workers = Math.Min(get_num_threads(), tasks);
        void Worker(int worker)
        {
            var map = boxes.Parts.Max(part => (long)part.Cells) * Block;
            var (bins, band) = ((long)boxes.Bins * Block, boxes.Parts.Max(part => (long)part.Width) * Block);
            var room = (float*)NativeMemory.AlignedAlloc((nuint)(map + bins + band) * sizeof(float), 64);
            for (var task = Interlocked.Increment(ref next); task < tasks; task = Interlocked.Increment(ref next))
            {
                var first = task % blocks * Block;
                work(boxes.Parts[task / blocks], first, Math.Min(Block, boxes.Channels - first), room, room + map, room + map + bins);
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

    /// <summary>Some channels of a part, with room for them: a map, the bins of a box, a row of cells.</summary>
    private delegate void BlockWork(Part part, int first, int channels, float* map, float* bins, float* band);

    /// <summary>The boxes of one image on one map.</summary>
    private sealed record Part(int Map, int Image, int Cells, int Width, int[] Boxes);

    /// <summary>What both directions need to know.</summary>
    private sealed class Boxes
    {
        public Boxes(long[][] shapes, IReadOnlyList<RoiGrid> grids, float[] corners, ReadOnlySpan<int> map, ReadOnlySpan<long> images)
        {
            Shapes = shapes;
            Rows = new(corners, 1, map, [.. shapes.Select(shape => (int)shape[2])], grids);
            Columns = new(corners, 0, map, [.. shapes.Select(shape => (int)shape[3])], grids);
            var lists = new List<int>[shapes.Length * shapes[0][0]];
            for (var box = 0; box < map.Length; box++)
            {
                (lists[map[box] * shapes[0][0] + images[box]] ??= []).Add(box);
            }

            Parts = [.. from entry in lists.Index()
                        where entry.Item is not null
                        let level = entry.Index / (int)shapes[0][0]
                        let shape = shapes[level]
                        select new Part(
                            level, entry.Index % (int)shape[0], (int)(shape[2] * shape[3]), (int)shape[3], [.. entry.Item])];
        }

        public Axis Rows { get; }

        public Axis Columns { get; }

        public long[][] Shapes { get; }

        public Part[] Parts { get; }

        public int Channels => (int)Shapes[0][1];

        public int Bins => Rows.Bins * Columns.Bins;

        public int Count => Rows.Count;
    }

    /// <summary>The cells of a bin that count, and where their shares stand.</summary>
    private readonly record struct Span(int Place, int First, int Count);

    /// <summary>The shares of one axis, of each bin the cells from the first to the last that count; see <c>RoiAlign.Shares</c>.</summary>
    private sealed class Axis
    {
        private readonly Span[] _spans;
        private readonly (int First, int End)[] _reach;
        private float[] _shares;
        private int _used;

        /// <param name="boxes">4 numbers per box.</param>
        /// <param name="axis">0 for x, 1 for y.</param>
        /// <param name="map">Of each box.</param>
        /// <param name="lengths">Cells of each map.</param>
        /// <param name="grids">How bins are laid and sampled on each map.</param>
        public Axis(float[] boxes, int axis, ReadOnlySpan<int> map, int[] lengths, IReadOnlyList<RoiGrid> grids)
        {
            (Count, Bins) = (map.Length, grids[0].Size);
            (_spans, _reach, _shares) = (new Span[Count * Bins], new (int, int)[Count], new float[Count * Bins * 4]);
            for (var box = 0; box < Count; box++)
            {
                var (length, grid) = (lengths[map[box]], grids[map[box]]);
                var (scale, shift) = ((float)grid.Scale, grid.Aligned ? 0.5f : 0);
                var (low, high) = (boxes[4 * box + axis] * scale - shift, boxes[4 * box + axis + 2] * scale - shift);
                var bin = (grid.Aligned ? high - low : MathF.Max(high - low, 1)) / Bins;
                var count = !float.IsFinite(bin) ? 0 : grid.SamplingRatio > 0 ? grid.SamplingRatio : (int)MathF.Max(MathF.Ceiling(bin), 0);
                var reach = (First: length, End: 0);
                for (var i = 0; i < Bins; i++)
                {
                    var span = Add(low + i * bin, bin, count, length);
                    _spans[box * Bins + i] = span;
                    if (span.Count > 0)
                    {
                        reach = (Math.Min(reach.First, span.First), Math.Max(reach.End, span.First + span.Count));
                    }
                }

                _reach[box] = reach;
            }
        }

        public int Count { get; }

        public int Bins { get; }

        public float[] Shares => _shares;

        /// <summary>Of each bin the cells that count.</summary>
        public ReadOnlySpan<Span> SpansOf(int box) => _spans.AsSpan(box * Bins, Bins);

        /// <summary>From the first cell of any bin to behind the last; empty where there are none.</summary>
        public (int First, int End) Reach(int box) => _reach[box];

        // The samples of one bin go one way: its cells lie between those of the first and the last that count.
        private Span Add(float start, float bin, int count, int length)
        {
            var (from, to) = Near(start, bin, count, length);
            var (one, last) = (from, to - 1);
            while (one <= last && !IsInside(Place(start, bin, count, one), length))
            {
                one++;
            }

            while (last > one && !IsInside(Place(start, bin, count, last), length))
            {
                last--;
            }

            if (one > last)
            {
                return default;
            }

            var (low, high) = (Cell(Place(start, bin, count, one), length), Cell(Place(start, bin, count, last), length));
            var first = (int)MathF.Min(low, high);
            var cells = Math.Min((int)MathF.Max(low, high) + 2, length) - first;
            if (_used + cells > _shares.Length)
            {
                Array.Resize(ref _shares, 2 * (_used + cells));
            }

            var shares = _shares.AsSpan(_used, cells);
            var share = 1f / count;
            for (var sample = one; sample <= last; sample++)
            {
                var place = Cell(Place(start, bin, count, sample), length);
                var (cell, fraction) = ((int)place - first, place - (int)place);
                shares[cell] += share * (1 - fraction);
                shares[Math.Min(cell + 1, cells - 1)] += share * fraction;
            }

            _used += cells;
            return new Span(_used - cells, first, cells);
        }

        private static float Place(float start, float bin, int count, int sample) => start + (sample + 0.5f) * bin / count;

        // Not more than a cell beyond the map.
        private static bool IsInside(float place, int length) => place >= -1 && place <= length;

        private static float Cell(float place, int length) => Math.Clamp(place, 0, length - 1);

        // The samples that may be inside, some more for rounding: a box far larger than the map has more than can be looked at.
        private static (int From, int To) Near(float start, float bin, int count, int length)
        {
            if (count <= 2 * length || !(bin > 0))
            {
                return (0, count);
            }

            var step = (double)bin / count;
            var margin = 2 + 1e-6 * Math.Abs((double)start) / step;
            return (At(-1, -margin), At(length, margin));

            int At(int place, double more) => (int)Math.Clamp((place - (double)start) / step + more, 0, count);
        }
    }
}
