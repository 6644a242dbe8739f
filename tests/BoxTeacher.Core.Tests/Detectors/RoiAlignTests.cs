using BoxTeacher.Detectors;
using BoxTeacher.Kernels;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

/// <summary>RoIAlign: its gradient, its fused form, and many levels.</summary>
public sealed class RoiAlignTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public RoiAlignTests() => random.manual_seed(3);

    public void Dispose() => scope.Dispose();

    private static Tensor Formula(Tensor features, Tensor boxes, Tensor images, RoiGrid grid) =>
        RoiAlign.Apply(features, boxes, images, grid.Size, grid.Scale, grid.SamplingRatio, grid.Aligned);

    private static Tensor Fused(Tensor map, Tensor boxes, Tensor images, RoiGrid grid) =>
        FusedKernels.RoiAlign([map], [grid], boxes, new int[boxes.size(0)], images.data<long>().ToArray())!;

    // Of all sizes on a map of 20 x 28 cells of 4 pixels, partly outside, the last without extent, behind the map, with crossed edges.
    private static Tensor Boxes(int count, ScalarType type)
    {
        var corners = rand([count, 2], type) * tensor(new[] { 100.0, 70 }).to(type);
        var boxes = cat([corners - 6, corners + rand([count, 2], type).pow(2) * 90], 1);
        boxes[count - 1] = tensor(new[] { 30.0, 20, 30, 20 }).to(type);
        boxes[count - 2] = tensor(new[] { 200.0, 200, 260, 230 }).to(type);
        boxes[count - 3] = tensor(new[] { 40.0, 20, 30, 50 }).to(type);
        return boxes;
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(0, false)]
    [InlineData(3, false)]
    public void Its_gradient_agrees_with_finite_differences(int samplingRatio, bool aligned)
    {
        var grid = new RoiGrid(5, 0.25, samplingRatio, aligned);
        var features = randn([2, 2, 20, 28], float64).requires_grad_();
        var (boxes, images) = (Boxes(9, float64), arange(9) % 2);
        var weights = randn([9, 2, 5, 5], float64);
        Tensor Value(Tensor map) => (Formula(map, boxes, images, grid) * weights).sum();
        Value(features).backward();
        using var guard = no_grad();
        for (var i = 0; i < 40; i++)
        {
            var direction = zeros_like(features);
            direction.view(-1)[randint(0, features.numel(), [1]).item<long>()] = 1;
            direction += randn_like(features) * (i % 2);
            var difference = (Value(features + (direction * 1e-3)) - Value(features - (direction * 1e-3))) / 2e-3;
            Assert.Equal((features.grad! * direction).sum().item<double>(), difference.item<double>(), 1e-8);
        }
    }

    [Fact]
    public void Boxes_far_larger_than_the_map_take_no_longer()
    {
        using var guard = no_grad();
        var features = rand(1, 8, 6, 5);
        float[] sides = [300, 4_000, 1e30f];
        var boxes = cat([.. sides.Select(side => tensor(new[] { -side, -side / 3, side, side / 2 }).view(1, 4))]);
        var grid = new RoiGrid(7, 0.25, 0, Aligned: true);

        var fused = Fused(features, boxes, zeros(3, int64), grid);

        var formula = Formula(features, boxes[..2], zeros(2, int64), grid);
        Assert.True(fused[..2].allclose(formula, atol: 1e-5));
        Assert.True(formula.abs().max().item<float>() > 0);
        Assert.Equal(0, fused[2].abs().max().item<float>(), 1e-5f);
    }

    [Theory]
    [InlineData(8, 7, 0, true, 1)]
    [InlineData(33, 7, 0, true, 2)]
    [InlineData(64, 14, 2, true, 2)]
    [InlineData(40, 5, 0, false, 3)]
    public void The_fused_form_gives_the_same(int channels, int size, int samplingRatio, bool aligned, int threads)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            var grid = new RoiGrid(size, 0.25, samplingRatio, aligned);
            var (boxes, images) = (Boxes(40, float32), randint(0, 3, [40]));
            var (features, weights) = (randn(3, channels, 20, 28), randn(40, channels, size, size));
            Tensor[] Both(Func<Tensor, Tensor> align)
            {
                var map = features.detach().requires_grad_();
                var bins = align(map);
                (bins * weights).sum().backward();
                return [bins, map.grad!];
            }

            var formula = Both(map => Formula(map, boxes, images, grid));
            var fused = Both(map => Fused(map, boxes, images, grid));
            Assert.All(formula.Zip(fused), pair => Assert.True(pair.First.allclose(pair.Second, 1e-4, 1e-4)));
            Assert.True(formula[1].abs().sum().item<float>() > 0);

            // Sums are formed in the same order by any number of threads.
            set_num_threads(1);
            var alone = Both(map => Fused(map, boxes, images, grid));
            Assert.All(alone.Zip(fused), pair => Assert.True(pair.First.Equals(pair.Second)));
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    public void Boxes_come_image_after_image_each_from_its_level(int channels)
    {
        var pooler = new RoiPooler(3, [4, 8, 16]);
        Tensor[] pyramid = [.. new[] { 32, 16, 8 }.Select(side => rand(3, channels, side, side).requires_grad_())];
        var boxes = new[] { Wide(40, 5, 20), zeros([0, 4]), Wide(5, 70) };
        var pooled = pooler.Pool(pyramid, boxes, tensor(new long[] { 2, 0, 1, 0, 2 }));
        Assert.Equal([5, channels, 3, 3], pooled.shape);
        Tensor Alone(int level, int image, Tensor box) =>
            RoiAlign.Apply(pyramid[level], box.unsqueeze(0), tensor(new[] { (long)image }), 3, 1.0 / pooler.Strides[level]);
        var expected = cat([
            Alone(2, 0, boxes[0][0]), Alone(0, 0, boxes[0][1]), Alone(1, 0, boxes[0][2]), Alone(0, 2, boxes[2][0]), Alone(2, 2, boxes[2][1])]);
        Assert.True(expected.allclose(pooled, 1e-5, 1e-5));

        static Tensor Wide(params float[] widths) =>
            stack(widths.Select(width => tensor(new[] { 7f, 3, 7 + width, 60 })));
    }

    [Fact]
    public void Without_boxes_there_is_a_gradient_of_zeros()
    {
        var pooler = new RoiPooler(7, [4, 8]);
        Tensor[] pyramid = [rand(2, 16, 8, 8).requires_grad_(), rand(2, 16, 4, 4).requires_grad_()];
        var pooled = pooler.Pool(pyramid, [zeros([0, 4]), zeros([0, 4])], zeros(0, int64));
        Assert.Equal([0, 16, 7, 7], pooled.shape);
        pooled.sum().backward();
        Assert.Equal(0, pyramid[0].grad!.abs().sum().item<float>());
    }

    [Fact]
    public void Levels_go_by_the_side_of_the_box()
    {
        Tensor Square(params float[] sides) => stack(sides.Select(side => tensor(new[] { 0f, 0, side, side })));
        Assert.Equal([0, 0, 1, 2, 3, 3], RoiLevels.MmDetection(Square(0, 111, 112, 224, 448, 2000), 4).data<long>().ToArray());
        Assert.Equal([0, 0, 1, 2, 3, 3], RoiLevels.Detectron2(Square(0, 111, 113, 225, 449, 2000), 4).data<long>().ToArray());
    }
}
