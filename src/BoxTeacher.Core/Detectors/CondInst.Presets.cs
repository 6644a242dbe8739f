using BoxTeacher.Backbones;

namespace BoxTeacher.Detectors;

public sealed partial class CondInst
{
    /// <summary>The detector of BoxTeacher's published configurations over a backbone with outputs at strides 8, 16 and 32.</summary>
    /// <param name="bottomUp">The backbone, for instance <see cref="ResNet.Bottleneck"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="channels">Channels of the pyramid and the head; 256 as published.</param>
    /// <param name="maskChannels">Width of the mask branch; 128 as published.</param>
    /// <param name="maskFeatures">Channels of the mask features; 16 in BoxTeacher, 8 in CondInst.</param>
    /// <param name="convolutions">Depth of the towers; 4 as published.</param>
    /// <param name="instancesPerImage">In training, how many locations per image get a mask; 64 as published.</param>
    public static CondInst Published(Backbone bottomUp, int classes, int channels = 256, int maskChannels = 128, int maskFeatures = 16,
        int convolutions = 4, int instancesPerImage = 64)
    {
        var pyramid = new FeaturePyramid(bottomUp, channels);
        var branch = new MaskBranch([.. pyramid.Levels.Take(3)], maskChannels, convolutions, maskFeatures);
        return new CondInst(
            pyramid,
            new FcosHead(pyramid.Levels, classes, convolutions, convolutions),
            branch,
            new DynamicMaskHead([64, 128, 256, 512, 1024], maskFeatures, branch.Stride),
            new FcosAssigner(FcosAssigner.PublishedRanges),
            new FcosDecoder(),
            instancesPerImage);
    }

    /// <summary>
    /// A detector for scenes of about 128 pixels that learns from scratch on a CPU: a small trainable backbone and
    /// levels at strides 4 to 32.
    /// </summary>
    /// <param name="classes">Number of classes.</param>
    public static CondInst Small(int classes)
    {
        const int MaskFeatures = 8;
        var pyramid = new FeaturePyramid(ResNet.Small(), channels: 64, top: false);
        var branch = new MaskBranch([.. pyramid.Levels.Take(3)], channels: 32, convolutions: 2, MaskFeatures);
        return new CondInst(
            pyramid,
            new FcosHead(pyramid.Levels, classes, classConvolutions: 2, boxConvolutions: 2, distanceBias: 1.5),
            branch,
            new DynamicMaskHead([32, 64, 128, 256], MaskFeatures, branch.Stride),
            new FcosAssigner(FcosAssigner.Ranges(24, 48, 96)),
            new FcosDecoder(perLevel: 200),
            instancesPerImage: 32);
    }
}
