using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Torch;

/// <summary>What is computed with how many digits.</summary>
public sealed class PrecisionTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public static TheoryData<Precision, ScalarType> Types => new()
    {
        { Precision.Float32, float32 }, { Precision.Bfloat16, bfloat16 }, { Precision.Float16, float16 },
    };

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Products_and_convolutions_have_the_type_of_the_innermost_scope(Precision precision, ScalarType type)
    {
        ScalarType[] Made() =>
            [ones(2, 2).mm(ones(2, 2)).dtype, F.conv2d(ones(1, 1, 3, 3), ones(1, 1, 1, 1)).dtype, F.linear(ones(2, 2), ones(3, 2)).dtype];

        using (precision.On(CPU))
        {
            Assert.All(Made(), made => Assert.Equal(type, made));
            using (Precision.Float32.On(CPU))
            {
                Assert.All(Made(), made => Assert.Equal(float32, made));
            }

            using (Precision.Bfloat16.On(CPU))
            {
                Assert.All(Made(), made => Assert.Equal(bfloat16, made));
            }

            Assert.All(Made(), made => Assert.Equal(type, made));
        }

        Assert.All(Made(), made => Assert.Equal(float32, made));
    }

    [Fact]
    public void An_exception_ends_a_scope()
    {
        Action failing = () =>
        {
            using var reduced = Precision.Bfloat16.On(CPU);
            throw new TimeoutException();
        };

        Assert.Throws<TimeoutException>(failing);

        Assert.Equal(float32, ones(2, 2).mm(ones(2, 2)).dtype);
    }

    /// <summary>Within a scope a weight that learns is converted once.</summary>
    [Fact]
    public void A_weight_that_has_changed_is_read_anew()
    {
        var weight = ones(1, 1, requires_grad: true);
        float Read()
        {
            using var reduced = Precision.Bfloat16.On(CPU);
            return F.linear(ones(1, 1), weight).to(float32).item<float>();
        }

        Assert.Equal(1, Read());
        using (no_grad())
        {
            weight.fill_(2);
        }

        Assert.Equal(2, Read());
    }

    /// <summary>One of 11 bits, then one of 8: 1 + 1/512 needs 10.</summary>
    [Fact]
    public void A_scope_within_one_of_other_digits_reads_weights_with_its_own()
    {
        var weight = full([1, 1], 1 + 1f / 512).requires_grad_(true);
        float Read() => F.linear(ones(1, 1), weight).to(float32).item<float>();

        using var outer = Precision.Float16.On(CPU);
        Assert.Equal(1 + 1f / 512, Read());
        using (Precision.Bfloat16.On(CPU))
        {
            Assert.Equal(1, Read());
        }

        Assert.Equal(1 + 1f / 512, Read());
    }

    [Fact]
    public void Gradients_of_float32_weights_are_float32()
    {
        var (input, weight) = (rand(2, 3, 8, 8), rand(4, 3, 3, 3, requires_grad: true));
        Tensor output;
        using (Precision.Bfloat16.On(CPU))
        {
            output = F.conv2d(input, weight);
        }

        output.Widened().sum().backward();

        Assert.Equal(float32, weight.grad!.dtype);
        Assert.True(weight.grad.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_lower_precision_is_refused_where_there_is_none()
    {
        using var none = Precision.Float32.On(META);

        Assert.Throws<NotSupportedException>(() => Precision.Bfloat16.On(META));
    }

    public static TheoryData<string> Exact => ["colors", "dynamic masks", "pasted masks", "boxes' features", "deformed"];

    /// <summary>Given float32, they answer with the same bits whatever is around them.</summary>
    [Theory]
    [MemberData(nameof(Exact))]
    public void What_needs_all_digits_has_them(string what)
    {
        random.manual_seed(1);
        var boxes = tensor(new float[] { 1, 2, 9, 12, 30, 20, 60, 61 }, [2, 4]);
        var (maps, masks, image) = (rand(1, 8, 16, 16), rand(2, 4, 4), rand(1, 3, 8, 8) * 255);
        using var head = new DynamicMaskHead([64], featureChannels: 8);
        var parameters = rand(2, head.ParameterCount) - 0.5;
        Tensor Compute() => what switch
        {
            "colors" => ColorSimilarity.Lab(image),
            "dynamic masks" => head.call(maps, new MaskInstances([0, 0], [0, 0], [300, 500, 20, 40], parameters)),
            "pasted masks" => MaskPaste.Soft(masks, boxes, new ImageSize(64, 64)),
            "boxes' features" => RoiAlign.Apply(maps.to(float64).to(float32), boxes, zeros(2, int64), 3, 0.25),
            // Places of taps; the product itself is like any other.
            _ => DeformableConvolution.Apply(maps, rand(1, 18, 16, 16) * 0 + 0.3, ones(1, 9, 16, 16), ones(1, 8, 3, 3), null, padding: 1),
        };

        var expected = Compute();
        using var reduced = Precision.Bfloat16.On(CPU);
        var found = Compute();

        if (what == "deformed")
        {
            // The sum of 72 numbers of 8 bits, each rounded by at most 2^-9 of itself, the sum once more.
            Assert.True((found.Widened() - expected).abs().le(expected.abs() * 2 / 512).all().item<bool>());
            return;
        }

        Assert.Equal(float32, found.dtype);
        Assert.True(expected.Equals(found));
    }

    [Fact]
    public void Nobody_is_warned_of_float32()
    {
        Assert.Null(Precision.Float32.Warning(CPU));
        Assert.Null(Precision.Bfloat16.Warning(new Device(DeviceType.CUDA, 0)));
    }
}
