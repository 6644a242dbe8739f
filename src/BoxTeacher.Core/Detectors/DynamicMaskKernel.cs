using System.Runtime.InteropServices;
using BoxTeacher.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The dynamic mask head on the CPU in float32, fused: a block of pixels passes through all layers of all instances of its image
/// while it is in the cache, and the backward pass computes the hidden layers again instead of storing them.
/// </summary>
/// <param name="shape">The generated networks.</param>
/// <param name="instances">Whose masks.</param>
/// <param name="scales">Per instance, one over the length that relative coordinates are measured in.</param>
/// <param name="stride">Input pixels per cell of the features.</param>
internal sealed unsafe class DynamicMaskKernel(MaskNetworkShape shape, MaskInstances instances, float[] scales, int stride)
{
    private const int Pixels = PixelProducts.Pixels;

    /// <summary>Logits [M,h*w] of features [N,C,h,w] and parameters [M,K], both contiguous.</summary>
    public Tensor Forward(Tensor features, Tensor parameters)
    {
        var size = (Height: (int)features.size(2), Width: (int)features.size(3));
        var logits = empty(instances.Count, size.Height * size.Width);
        float* f = Pointer(features), k = Pointer(parameters), y = Pointer(logits);
        ForEachImage((image, first, count) => Walk(image, first, count, size, f, k, y, null, null, null));
        GC.KeepAlive((features, parameters, logits));
        return logits;
    }

    /// <summary>Gradients of features and parameters for the gradient [M,h*w] of the logits.</summary>
    public (Tensor Features, Tensor Parameters) Backward(Tensor features, Tensor parameters, Tensor gradient)
    {
        var size = (Height: (int)features.size(2), Width: (int)features.size(3));
        var (featureGradient, parameterGradient) = (zeros_like(features), zeros_like(parameters));
        float* f = Pointer(features), k = Pointer(parameters), g = Pointer(gradient);
        float* df = Pointer(featureGradient), dk = Pointer(parameterGradient);
        ForEachImage((image, first, count) => Walk(image, first, count, size, f, k, null, g, df, dk));
        GC.KeepAlive((features, parameters, gradient));
        return (featureGradient, parameterGradient);
    }

    // Images are independent of each other; one image is always summed in the same order.
    private void ForEachImage(Action<int, int, int> body)
    {
        var runs = new List<(int Image, int First, int Count)>();
        for (var first = 0; first < instances.Count;)
        {
            var end = first;
            while (end < instances.Count && instances.Images[end] == instances.Images[first])
                end++;
            runs.Add((instances.Images[first], first, end - first));
            first = end;
        }
        if (get_num_threads() == 1 || runs.Count < 2)
            runs.ForEach(run => body(run.Image, run.First, run.Count));
        else
            Parallel.ForEach(runs, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, run => body(run.Image, run.First, run.Count));
    }

    // All blocks of one image: logits when there is a place for them, else gradients.
    private void Walk(int image, int first, int count, (int Height, int Width) size, float* features, float* parameters,
        float* logits, float* gradient, float* featureGradient, float* parameterGradient)
    {
        var (cells, channels, inputs) = (size.Height * size.Width, shape.FeatureChannels, shape.Columns(0));
        var hidden = shape.Layers - 1;
        var block = (float*)NativeMemory.AlignedAlloc((nuint)((2 + inputs + channels + (hidden + 2) * shape.Channels + 1) * Pixels * sizeof(float)), 64);
        var position = block;
        var input = position + 2 * Pixels;
        var inputGradient = input + inputs * Pixels;
        var activations = inputGradient + channels * Pixels;
        var work = activations + hidden * shape.Channels * Pixels;
        var output = work + 2 * shape.Channels * Pixels;
        for (var start = 0; start < cells; start += Pixels)
        {
            var pixels = Math.Min(Pixels, cells - start);
            for (var p = 0; p < Pixels; p++)
            {
                var (row, column) = Math.DivRem(start + p, size.Width);
                (position[p], position[Pixels + p]) = (column * stride + stride / 2, row * stride + stride / 2);
            }
            for (var c = 0; c < channels; c++)
                Load(features + ((long)image * channels + c) * cells + start, input + (shape.Coordinates + c) * Pixels, pixels);
            new Span<float>(inputGradient, channels * Pixels).Clear();

            for (var i = first; i < first + count; i++)
            {
                var numbers = parameters + (long)i * shape.ParameterCount;
                if (shape.RelativeCoordinates)
                    RelativeTo(i, position, input);
                Evaluate(numbers, input, activations, output);
                if (logits is not null)
                {
                    new Span<float>(output, pixels).CopyTo(new Span<float>(logits + (long)i * cells + start, pixels));
                    continue;
                }
                Load(gradient + (long)i * cells + start, output, pixels);
                Differentiate(numbers, input, activations, output, work, inputGradient, parameterGradient + (long)i * shape.ParameterCount);
            }
            for (var c = 0; c < channels && featureGradient is not null; c++)
                new Span<float>(inputGradient + c * Pixels, pixels).CopyTo(new Span<float>(featureGradient + ((long)image * channels + c) * cells + start, pixels));
        }
        NativeMemory.AlignedFree(block);
    }

