using BoxTeacher.Detectors;
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

    public static void Levels(ReferenceCase c) =>
        c.Equal("level", RoiLevels.FromScale(c.Number("finest_scale"))(c.In("rois").narrow(1, 1, 4), c.Int("num_levels")));

    public static void Extractor(ReferenceCase c)
    {
        int[] strides = [.. c.Numbers("strides").Select(stride => (int)stride)];
        var pooler = new RoiPooler(
            c.Int("output_size"), strides, c.Int("sampling_ratio"), c.Attributes.GetProperty("aligned").GetBoolean());
        var rois = c.In("rois");
        Tensor[] pyramid = [.. strides.Select((_, level) => c.In($"feat{level}"))];
        // The reference's boxes may come in any order of images, the pooler's come image after image.
        Tensor[] rows = [.. Enumerable.Range(0, (int)pyramid[0].size(0)).Select(image => rois.select(1, 0).eq(image).nonzero().squeeze(1))];
        Tensor[] boxes = [.. rows.Select(ofImage => rois.index_select(0, ofImage).narrow(1, 1, 4))];
        var back = cat(rows).argsort();
        c.Equal("level", RoiLevels.MmDetection(rois.narrow(1, 1, 4), strides.Length));
        var levels = RoiLevels.MmDetection(cat(boxes), strides.Length);
        c.Close("out", pooler.Pool(pyramid, boxes, levels).index_select(0, back));
        // The fused kernel takes no fewer than eight channels.
        var wide = pyramid.Select(level => level.repeat(1, 5, 1, 1)).ToArray();
        c.Close("out", pooler.Pool(wide, boxes, levels).index_select(0, back).narrow(1, 0, pyramid[0].size(1)));
    }
}
