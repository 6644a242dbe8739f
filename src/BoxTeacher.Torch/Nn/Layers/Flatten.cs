using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Merges a range of dimensions into one.</summary>
public sealed class Flatten : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_flatten = new("flatten", "using_ints");

    internal Flatten(long start_dim, long end_dim) : base(nameof(Flatten))
    {
        this.start_dim = start_dim;
        this.end_dim = end_dim;
    }

    public long start_dim { get; set; }
    public long end_dim { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => s_flatten.Tensor(input, start_dim, end_dim);
}

/// <summary>Splits a dimension into several.</summary>
public sealed class Unflatten : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Unflatten(long dim, long[] unflattened_size) : base(nameof(Unflatten))
    {
        this.dim = dim;
        this.unflattened_size = unflattened_size;
    }

    public long dim { get; set; }
    public long[] unflattened_size { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => tensor.unflatten(dim, unflattened_size);
}
