using BoxTeacher.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>Group normalization (Wu and He 2018, equation 1) followed by ReLU.</summary>
public static class GroupNormRelu
{
    /// <summary>max(0, norm(x)) of several maps, each normalized by itself.</summary>
    /// <param name="maps">Each [N,C,H,W].</param>
    /// <param name="norm">Its groups, weights and biases.</param>
    /// <returns>Of the same shapes.</returns>
    public static IReadOnlyList<Tensor> Apply(IReadOnlyList<Tensor> maps, GroupNorm norm)
    {
        using var scope = NewDisposeScope();
        var results = FusedKernels.GroupNormRelu(maps, norm) ?? maps.Select(map => norm.call(map).relu_());
        return [.. results.Select(result => result.MoveToOuterDisposeScope())];
    }
}
