using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Zeroes elements with probability p in training, and scales the rest by 1 / (1 - p).</summary>
public sealed class Dropout : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Dropout(double p, bool inplace) : base(nameof(Dropout))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.dropout(tensor, p, training, inplace);
}

/// <summary>Zeroes whole channels of [N, C, L] in training.</summary>
public sealed class Dropout1d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Dropout1d(double p, bool inplace) : base(nameof(Dropout1d))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.dropout1d(tensor, p, training, inplace);
}

/// <summary>Zeroes whole channels of [N, C, H, W] in training.</summary>
public sealed class Dropout2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Dropout2d(double p, bool inplace) : base(nameof(Dropout2d))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.dropout2d(input, p, training, inplace);
}

/// <summary>Zeroes whole channels of [N, C, D, H, W] in training.</summary>
public sealed class Dropout3d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Dropout3d(double p, bool inplace) : base(nameof(Dropout3d))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.dropout3d(input, p, training, inplace);
}

/// <summary>Dropout that keeps the moments of SELU's output.</summary>
public sealed class AlphaDropout : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AlphaDropout(double p, bool inplace) : base(nameof(AlphaDropout))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.alpha_dropout(tensor, p, training, inplace);
}

/// <summary>Alpha dropout of whole channels.</summary>
public sealed class FeatureAlphaDropout : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal FeatureAlphaDropout(double p, bool inplace) : base(nameof(FeatureAlphaDropout))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public double p { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.feature_alpha_dropout(input, p, training, inplace);
}