    private void RelativeTo(int instance, float* position, float* input)
    {
        var (x, y, scale) = (instances.Points[2 * instance], instances.Points[2 * instance + 1], scales[instance]);
        for (var p = 0; p < Pixels; p++)
        {
            input[p] = (x - position[p]) * scale;
            input[Pixels + p] = (y - position[Pixels + p]) * scale;
        }
    }

    private void Evaluate(float* numbers, float* input, float* activations, float* output)
    {
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var (rows, columns) = (shape.Rows(layer), shape.Columns(layer));
            var source = layer == 0 ? input : activations + (layer - 1) * shape.Channels * Pixels;
            var target = layer == shape.Layers - 1 ? output : activations + layer * shape.Channels * Pixels;
            PixelProducts.Multiply(numbers + shape.WeightOffset(layer), columns, 1, numbers + shape.BiasOffset(layer), source, target, rows, columns);
            if (layer < shape.Layers - 1)
                PixelProducts.Rectify(target, rows);
        }
    }

    private void Differentiate(float* numbers, float* input, float* activations, float* gradient, float* work, float* inputGradient, float* numberGradient)
    {
        for (var layer = shape.Layers - 1; layer >= 0; layer--)
        {
            var (rows, columns) = (shape.Rows(layer), shape.Columns(layer));
            var weights = numbers + shape.WeightOffset(layer);
            var source = layer == 0 ? input : activations + (layer - 1) * shape.Channels * Pixels;
            PixelProducts.AddWeightGradient(gradient, source, numberGradient + shape.WeightOffset(layer), numberGradient + shape.BiasOffset(layer), rows, columns);
            if (layer == 0)
            {
                PixelProducts.Multiply(weights + shape.Coordinates, 1, columns, null, gradient, inputGradient, shape.FeatureChannels, rows);
                continue;
            }
            var next = work + layer % 2 * shape.Channels * Pixels;
            new Span<float>(next, columns * Pixels).Clear();
            PixelProducts.Multiply(weights, 1, columns, null, gradient, next, columns, rows);
            PixelProducts.MaskGradient(next, source, columns);
            gradient = next;
        }
    }

    private static void Load(float* source, float* target, int count)
    {
        new Span<float>(source, count).CopyTo(new Span<float>(target, count));
        new Span<float>(target + count, Pixels - count).Clear();
    }

    private static float* Pointer(Tensor tensor) => (float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}

/// <summary>The fused head as a function with a gradient: features [N,C,h,w] and parameters [M,K] to logits [M,h*w].</summary>
internal sealed class DynamicMaskFunction : autograd.SingleTensorFunction<DynamicMaskFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(DynamicMaskFunction);

    /// <inheritdoc cref="DynamicMaskKernel.Forward"/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (features, parameters, kernel) = (((Tensor)vars[0]).contiguous(), ((Tensor)vars[1]).contiguous(), (DynamicMaskKernel)vars[2]);
        ctx.save_for_backward([features, parameters]);
        ctx.save_data(nameof(DynamicMaskKernel), kernel);
        return kernel.Forward(features, parameters);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        using var gradient = grad_output.contiguous();
        var (features, parameters) = ((DynamicMaskKernel)ctx.get_data(nameof(DynamicMaskKernel))).Backward(saved[0], saved[1], gradient);
        return [features, parameters, null!];
    }
}
