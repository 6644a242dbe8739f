using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

/// <summary>One feature map of a backbone.</summary>
/// <param name="Stride">Input pixels per cell, a power of two.</param>
/// <param name="Channels">Number of channels.</param>
public readonly record struct FeatureLevel(int Stride, int Channels);

/// <summary>
/// A network from images [N,3,H,W] (H and W multiples of its coarsest needs, normally of 32) to feature maps
/// [N,channels,H/stride,W/stride], finest first. A feature pyramid is a backbone over another backbone.
/// </summary>
/// <param name="name">The module's name.</param>
public abstract class Backbone(string name) : nn.Module<Tensor, IReadOnlyList<Tensor>>(name)
{
    /// <summary>What comes out, in the order of the output.</summary>
    public abstract IReadOnlyList<FeatureLevel> Levels { get; }
}
