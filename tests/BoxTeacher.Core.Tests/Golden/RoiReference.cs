using BoxTeacher.Layers;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Features of boxes.</summary>
internal static class RoiReference
{
    public static void Align(ReferenceCase c)
    {
        var rois = c.In("rois");
        var features = c.In("features").requires_grad_();
        var bins = RoiAlign.Apply(
            features, rois.narrow(1, 1, 4), rois.select(1, 0).to(int64), c.Int("output_size"), c.Number("spatial_scale"), c.Int("sampling_ratio"),
            c.Attributes.GetProperty("aligned").GetBoolean());
        c.Close("out", bins);
        (bins * c.In("out_grad")).sum().backward();
        c.Close("grad_features", features.grad!);
    }
}
