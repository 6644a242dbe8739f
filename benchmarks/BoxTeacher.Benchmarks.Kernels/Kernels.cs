using BoxTeacher.Detectors;
using BoxTeacher.Kernels;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks.Kernels;

/// <summary>The sizes at which kernels are measured.</summary>
public enum Scale
{
    /// <summary>Eight scenes of 128 pixels.</summary>
    Scenes,

    /// <summary>Two photos of 800 x 1088 pixels.</summary>
    Photos,
}

/// <summary>Common to all: the number of threads and the size.</summary>
public abstract class KernelBenchmark
{
    [Params(1, 2)]
    public int Threads { get; set; }

    [Params(Scale.Scenes, Scale.Photos)]
    public Scale Scale { get; set; }

    protected int Images => Scale == Scale.Scenes ? 8 : 2;

    protected (int Height, int Width) Pixels => Scale == Scale.Scenes ? (128, 128) : (800, 1088);

    [GlobalSetup]
    public void SetUp()
    {
        set_num_threads(Threads);
        random.manual_seed(1);
        Prepare();
    }

    protected abstract void Prepare();

    /// <summary>Forward and backward of a function, everything freed.</summary>
    protected static void Train(Func<Tensor> forward, params Tensor[] learned)
    {
        using var scope = NewDisposeScope();
        forward().sum().backward();
        foreach (var tensor in learned)
        {
            tensor.grad = null;
        }
    }
}

/// <summary>PairKernel: the pairwise term of 64 masks on 16 boxes, two sets of weights.</summary>
public class Pairs : KernelBenchmark
{
    private readonly PixelPairs pairs = new();
    private Tensor logits = null!, weights = null!;
    private InstanceGroup[] groups = null!;

    protected override void Prepare()
    {
        var (height, width) = (Pixels.Height / 4, Pixels.Width / 4);
        logits = randn(64, height, width);
        weights = rand([2, 16, pairs.Count, height, width]);
        groups = [.. Enumerable.Range(0, 16).Select(box => new InstanceGroup(box, 4 * box, 4, new PixelRegion(height / 4, width / 4, height / 3, width / 3)))];
    }

    [Benchmark(Baseline = true)]
    public void Plain()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        PairOperators.Evaluate(logits, weights, groups, pairs);
    }

    [Benchmark]
    public void Kernel()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        new PairKernel(pairs).Evaluate(logits, weights, groups);
    }

    /// <summary>The formula itself on whole maps, with autograd.</summary>
    [Benchmark]
    public void Formula()
    {
        using var scope = NewDisposeScope();
        var x = logits.detach().requires_grad_();
        var boxes = arange(64).div(4, RoundingMode.floor);
        var loss = PairwiseAffinity.PerPair(x, pairs);
        (loss * weights[0].index_select(0, boxes) + loss * weights[1].index_select(0, boxes)).sum().backward();
    }
}

/// <summary>MaskKernels.Resize and Quality: 20 masks at the size of the image, a few at a time.</summary>
public class MaskResize : KernelBenchmark
{
    private Tensor masks = null!;
    private Structures.ImageSize network, output;

    protected override void Prepare()
    {
        masks = rand(20, 1, Pixels.Height / 4, Pixels.Width / 4);
        network = new(Pixels.Height, Pixels.Width);
        output = new((int)(Pixels.Height * 0.8), (int)(Pixels.Width * 0.8));
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Each(mask =>
    {
        var full = F.interpolate(AlignedBilinear.Upsample(mask, 4), [output.Height, output.Width], null, InterpolationMode.Bilinear, align_corners: false);
        var foreground = (full > 0.5).to(float32);
        ((full * foreground).sum([1, 2, 3]) / (foreground.sum([1, 2, 3]) + 1e-6)).Dispose();
    });

    [Benchmark]
    public void Kernel() => Each(mask => MaskKernels.Quality(MaskKernels.Resize(mask, network, output, 4), 0.5f));

    private void Each(Action<Tensor> work)
    {
        using var gradients = no_grad();
        for (var i = 0; i < masks.size(0); i++)
        {
            using var scope = NewDisposeScope();
            work(masks.narrow(0, i, 1));
        }
    }
}

/// <summary>AlignedBilinear: enlargement by two of a mask branch's features and of logits.</summary>
public class Enlargement : KernelBenchmark
{
    private Tensor maps = null!;

    [Params(2, 4)]
    public int Factor { get; set; }

    protected override void Prepare() => maps = randn(64, 1, Pixels.Height / 8, Pixels.Width / 8).requires_grad_();

    /// <summary>As published: replicated padding, bilinear resize with aligned corners, cut.</summary>
    [Benchmark(Baseline = true)]
    public void Plain() => Train(
        () =>
        {
            var (height, width) = (maps.size(2), maps.size(3));
            var padded = F.pad(maps, (0, 1, 0, 1), PaddingModes.Replicate);
            var large = F.interpolate(padded, [Factor * height + 1, Factor * width + 1], null, InterpolationMode.Bilinear, align_corners: true);
            return F.pad(large, (Factor / 2, 0, Factor / 2, 0), PaddingModes.Replicate).narrow(2, 0, Factor * height).narrow(3, 0, Factor * width);
        }, maps);

