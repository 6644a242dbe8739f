namespace BoxTeacher.Structures;

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

    /// <summary>For networks that learn from scratch: BGR, ImageNet mean, divided by 58 (about unit variance).</summary>
    public static PixelNormalization CaffeBgrUnitScale { get; } = new(ChannelOrder.Bgr, ImageNetMean, [58, 58, 58]);
}
