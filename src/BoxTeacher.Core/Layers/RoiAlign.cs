using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>RoIAlign (He et al. 2017, section 3): bilinear samples of a feature map, averaged in each of the bins of a box.</summary>
public static class RoiAlign
{
    /// <summary>Skeleton.</summary>
    /// <param name="features">[N, C, H, W].</param>
    /// <param name="boxes">[M, 4], xyxy in pixels of the input.</param>
    /// <param name="images">[M] int64: the image of each box.</param>
    /// <param name="size">Bins per side.</param>
    /// <param name="scale">Cells per input pixel, 1 / stride.</param>
    /// <param name="samplingRatio">Samples per bin and side; 0: as many as the bin is wide, rounded up.</param>
    /// <param name="aligned">Whether coordinates are shifted by half a cell, as they should be.</param>
    /// <returns>[M, C, size, size].</returns>
    public static Tensor Apply(
        Tensor features, Tensor boxes, Tensor images, int size, double scale, int samplingRatio = 0, bool aligned = true) =>
        throw new NotImplementedException();
}
