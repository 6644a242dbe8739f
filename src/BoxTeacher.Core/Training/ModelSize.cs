using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>How large a detector is.</summary>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Trainable">Number of those that are not frozen.</param>
/// <param name="FlopsPerPixel">
/// Floating-point operations of one forward pass per pixel of an image, two per multiply-add, of the modules that are convolutions or
/// linear layers. Normalization, attention's products and masks that are made per instance are left out.
/// </param>
public sealed record ModelSize(long Parameters, long Trainable, double FlopsPerPixel)
{
    // A multiple of 7 cells of stride 32: Swin pads nothing. At another size the number of operations is as the area.
    private const int Side = 224;

    /// <summary>Measures a detector by looking at one small image; its mode, weights and statistics stay as they are.</summary>
    public static ModelSize Of(Detector detector)
    {
        var parameters = detector.parameters().ToList();
        return new ModelSize(
            parameters.Sum(parameter => parameter.numel()),
            parameters.Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()),
            2.0 * MultiplyAdds(detector) / (Side * Side));
    }

    /// <summary>Mean number of pixels of an image as training sees it.</summary>
    /// <param name="recipe">Says what images are resized to.</param>
    /// <param name="images">Sizes of the files, at least one.</param>
    public static double MeanPixels(Recipe recipe, IEnumerable<ImageSize> images) => images.Average(recipe.Augmentation.MeanPixels);

    private static long MultiplyAdds(Detector detector)
    {
        long count = 0;
        var removals = new List<Action>();
        foreach (var module in detector.modules())
        {
            if (Weight(module) is not { } weight)
            {
                continue;
            }

            // Each output position takes every weight once.
            Tensor Count(Tensor output)
            {
                count += weight.numel() * output.numel() / weight.size(0);
                return output;
            }

            if (module is nn.Module<Tensor, Tensor> layer)
            {
                removals.Add(layer.register_forward_hook((_, _, output) => Count(output)).remove);
            }
            else if (module is PyramidConvolution pyramid)
            {
                removals.Add(pyramid.register_forward_hook((_, _, maps) => [.. maps.Select(Count)]).remove);
            }
            else if (module is nn.Module<Tensor, Tensor, Tensor> deformable)
            {
                removals.Add(deformable.register_forward_hook((_, _, _, output) => Count(output)).remove);
            }
        }

        var training = detector.training;
        detector.eval();
        try
        {
            using var scope = NewDisposeScope();
            detector.Detect(new ImageBatch(zeros(1, 3, Side, Side, device: detector.Device), [new ImageSize(Side, Side)]));
        }
        finally
        {
            detector.train(training);
            removals.ForEach(remove => remove());
        }

        return count;
    }

    // The kernel [outputs, inputs, ...] of a convolution or a linear layer.
    private static Parameter? Weight(nn.Module module) => module.named_parameters(recurse: false)
        .Where(entry => entry is { name: "weight", parameter.Dimensions: >= 2 }).Select(entry => entry.parameter).FirstOrDefault();
}
