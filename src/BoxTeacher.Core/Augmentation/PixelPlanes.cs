using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Augmentation;

/// <summary>Turns interleaved bytes into the planes of tensors, in managed memory; each tensor is then one copy.</summary>
public static class PixelPlanes
{
    /// <summary>The images as a network's input: normalized and padded to the largest height and width of the batch.</summary>
    /// <param name="images">At least one.</param>
    /// <param name="normalization">What becomes of a byte.</param>
    /// <param name="device">Where the tensor is put.</param>
    /// <param name="padding">The order of both; null: <see cref="ImagePadding.AfterNormalizing"/>.</param>
    /// <exception cref="ArgumentException">No images.</exception>
    public static ImageBatch Batch(
        IReadOnlyList<Image> images, PixelNormalization normalization, Device device, ImagePadding? padding = null)
    {
        padding ??= ImagePadding.AfterNormalizing;
        ImageSize[] sizes = [.. images.Select(image => image.Size)];
        var padded = padding.SizeOf(sizes);
        var planes = Normalize(images, normalization, padding, padded);
        return new ImageBatch(DeviceValues.Of(planes, [sizes.Length, 3, padded.Height, padded.Width], device), sizes);
    }

    internal static float[] Normalize(
        IReadOnlyList<Image> images, PixelNormalization normalization, ImagePadding padding, ImageSize padded)
    {
        var values = new float[3 * 256];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((i % 256 - normalization.Mean[i / 256]) / normalization.Std[i / 256]);
        }
        var planes = Scatter(images, padded, values, normalization.Order);
        if (padding.Pixel is { } pixel)
        {
            for (var plane = 0; plane < images.Count * 3; plane++)
            {
                Frame(
                    planes.AsSpan(plane * (int)padded.Area, (int)padded.Area), padded.Width, images[plane / 3].Size,
                    padding.SizeOf([images[plane / 3].Size]), values[plane % 3 * 256 + pixel]);
            }
        }
        return planes;
    }

    /// <summary>Fills what lies within <paramref name="outer"/> and not within <paramref name="inner"/>.</summary>
    private static void Frame(Span<float> plane, int stride, ImageSize inner, ImageSize outer, float value)
    {
        for (var y = 0; y < outer.Height; y++)
        {
            var from = y < inner.Height ? inner.Width : 0;
            plane.Slice(y * stride + from, outer.Width - from).Fill(value);
        }
    }

    internal static byte[] Rgb(IReadOnlyList<Image> images, ImageSize padded)
    {
        var values = new byte[3 * 256];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (byte)i;
        }
        return Scatter(images, padded, values, ChannelOrder.Rgb);
    }

    /// <summary>Looks each byte up in its plane's table of 256 values and writes it where its plane has the pixel.</summary>
    private static T[] Scatter<T>(IReadOnlyList<Image> images, ImageSize padded, T[] values, ChannelOrder order)
        where T : unmanaged
    {
        var plane = padded.Height * padded.Width;
        var result = new T[images.Count * 3 * plane];
        for (var n = 0; n < images.Count; n++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                var from = order == ChannelOrder.Rgb ? channel : 2 - channel;
                var table = values.AsSpan(channel * 256, 256);
                var target = result.AsSpan((n * 3 + channel) * plane, plane);
                for (var y = 0; y < images[n].Height; y++)
                {
                    var source = images[n].Row(y);
                    var output = target.Slice(y * padded.Width, images[n].Width);
                    for (var x = 0; x < output.Length; x++)
                    {
                        output[x] = table[source[3 * x + from]];
                    }
                }
            }
        }
        return result;
    }
}
