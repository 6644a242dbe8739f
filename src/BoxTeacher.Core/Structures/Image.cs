
namespace BoxTeacher.Structures;

/// <summary>A color picture: height x width x 3 bytes, red, green, blue, row by row.</summary>
public sealed class Image
{
    /// <summary>Wraps pixels; the array is not copied.</summary>
    /// <param name="pixels">Height * width * 3 bytes, RGB, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <exception cref="ArgumentException">The array's length does not fit the size.</exception>
    public Image(byte[] pixels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (pixels.LongLength != 3L * height * width)
        {
            throw new ArgumentException(
                $"A {height}x{width} RGB image has {3L * height * width} bytes, not {pixels.LongLength}.", nameof(pixels));
        }
        (Pixels, Height, Width) = (pixels, height, width);
    }

    /// <summary>An all-black picture.</summary>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public Image(int height, int width)
        : this(new byte[3 * height * width], height, width)
    {
    }

    /// <summary>Height * width * 3 bytes, RGB, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>Height and width.</summary>
    public ImageSize Size => new(Height, Width);

    /// <summary>One row of pixels, width * 3 bytes.</summary>
    /// <param name="y">Row, 0-based.</param>
    public Span<byte> Row(int y) => Pixels.AsSpan(3 * Width * y, 3 * Width);
}

/// <summary>Height and width of an image in pixels; height first, as in a tensor's shape.</summary>
/// <param name="Height">Number of rows.</param>
/// <param name="Width">Number of columns.</param>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The longest side that readers accept, 65,535 pixels: also JPEG's own limit.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Number of pixels.</summary>
    public long Area => (long)Height * Width;

    /// <summary>
    /// The size after a resize that brings the short side to <paramref name="shortSide"/> unless the long side would pass
    /// <paramref name="longSide"/>; both sides are rounded half up (detectron2's ResizeShortestEdge) and at least 1, where detectron2
    /// has 0.
    /// </summary>
    /// <param name="shortSide">Wanted short side, in pixels.</param>
    /// <param name="longSide">Limit of the long side, in pixels.</param>
    public ImageSize Resized(int shortSide, int longSide)
    {
        var scale = (double)shortSide / Math.Min(Height, Width);
        var (height, width) = Height < Width ? (shortSide, scale * Width) : (scale * Height, (double)shortSide);
        var longest = Math.Max(height, width);
        if (longest > longSide)
        {
            var shrink = longSide / longest;
            (height, width) = (height * shrink, width * shrink);
        }

        return new ImageSize(Math.Max(1, (int)(height + 0.5)), Math.Max(1, (int)(width + 0.5)));
    }

    /// <summary>
    /// The size after a resize to at most these sides that keeps the ratio: both sides are multiplied by the smaller one of the two
    /// factors, and rounded half up (mmcv's <c>rescale_size</c>); at least 1.
    /// </summary>
    /// <param name="shortSide">Limit of the short side, in pixels.</param>
    /// <param name="longSide">Limit of the long side, in pixels.</param>
    public ImageSize Rescaled(int shortSide, int longSide)
    {
        var factor = Math.Min((double)longSide / Math.Max(Height, Width), (double)shortSide / Math.Min(Height, Width));
        return new ImageSize(Math.Max(1, (int)(Height * factor + 0.5)), Math.Max(1, (int)(Width * factor + 0.5)));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Height}x{Width}";
}

/// <summary>The order in which a backbone wants its three color channels.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red: the order of detectron2's Caffe-trained backbones.</summary>
    Bgr,
}

/// <summary>How bytes become a network's input: (x - mean) / std per channel, channels in the given order.</summary>
/// <param name="Order">Channel order of the result, of the mean and of the standard deviation.</param>
/// <param name="Mean">Three numbers to subtract, 0..255.</param>
/// <param name="Std">Three positive numbers to divide by.</param>
public sealed record PixelNormalization(ChannelOrder Order, IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    private static readonly double[] ImageNetMean = [103.53, 116.28, 123.675];

    /// <summary>All published BoxTeacher configurations: BGR, ImageNet mean, not scaled.</summary>
    public static PixelNormalization CaffeBgr { get; } = new(ChannelOrder.Bgr, ImageNetMean, [1, 1, 1]);

    /// <summary>
    /// The ResNet-18 of Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1: BGR, the channel means of its mean image, not scaled.
    /// </summary>
    public static PixelNormalization ResNet18Bgr { get; } = new(ChannelOrder.Bgr, [103.0626, 115.9029, 123.1516], [1, 1, 1]);

    /// <summary>For networks that learn from scratch: BGR, ImageNet mean, divided by 58 (about unit variance).</summary>
    public static PixelNormalization CaffeBgrUnitScale { get; } = new(ChannelOrder.Bgr, ImageNetMean, [58, 58, 58]);
}
