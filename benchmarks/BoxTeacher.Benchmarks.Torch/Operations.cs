using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks;

/// <summary>The operations that are measured, each as often as asked.</summary>
internal sealed class Operations : IDisposable
{
    private readonly Tensor _a = rand(1);
    private readonly Tensor _b = rand(1);
    private readonly Tensor _m = rand(4, 4);
    private readonly Parameter[] _weights;
    private readonly SGD _optimizer;
    private readonly Tensor _images = rand(8, 3, 32, 32);
    private readonly Tensor _classes = randint(0, 10, [8], dtype: ScalarType.Int64);

    internal Operations()
    {
        // Gradients that stay as they are: those of a network that has learned its batch by heart end among denormal numbers.
        using var net = new Net();
        _weights = net.parameters().Select(p => nn.Parameter(rand_like(p))).ToArray();
        foreach (var weight in _weights) {
            using var grad = rand_like(weight);
            weight.grad = grad;
        }
        _optimizer = optim.SGD(_weights, 1e-6, momentum: 0.9);
    }

    internal void Add(int n)
    {
        for (var k = 0; k < n; k++) {
            (_a + _b).Dispose();
        }
    }

    internal void AddInScope(int n)
    {
        for (var k = 0; k < n; k += 100) {
            using var scope = NewDisposeScope();
            for (var i = 0; i < 100; i++) {
                _ = _a + _b;
            }
        }
    }

    internal void AddScalar(int n)
    {
        for (var k = 0; k < n; k++) {
            (_a + 1).Dispose();
        }
    }

    internal void Shape(int n)
    {
        for (var k = 0; k < n; k++) {
            _ = _a.shape;
        }
    }

    internal void Item(int n)
    {
        for (var k = 0; k < n; k++) {
            _ = _a.item<float>();
        }
    }

    internal void Index(int n)
    {
        for (var k = 0; k < n; k++) {
            _m[1, 2].Dispose();
        }
    }

    internal void SgdStep(int n)
    {
        for (var k = 0; k < n; k++) {
            _optimizer.step();
        }
    }

    internal void Train(int n)
    {
        using var net = new Net();
        using var sgd = optim.SGD(net.parameters(), 0.01, momentum: 0.9);
        for (var k = 0; k < n; k++) {
            sgd.zero_grad();
            using var logits = net.call(_images);
            using var loss = F.cross_entropy(logits, _classes);
            loss.backward();
            sgd.step();
        }
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (var t in (Tensor[])[_a, _b, _m, _images, _classes, .. _weights]) {
            t.Dispose();
        }
    }
}
