using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks;

/// <summary>Three convolutions (3-16-32-64, stride 1, 2, 2), the mean over the image, a linear layer; the same as in peers/torch_ops.py.</summary>
internal sealed class Net : Module<Tensor, Tensor>
{
    private readonly Conv2d c1 = Conv2d(3, 16, 3, stride: 1, padding: 1);
    private readonly Conv2d c2 = Conv2d(16, 32, 3, stride: 2, padding: 1);
    private readonly Conv2d c3 = Conv2d(32, 64, 3, stride: 2, padding: 1);
    private readonly Linear @out = Linear(64, 10);
    private static readonly long[] s_image = [2, 3];

    internal Net() : base(nameof(Net)) => RegisterComponents();

    public override Tensor forward(Tensor input)
    {
        using var x1 = c1.call(input);
        using var y1 = F.relu(x1);
        using var x2 = c2.call(y1);
        using var y2 = F.relu(x2);
        using var x3 = c3.call(y2);
        using var y3 = F.relu(x3);
        using var mean = y3.mean(s_image);
        return @out.call(mean);
    }
}
