using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>Which masks of a batch teach masks.</summary>
/// <param name="flags">For each image [n] bool: which of its pseudo-labels have a good mask.</param>
/// <returns>For each image [n] bool.</returns>
public delegate IReadOnlyList<Tensor> MaskFlagRule(IReadOnlyList<Tensor> flags);

/// <summary>The two rules.</summary>
public static class MaskFlags
{
    /// <summary>The good ones.</summary>
    public static IReadOnlyList<Tensor> OfEachMask(IReadOnlyList<Tensor> flags) => flags;

    /// <summary>
    /// A slip of the published code (<c>mask_head.py</c>), which asks the last image of a batch whether there are flags: without a
    /// pseudo-label in that image all masks of the batch teach.
    /// </summary>
    public static IReadOnlyList<Tensor> AskedOfLastImage(IReadOnlyList<Tensor> flags) =>
        flags[^1].size(0) > 0 ? flags : [.. flags.Select(image => ones_like(image))];
}
