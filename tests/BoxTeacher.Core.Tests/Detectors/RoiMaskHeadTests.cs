using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Detectors;

/// <summary>The mask branch: its layers, what it learns, and its masks on the image.</summary>
public sealed class RoiMaskHeadTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public RoiMaskHeadTests() => random.manual_seed(5);

    public void Dispose() => scope.Dispose();

    [Fact]
    public void It_doubles_the_side_and_is_named_as_detectron2s()
    {
        using var head = new RoiMaskHead(inputs: 6, classes: 3, convolutions: 2, channels: 8);
        Assert.Equal(
            ["deconv.bias", "deconv.weight", "mask_fcn1.bias", "mask_fcn1.weight", "mask_fcn2.bias", "mask_fcn2.weight", "predictor.bias", "predictor.weight"],
            head.state_dict().Keys.Order());
        Assert.Equal([5, 3, 28, 28], head.call(rand(5, 6, 14, 14)).shape);
        Assert.Equal([0, 3, 28, 28], head.call(rand(0, 6, 14, 14)).shape);
        using var deep = new RoiMaskHead(inputs: 256, classes: 80);
        Assert.Equal(Math.Sqrt(2 / (256.0 * 9)), deep.state_dict()["mask_fcn4.weight"].std().item<float>(), 1e-4);
        Assert.Equal(0.001, deep.state_dict()["predictor.weight"].std().item<float>(), 3e-5);
    }

    [Fact]
    public void A_target_is_the_objects_mask_inside_the_box()
    {
        var masks = zeros([2, 20, 30], @bool);
        masks[0].narrow(0, 4, 8).narrow(1, 6, 12).fill_(true);
        masks[1].narrow(0, 0, 20).narrow(1, 0, 15).fill_(true);
        var boxes = tensor(new float[,] { { 6, 4, 18, 12 }, { 10, 4, 20, 14 }, { 2, 4, 10, 12 } });
        var targets = RoiMaskHead.Targets(masks, boxes, tensor(new long[] { 0, 1, 0 }), size: 4);
        Assert.Equal(float32, targets.dtype);
        Assert.True(targets[0].eq(1).all().item<bool>());
        Assert.Equal([1, 1, 0, 0], targets[1][0].data<float>().ToArray());
        Assert.Equal([0, 0, 1, 1], targets[2][3].data<float>().ToArray());
    }

    [Fact]
    public void The_loss_is_the_mean_over_cells_of_the_own_class_alone()
    {
        var logits = randn(3, 4, 5, 5).requires_grad_();
        var (classes, targets) = (tensor(new long[] { 2, 0, 2 }), randint(0, 2, [3, 5, 5]).to(float32));
        var loss = RoiMaskHead.Loss(logits, targets, classes);
        var expected = Enumerable.Range(0, 3).Select(i =>
            F.binary_cross_entropy_with_logits(logits[i, classes[i].item<long>()], targets[i]).item<float>()).Average();
        Assert.Equal(expected, loss.Value().item<float>(), 1e-5);
        loss.Value().backward();
        Assert.Equal([0, 1, 0, 0], logits.grad![1].ne(0).any(2).any(1).to(int64).roll(1, 0).data<long>().ToArray());
    }

    [Fact]
    public void Without_positives_the_loss_is_zero_and_connected()
    {
        using var head = new RoiMaskHead(inputs: 2, classes: 3, convolutions: 1, channels: 4);
        var loss = RoiMaskHead.Loss(head.call(zeros(0, 2, 14, 14)), zeros(0, 28, 28), zeros([0], int64));
        loss.Value().backward();
        Assert.Equal(0, loss.Value().item<float>());
        Assert.Equal(0, head.state_dict()["predictor.weight"].grad!.abs().sum().item<float>());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Masks_are_pasted_as_by_grid_sample(ScalarType type)
    {
        var (masks, size) = (rand([3, 28, 28], type), new ImageSize(40, 50));
        var boxes = tensor(new[,] { { 3.2, 5.7, 30.1, 22.4 }, { -8, 10, 20, 60 }, { 20, 20, 24, 21.5 } }).to(type);
        var pasted = MaskPaste.Soft(masks, boxes, size);
        for (var i = 0; i < 3; i++)
        {
            Tensor Axis(int length, int low) => (arange(length, type) + 0.5 - boxes[i, low]) / (boxes[i, low + 2] - boxes[i, low]) * 2 - 1;
            var y = Axis(40, 1).view(-1, 1).expand(40, 50);
            var x = Axis(50, 0).expand(40, 50);
            var expected = F.grid_sample(masks[i].view(1, 1, 28, 28), stack([x, y], -1).unsqueeze(0), align_corners: false)[0, 0];
            Assert.True(expected.allclose(pasted[i], 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Encoded_masks_are_the_pasted_ones_above_the_threshold()
    {
        var (masks, size) = (rand(5, 7, 7), new ImageSize(33, 21));
        var corners = rand(5, 2) * 12;
        var boxes = cat([corners, corners + 3 + rand(5, 2) * 15], 1);
        boxes[4] = tensor(new[] { 5f, 5, 5, 9 });
        var encoded = MaskPaste.Encode(masks, boxes, size, 0.4);
        var soft = MaskPaste.Soft(masks, boxes, size);
        Assert.All(encoded.Index(), item =>
            Assert.Equal(soft[item.Index].ge(0.4).to(uint8).data<byte>().ToArray(), item.Item.Decode()));
        Assert.Equal(0, encoded[4].Area);
        Assert.Empty(MaskPaste.Encode(zeros(0, 7, 7), zeros(0, 4), size));
    }
}
