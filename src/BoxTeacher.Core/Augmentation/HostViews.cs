using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Augmentation;

/// <summary>The common sizes of a batch's views.</summary>
/// <param name="Weak">Of the weak ones.</param>
/// <param name="Strong">Of the strong ones.</param>
internal readonly record struct PaddedSizes(ImageSize Weak, ImageSize Strong);

/// <summary>A pair of views in managed memory, ready to be copied into tensors.</summary>
internal sealed class HostViews
{
    private readonly HostView _weak;
    private readonly HostView? _strong;
    private readonly byte[]? _colors;

    /// <summary>Normalizes and pads samples.</summary>
    /// <param name="samples">Of one batch.</param>
    /// <param name="supervision">Which labels are handed on; null: none.</param>
    /// <param name="normalization">How the detector wants its pixels.</param>
    /// <param name="padding">How images come to one size.</param>
    /// <param name="sizes">These sizes.</param>
    /// <param name="withPixels">Whether the weak view has its <see cref="View.Pixels"/>.</param>
    public HostViews(
        IReadOnlyList<Sample> samples, Supervision? supervision, PixelNormalization normalization, ImagePadding padding, PaddedSizes sizes,
        bool withPixels)
    {
        AugmentedImage[] weak = [.. samples.Select(sample => sample.Weak)];
        AugmentedImage[] strong = [.. samples.Select(sample => sample.Strong)];
        _weak = new HostView(samples, weak, normalization, padding, sizes.Weak, Labels(weak));
        if (!weak.Zip(strong).All(pair => ReferenceEquals(pair.First, pair.Second)))
        {
            // Views of one geometry have the same labels.
            var isShared = weak.Zip(strong).All(pair => pair.First.FromOriginal == pair.Second.FromOriginal);
            _strong = new HostView(samples, strong, normalization, padding, sizes.Strong, isShared ? _weak.Objects : Labels(strong));
        }

        _colors = withPixels ? PixelPlanes.Rgb(_weak.Pictures, sizes.Weak) : null;

        IReadOnlyList<LabelledObject>[] Labels(AugmentedImage[] images) =>
            [.. samples.Zip(images, (sample, image) => supervision is { } sees ? sample.Objects(image, sees) : [])];
    }

    /// <summary>The sizes that samples come to, each kind of view its own unless the padding wants one for all.</summary>
    public static PaddedSizes PaddedSizes(ImagePadding padding, IReadOnlyList<Sample> samples)
    {
        ImageSize[] weak = [.. samples.Select(sample => sample.Weak.Image.Size)];
        ImageSize[] strong = [.. samples.Select(sample => sample.Strong.Image.Size)];
        return padding.IsOneSize
            ? new PaddedSizes(padding.SizeOf([.. weak, .. strong]), padding.SizeOf([.. weak, .. strong]))
            : new PaddedSizes(padding.SizeOf(weak), padding.SizeOf(strong));
    }

    /// <summary>The views; samples with one view give one object.</summary>
    public ViewPair ToTensors(Device device)
    {
        var weak = _weak.ToTensors(device, truth: null);
        weak = _colors is null ? weak : weak with { Pixels = _weak.Tensor(_colors, device) };
        return new ViewPair(
            weak, _strong?.ToTensors(device, ReferenceEquals(_weak.Objects, _strong.Objects) ? weak.Truth : null) ?? weak);
    }

    private sealed class HostView(
        IReadOnlyList<Sample> samples, AugmentedImage[] images, PixelNormalization normalization, ImagePadding padding, ImageSize padded,
        IReadOnlyList<LabelledObject>[] objects)
    {
        private readonly float[] _planes = PixelPlanes.Normalize(Images(images), normalization, padding, padded);

        public IReadOnlyList<LabelledObject>[] Objects => objects;

        public Image[] Pictures { get; } = Images(images);

        public View ToTensors(Device device, IReadOnlyList<Instances>? truth) => new(
            new ImageBatch(Tensor(_planes, device), [.. images.Select(image => image.Image.Size)]),
            [.. images.Select(image => image.FromOriginal)],
            [.. samples.Select(sample => sample.Source.Size)],
            truth ?? [.. objects.Zip(images, (known, image) => Truth(known, image.Image.Size, device))],
            Erased: images.All(image => image.Erased is null) ? null : [.. images.Select(image => image.Erased ?? [])]);

        public Tensor Tensor<T>(T[] planes, Device device) where T : unmanaged =>
            DeviceValues.Of(planes, [images.Length, 3, padded.Height, padded.Width], device);

        private static Image[] Images(AugmentedImage[] images) => Array.ConvertAll(images, image => image.Image);

        private static Instances Truth(IReadOnlyList<LabelledObject> objects, ImageSize size, Device device)
        {
            float[] boxes =
                [.. objects.SelectMany(item => (double[])[item.Box.X0, item.Box.Y0, item.Box.X1, item.Box.Y1]).Select(side => (float)side)];
            long[] classes = [.. objects.Select(item => (long)item.Category)];
            return new Instances(
                DeviceValues.Of(boxes, [objects.Count, 4], device),
                DeviceValues.Of(classes, device), Masks: Masks(objects, size, device),
                Outlines: objects.All(item => item.Outline is null) ? null : [.. objects.Select(item => item.Outline)])
            {
                OnHost = new HostObjects(boxes, classes),
            };
        }

        private static Tensor? Masks(IReadOnlyList<LabelledObject> objects, ImageSize size, Device device)
        {
            if (objects.All(item => item.Mask is null))
            {
                return null;
            }

            var area = (int)size.Area;
            var bytes = new byte[objects.Count * area];
            for (var i = 0; i < objects.Count; i++)
            {
                objects[i].Mask!.Decode(bytes.AsSpan(i * area, area));
            }

            return DeviceValues.Of(bytes, [objects.Count, size.Height, size.Width], device);
        }
    }
}
