using BoxTeacher.Layers;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// Spatial attention (Lee and Park 2020, equation 4): mean and maximum over the channels become a weight of each cell in [0, 1], which its
/// features are multiplied by.
/// </summary>
public sealed class SpatialAttention : nn.Module<Tensor, Tensor>
{
    private readonly Convolution2d conv;

    /// <summary>Kaiming-normal by fan-out.</summary>
    /// <param name="kernel">Side of the convolution over mean and maximum; 3 as published.</param>
    public SpatialAttention(int kernel = 3) : base(nameof(SpatialAttention))
    {
        conv = new Convolution2d(2, 1, kernel, hasBias: false);
        nn.init.kaiming_normal_(conv.Weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <param name="input">[M, channels, h, w].</param>
    /// <returns>[M, channels, h, w].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var summary = cat([input.mean([1], keepdim: true), input.amax([1], keepdim: true)], 1);
        return (input * conv.call(summary).sigmoid()).MoveToOuterDisposeScope();
    }
}
