using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Covers some patches of an image with one gray. A patch has the image's aspect, its sides are one random share of the image's; it may
/// lie anywhere within. Labels stay as they are.
/// </summary>
/// <param name="LeastPatches">Fewest patches; published: 1.</param>
/// <param name="MostPatches">Most patches; published: 4, in mmdetection 3: 5.</param>
/// <param name="MaxShare">Largest share of the image's sides, exclusive; published: 0.2.</param>
/// <param name="Fill">The gray; published: 125, in mmdetection 3: 128.</param>
public sealed record CutOut(int LeastPatches, int MostPatches, double MaxShare, byte Fill)
{
    /// <summary>As in microsoft/SoftTeacher.</summary>
    public static CutOut Published { get; } = new(1, 4, 0.2, 125);

    /// <summary>As in mmdetection 3.</summary>
    public static CutOut MmDetection3 { get; } = new(1, 5, 0.2, 128);

    /// <summary>Covers random patches.</summary>
    public void Apply(Span<byte> pixels, ImageSize size, RandomStream random)
    {
        var count = LeastPatches + random.Below(MostPatches - LeastPatches + 1);
        for (var i = 0; i < count; i++)
        {
            var share = random.Uniform(0, MaxShare);
            var (height, width) = ((int)(share * size.Height), (int)(share * size.Width));
            var (left, top) = (random.Below(size.Width - width), random.Below(size.Height - height));
            Cover(pixels, size, left, top, width, height, Fill);
        }
    }

    /// <summary>Covers one patch.</summary>
    /// <param name="pixels">Interleaved RGB rows.</param>
    /// <param name="size">Of the image.</param>
    /// <param name="left">First column.</param>
    /// <param name="top">First row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="fill">The value of all channels.</param>
    public static void Cover(Span<byte> pixels, ImageSize size, int left, int top, int width, int height, byte fill)
    {
        for (var y = top; y < top + height; y++)
        {
            pixels.Slice(3 * (y * size.Width + left), 3 * width).Fill(fill);
        }
    }
}