    [Benchmark]
    public void Kernel() => Train(() => AlignedBilinear.Upsample(maps, Factor), maps);
}

/// <summary>WeightedRows: the bilinear samples of a deformable convolution.</summary>
public class DeformableSamples : KernelBenchmark
{
    private Tensor table = null!, index = null!, weight = null!;

    protected override void Prepare()
    {
        var (channels, cells) = (128, Images * (Pixels.Height / 8) * (Pixels.Width / 8));
        table = randn(cells, channels).requires_grad_();
        index = randint(0, cells, [4, 9 * cells]);
        weight = rand(4, 9 * cells).requires_grad_();
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Train(() => (table.index_select(0, index.view(-1)).view(4, -1, 128) * weight.unsqueeze(2)).sum(dim: 0), table, weight);

    [Benchmark]
    public void Kernel() => Train(() => WeightedRows.Sum(table, index, weight), table, weight);
}

/// <summary>RoiKernel: 512 boxes at 7 x 7 bins of 256 channels, P2 to P5 of two images of 320 pixels or of photos.</summary>
public class RoiBins : KernelBenchmark
{
    private static readonly int[] Strides = [4, 8, 16, 32];
    private static readonly RoiGrid[] Grids = [.. Strides.Select(stride => new RoiGrid(7, 1.0 / stride, 0, true))];
    private Tensor[] pyramid = null!, boxes = null!;
    private long[][] images = null!;
    private Tensor together = null!;
    private int[] map = null!;

    protected override void Prepare()
    {
        var (height, width) = Scale == Scale.Scenes ? (320, 320) : Pixels;
        pyramid = [.. Strides.Select(stride => randn(2, 256, height / stride, width / stride).requires_grad_())];
        var corners = rand(512, 2) * tensor(new float[] { width, height });
        var sides = (rand(512, 2) * Math.Log(20)).exp() * 16;
        var all = cat([(corners - (sides / 2)).clamp(min: 0), minimum(corners + (sides / 2), tensor(new float[] { width, height }))], 1);
        var levels = RoiLevels.MmDetection(all, 4);
        var rows = Strides.Select((_, level) => levels.eq(level).nonzero().squeeze(1)).ToArray();
        boxes = [.. rows.Select(ofLevel => all.index_select(0, ofLevel))];
        images = [.. rows.Select(ofLevel => (ofLevel % 2).data<long>().ToArray())];
        together = cat(boxes);
        map = [.. boxes.Index().SelectMany(level => Enumerable.Repeat(level.Index, (int)level.Item.size(0)))];
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Train(
        () => cat([.. Strides.Select((stride, level) =>
            RoiAlign.Apply(pyramid[level], boxes[level], tensor(images[level]), 7, 1.0 / stride))]), pyramid);

    [Benchmark]
    public void Kernel() => Train(
        () => FusedKernels.RoiAlign(pyramid, Grids, together, map, [.. images.SelectMany(level => level)])!, pyramid);
}

/// <summary>FocalLoss.Sum: the class loss of all locations, 80 classes.</summary>
public class Focal : KernelBenchmark
{
    private Tensor logits = null!, positives = null!;

    protected override void Prepare()
    {
        logits = (randn(Images, 80, Pixels.Height * Pixels.Width / 48) - 4).requires_grad_();
        positives = randint(0, logits.numel(), [200]).unique().output;
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Train(
        () =>
        {
            var targets = zeros_like(logits);
            targets.view(-1).index_fill_(0, positives, 1f);
            return FocalLoss.Elementwise(logits, targets);
        }, logits);

    [Benchmark]
    public void Kernel() => Train(() => FocalLoss.Sum(logits, positives), logits);
}

/// <summary>SparseConvolution: the controller at 64 locations instead of everywhere.</summary>
public class Controller : KernelBenchmark
{
    private Tensor[] maps = null!;
    private Tensor weight = null!, bias = null!;
    private LocationGrid grid = null!;
    private int[] images = null!, locations = null!;

    protected override void Prepare()
    {
        var channels = Scale == Scale.Scenes ? 64 : 256;
        (int Stride, int Height, int Width)[] levels = [.. Enumerable.Range(3, 5).Select(level => 1 << level).Select(stride => (stride, (Pixels.Height + stride - 1) / stride, (Pixels.Width + stride - 1) / stride))];
        maps = [.. levels.Select(level => randn(Images, channels, level.Height, level.Width).requires_grad_())];
        (weight, bias) = (randn(233, channels, 3, 3).requires_grad_(), randn(233).requires_grad_());
        grid = new LocationGrid(levels);
        images = [.. Enumerable.Range(0, 64).Select(i => i * Images / 64)];
        locations = [.. Enumerable.Range(0, 64).Select(i => i * 37 % grid.Count)];
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Train(
        () =>
        {
            var all = cat([.. maps.Select(map => F.conv2d(map, weight, bias, padding: [1, 1]).flatten(2))], 2);
            var rows = images.Zip(locations, (image, location) => (long)image * grid.Count + location).ToArray();
            return all.transpose(1, 2).reshape(-1, 233).index_select(0, tensor(rows));
        }, [.. maps, weight, bias]);

    [Benchmark]
    public void Detour() => Train(() => SparseConvolution.At(maps, grid, images, locations, weight, bias), [.. maps, weight, bias]);
}
