using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Replaces a random rectangle by normal noise (torchvision's RandomErasing with <c>value="random"</c>). The noise is of an image in 0..1;
/// back in bytes it is multiplied by 255 and wraps around, as the published code's does.
/// </summary>
/// <param name="Probability">How often it is applied, 0..1.</param>
/// <param name="MinArea">Smallest area, a share of the image's.</param>
/// <param name="MaxArea">Largest area.</param>
/// <param name="MinAspect">Smallest ratio of height to width.</param>
/// <param name="MaxAspect">Largest ratio of height to width.</param>
public sealed record RandomErasing(double Probability, double MinArea, double MaxArea, double MinAspect, double MaxAspect)
{
    // torchvision gives up after so many rectangles that do not fit.
    private const int Tries = 10;

    /// <summary>The three that Unbiased Teacher applies one after the other.</summary>
    public static IReadOnlyList<RandomErasing> UnbiasedTeacher { get; } =
        [new(0.7, 0.05, 0.2, 0.3, 3.3), new(0.5, 0.02, 0.2, 0.1, 6), new(0.3, 0.02, 0.2, 0.05, 8)];

    /// <summary>Erases a random rectangle, or nothing.</summary>
    /// <returns>
    /// The rectangle; null where nothing is erased, be it by chance or because none of ten rectangles fits. In the latter case torchvision
    /// erases nothing either, but names the whole image.
    /// </returns>
    public PixelRectangle? Apply(Span<byte> pixels, ImageSize size, RandomStream random)
    {
        if (!random.Chance(Probability))
        {
            return null;
        }

        for (var i = 0; i < Tries; i++)
        {
            var patch = Patch(size, random.NextDouble(), random.NextDouble());
            if (patch.Height < size.Height && patch.Width < size.Width)
            {
                var (top, left) = (random.Below(size.Height - patch.Height + 1), random.Below(size.Width - patch.Width + 1));
                var noise = new float[3 * patch.Area];
                foreach (ref var value in noise.AsSpan())
                {
                    value = (float)random.Normal();
                }

                var erased = new PixelRectangle(top, left, patch.Height, patch.Width);
                Erase(pixels, size, erased, noise);
                return erased;
            }
        }

        return null;
    }

    /// <summary>The size of a rectangle, which need not fit into the image.</summary>
    /// <param name="size">The image's.</param>
    /// <param name="area">Where its area lies between smallest and largest, 0..1.</param>
    /// <param name="aspect">Where its aspect lies between smallest and largest on a logarithmic scale, 0..1.</param>
    public ImageSize Patch(ImageSize size, double area, double aspect)
    {
        var pixels = size.Area * (MinArea + (MaxArea - MinArea) * area);
        var ratio = Math.Exp(Math.Log(MinAspect) + (Math.Log(MaxAspect) - Math.Log(MinAspect)) * aspect);
        return new ImageSize((int)Math.Round(Math.Sqrt(pixels * ratio)), (int)Math.Round(Math.Sqrt(pixels / ratio)));
    }

    /// <summary>Replaces one rectangle.</summary>
    /// <param name="pixels">Interleaved rows of three channels.</param>
    /// <param name="size">Of the image.</param>
    /// <param name="patch">The rectangle, within the image.</param>
    /// <param name="noise">[3, patch.Height, patch.Width], of an image in 0..1.</param>
    public static void Erase(Span<byte> pixels, ImageSize size, PixelRectangle patch, ReadOnlySpan<float> noise)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = 0; y < patch.Height; y++)
            {
                var row = noise.Slice((channel * patch.Height + y) * patch.Width, patch.Width);
                var at = 3 * ((patch.Top + y) * size.Width + patch.Left) + channel;
                for (var x = 0; x < row.Length; x++)
                {
                    pixels[at + 3 * x] = unchecked((byte)(int)(row[x] * 255));
                }
            }
        }
    }
}
