using System;
using System.Linq;
using BoxTeacher.Torch.Interop;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>What the convolutions have in common: weights [out, in / groups, kernel...] and their bias [out].</summary>
public abstract class Convolution : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_empty = new("empty", "memory_format");

    protected Parameter? _bias;
    protected Parameter _weight;
    protected long input_channels;
    protected long[] _reversed_padding_repeated_twice;

    protected Convolution(string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[] padding, Padding? padding_type,
        long[] dilation, bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode,
        torch.Device? device = null, torch.ScalarType? dtype = null) : base(name)
    {
        if (groups < 1 || in_channels % groups != 0) {
            throw new ArgumentException("in_channels must be divisible by groups", nameof(in_channels));
        }
        if (out_channels % groups != 0) {
            throw new ArgumentException("out_channels must be divisible by groups", nameof(out_channels));
        }
        if (padding_type == Padding.Same && stride.Any(s => s != 1)) {
            throw new ArgumentException("padding='same' is not supported for strided convolutions", nameof(padding_type));
        }
        input_channels = in_channels;
        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.dilation = dilation;
        this.transposed = transposed;
        this.output_padding = output_padding;
        this.groups = groups;
        this.padding_mode = padding_mode;
        this.padding = padding;
        this.padding_type = padding_type;
        _reversed_padding_repeated_twice = ReversedPadding();
        var (rows, columns) = transposed ? (in_channels, out_channels / groups) : (out_channels, in_channels / groups);
        _weight = new Parameter(s_empty.Tensor((long[])[rows, columns, .. kernel_size], dtype, Value.None, device));
        ConditionallyRegisterParameter(nameof(weight), _weight);
        if (bias) {
            _bias = new Parameter(s_empty.Tensor((long[])[out_channels], dtype, Value.None, device));
            ConditionallyRegisterParameter(nameof(this.bias), _bias);
        }
        reset_parameters();
    }

    public Parameter weight
    {
        get => _weight;
        set {
            _weight = value ?? throw new ArgumentNullException(nameof(value));
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public Parameter? bias
    {
        get => _bias;
        set {
            _bias = value;
            ConditionallyRegisterParameter(nameof(bias), value);
        }
    }

    public long in_channels { get; }
    public long out_channels { get; }
    public long[] kernel_size { get; set; }
    public long[] stride { get; set; }
    public long[] padding { get; private set; }
    public Padding? padding_type { get; private set; }
    public long[] dilation { get; set; }
    public bool transposed { get; }
    public long[] output_padding { get; set; }
    public long groups { get; set; }
    public PaddingModes padding_mode { get; set; }

    public void SetPadding(long[] padding)
    {
        this.padding = padding;
        padding_type = null;
        _reversed_padding_repeated_twice = ReversedPadding();
    }

    public void SetPadding(Padding padding)
    {
        this.padding = new long[kernel_size.Length];
        padding_type = padding;
        _reversed_padding_repeated_twice = ReversedPadding();
    }

    /// <summary>Padding as <c>functional.pad</c> wants it: (before, after) from the last dimension to the first.</summary>
    private long[] ReversedPadding() => Enumerable.Range(0, kernel_size.Length).Reverse().SelectMany(k => {
        if (padding_type != Padding.Same) {
            return (long[])[padding[k], padding[k]];
        }
        var total = dilation[k] * (kernel_size[k] - 1);
        return [total / 2, total - total / 2];
    }).ToArray();

    /// <summary>Uniform values within 1 / sqrt(fan in), weights before bias.</summary>
    public void reset_parameters()
    {
        torch.nn.init.kaiming_uniform_(_weight, Math.Sqrt(5)).Dispose();
        if (_bias is not null) {
            var (fanIn, _) = torch.nn.init.CalculateFanInAndFanOut(_weight);
            if (fanIn != 0) {
                var bound = 1 / Math.Sqrt(fanIn);
                torch.nn.init.uniform_(_bias, -bound, bound).Dispose();
            }
        }
    }

    /// <exception cref="ArgumentException">The input has neither these spatial dimensions nor the same without a batch, or other channels.</exception>
    protected bool ValidateShape(torch.Tensor input, long dimensions)
    {
        var shape = input.shape;
        var channels = shape.Length == dimensions + 2 ? shape[1] : shape.Length == dimensions + 1 ? shape[0] : -1;
        return channels == input_channels ? true : throw new ArgumentException(
            $"Expected {dimensions + 1}D (unbatched) or {dimensions + 2}D (batched) input with {input_channels} channels to {GetName()}, but got input of size: [{string.Join(", ", shape)}]");
    }

    /// <summary>The input with a border of another kind than zeros; for zeros null: the convolution pads by itself.</summary>
    private protected torch.Tensor? Border(torch.Tensor input)
        => padding_mode == PaddingModes.Zeros ? null : F.pad(input, _reversed_padding_repeated_twice, padding_mode);
}
