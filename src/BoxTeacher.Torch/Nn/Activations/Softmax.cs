using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>First half times the sigmoid of the second.</summary>
public sealed class GLU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal GLU(long dim) : base(nameof(GLU)) => this.dim = dim;

    public long dim { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.glu(tensor, dim);
}

/// <summary>exp(x) / sum exp(x) along a dimension.</summary>
public sealed class Softmax : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softmax(long dim) : base(nameof(Softmax)) => this.dim = dim;

    public long dim { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softmax(tensor, dim);
}

/// <summary>log(softmax(x)) along a dimension.</summary>
public sealed class LogSoftmax : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LogSoftmax(long dim) : base(nameof(LogSoftmax)) => this.dim = dim;

    public long dim { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.log_softmax(tensor, dim);
}

/// <summary>softmax(-x) along a dimension.</summary>
public sealed class Softmin : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softmin(long dim) : base(nameof(Softmin)) => this.dim = dim;

    public long dim { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softmin(tensor, dim);
}

/// <summary>Softmax over the channels of [N, C, H, W].</summary>
public sealed class Softmax2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softmax2d() : base(nameof(Softmax2d)) { }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softmax2d(tensor);
}
