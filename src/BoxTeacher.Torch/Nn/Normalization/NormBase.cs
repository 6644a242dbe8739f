using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>What batch and instance normalisation have in common: scale, shift and running statistics, each [num_features].</summary>
public abstract class NormBase : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_ones = new("ones");
    private static readonly Operator s_zeros = new("zeros");
    private static readonly Operator s_addInPlace = new("add_", "Scalar");
    private static readonly Operator s_item = new("item");

    private Parameter? _weight;
    private Parameter? _bias;
    private torch.Tensor? _runningMean;
    private torch.Tensor? _runningVar;
    private torch.Tensor? _batches;

    public NormBase(long num_features, double eps, double? momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype, string name)
        : base(name)
    {
        this.num_features = num_features;
        this.eps = eps;
        this.momentum = momentum;
        this.affine = affine;
        this.track_running_stats = track_running_stats;
        long[] shape = [num_features];
        if (affine) {
            weight = new Parameter(s_ones.Tensor(shape, dtype, Value.None, device));
            bias = new Parameter(s_zeros.Tensor(shape, dtype, Value.None, device));
        }
        if (track_running_stats) {
            running_mean = s_zeros.Tensor(shape, dtype, Value.None, device);
            running_var = s_ones.Tensor(shape, dtype, Value.None, device);
            num_batches_tracked = s_zeros.Tensor((long[])[], torch.ScalarType.Int64, Value.None, device);
        }
    }

    public long num_features { get; }
    public double eps { get; set; }
    /// <summary>Share of the new batch in the running statistics; null: the mean over all batches.</summary>
    public double? momentum { get; set; }
    public bool affine { get; }
    public bool track_running_stats { get; }

    public Parameter weight
    {
        get => _weight!;
        set {
            _weight = value;
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

    public torch.Tensor? running_mean
    {
        get => _runningMean;
        set {
            _runningMean = value;
            ConditionallyRegisterBuffer(nameof(running_mean), value);
        }
    }

    public torch.Tensor? running_var
    {
        get => _runningVar;
        set {
            _runningVar = value;
            ConditionallyRegisterBuffer(nameof(running_var), value);
        }
    }

    public torch.Tensor? num_batches_tracked
    {
        get => _batches;
        set {
            _batches = value;
            ConditionallyRegisterBuffer(nameof(num_batches_tracked), value);
        }
    }

    protected abstract void ValidateInputDimensions(torch.Tensor input);

    /// <summary>Counts the batch, and returns its share in the running statistics.</summary>
    private protected double CountBatch()
    {
        if (!training || _batches is null) {
            return momentum ?? 0;
        }
        s_addInPlace.InPlace(_batches, _batches, 1);
        return momentum ?? 1.0 / s_item.Int(_batches);
    }

    public void reset_running_stats()
    {
        if (track_running_stats) {
            torch.nn.init.zeros_(running_mean!).Dispose();
            torch.nn.init.ones_(running_var!).Dispose();
            torch.nn.init.zeros_(num_batches_tracked!).Dispose();
        }
    }

    public void reset_parameters()
    {
        reset_running_stats();
        if (affine) {
            torch.nn.init.ones_(weight).Dispose();
            torch.nn.init.zeros_(bias!).Dispose();
        }
    }

    private protected void Demand(torch.Tensor input, params ReadOnlySpan<long> dimensions)
    {
        if (!dimensions.Contains(input.ndim)) {
            throw new ArgumentException($"expected {string.Join("D or ", dimensions.ToArray())}D input to {GetName()} (got {input.ndim}D input)");
        }
    }
}
