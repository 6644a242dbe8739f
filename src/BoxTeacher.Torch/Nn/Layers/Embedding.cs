using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Rows of a table by their numbers.</summary>
public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_embedding = new("embedding");
    private static readonly Operator s_renorm = new("embedding_renorm_");
    private readonly long? _padding;
    private readonly double? _maxNorm;
    private readonly double _normType;
    private readonly bool _scaleGradByFrequency;
    private readonly bool _sparse;
    private Parameter _weight = null!;

    internal Embedding(long num_embeddings, long embedding_dims, long? padding_idx, double? max_norm, double norm_type, bool scale_grad_by_freq, bool sparse,
        torch.Device? device, torch.ScalarType? dtype)
        : this(torch.empty([num_embeddings, embedding_dims], dtype, device), false, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, null, null)
    {
        torch.nn.init.normal_(_weight).Dispose();
        if (_padding is { } row) {
            using var off = GradGuard.Off();
            using var zeros = _weight[row];
            zeros.zero_().Dispose();
        }
    }

    internal Embedding(torch.Tensor embeddings, bool freeze, long? padding_idx, double? max_norm, double norm_type, bool scale_grad_by_freq, bool sparse,
        torch.Device? device, torch.ScalarType? dtype) : base(nameof(Embedding))
    {
        var rows = embeddings.shape[0];
        if (padding_idx >= rows || padding_idx < -rows) {
            throw new ArgumentException("Padding_idx must be within num_embeddings", nameof(padding_idx));
        }
        _padding = padding_idx < 0 ? padding_idx + rows : padding_idx;
        (_maxNorm, _normType, _scaleGradByFrequency, _sparse) = (max_norm, norm_type, scale_grad_by_freq, sparse);
        using var values = embeddings.detach();
        weight = new Parameter(values.to(dtype ?? values.dtype, device ?? values.device), !freeze);
    }

    public Parameter weight
    {
        get => _weight;
        set {
            _weight = value;
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public override torch.Tensor forward(torch.Tensor input)
    {
        if (_maxNorm is { } norm) {
            using var off = GradGuard.Off();
            using var indices = input.contiguous();
            s_renorm.InPlace(_weight, _weight, indices, norm, _normType);
        }
        return s_embedding.Tensor(_weight, input, _padding ?? -1, _scaleGradByFrequency, _sparse);
    }
}
