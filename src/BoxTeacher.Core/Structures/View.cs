using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// Images as a network sees them, and what is known of them. Tensors belong to the dispose scope in which they were made.
/// </summary>
/// <param name="Images">The N images.</param>
/// <param name="FromOriginal">For each image the map from its file's pixels to the view's.</param>
/// <param name="OriginalSizes">Size of each image in its file.</param>
/// <param name="Truth">The labels of each image in the view's pixels; masks only where the method may see them.</param>
/// <param name="Pixels">
/// [N, 3, H, W] uint8 RGB as before normalization, zero padded: what colors are compared on. Null in views of which nobody asks it.
/// </param>
/// <param name="Erased">For each image the rectangles that were replaced by noise; null where nothing records them.</param>
/// <param name="Places">Where the images stand in a batch that several processes share; null: they are the whole batch.</param>
public sealed record View(
    ImageBatch Images,
    IReadOnlyList<Homography> FromOriginal,
    IReadOnlyList<ImageSize> OriginalSizes,
    IReadOnlyList<Instances> Truth,
    Tensor? Pixels = null,
    IReadOnlyList<IReadOnlyList<PixelRectangle>>? Erased = null,
    ImagePlaces? Places = null)
{
    /// <summary>N.</summary>
    public int Count => Images.Count;

    /// <summary>One of the images, padded as before, as a batch of its own.</summary>
    /// <param name="image">0-based.</param>
    public View Image(int image) => new(
        new ImageBatch(Images.Images.narrow(0, image, 1), [Images.Sizes[image]]), [FromOriginal[image]], [OriginalSizes[image]],
        [Truth[image]],
        Pixels?.narrow(0, image, 1),
        Erased is null ? null : [Erased[image]]);

    /// <summary>Some of the images, padded as before.</summary>
    /// <param name="images">0-based, in the wanted order.</param>
    public View Select(IReadOnlyList<int> images)
    {
        using var scope = NewDisposeScope();
        var rows = DeviceValues.Of([.. images.Select(image => (long)image)], Images.Images.device);
        return new View(
            new ImageBatch(Images.Images.index_select(0, rows).MoveToOuterDisposeScope(), [.. images.Select(image => Images.Sizes[image])]),
            [.. images.Select(image => FromOriginal[image])],
            [.. images.Select(image => OriginalSizes[image])],
            [.. images.Select(image => Truth[image])],
            Pixels?.index_select(0, rows).MoveToOuterDisposeScope(),
            Erased is null ? null : [.. images.Select(image => Erased[image])],
            new ImagePlaces([.. images.Select(image => Places?.Of[image] ?? image)], Places?.Whole ?? Count));
    }

    /// <summary>The same images with more padding, zeros on the right and at the bottom.</summary>
    /// <param name="size">At least the padded size.</param>
    public View Padded(ImageSize size)
    {
        return size == Images.PaddedSize ? this : this with
        {
            Images = new ImageBatch(Larger(Images.Images), Images.Sizes), Pixels = Pixels is null ? null : Larger(Pixels),
        };

        Tensor Larger(Tensor planes) => nn.functional.pad(
            planes, [0, size.Width - planes.size(3), 0, size.Height - planes.size(2)]);
    }

    /// <summary>
    /// The images of this view and of another one behind them, as one batch without <see cref="Pixels"/> and <see cref="Erased"/>.
    /// </summary>
    /// <param name="other">Of images padded to the same size.</param>
    /// <exception cref="ArgumentException">The padded sizes differ.</exception>
    public View Beside(View other) => Images.PaddedSize == other.Images.PaddedSize
        ? new View(
            new ImageBatch(cat([Images.Images, other.Images.Images]), [.. Images.Sizes, .. other.Images.Sizes]),
            [.. FromOriginal, .. other.FromOriginal], [.. OriginalSizes, .. other.OriginalSizes], [.. Truth, .. other.Truth],
            Places: Places is null || other.Places is null ? null : new ImagePlaces(
                [.. Places.Of, .. other.Places.Of.Select(place => Places.Whole + place)], Places.Whole + other.Places.Whole))
        : throw new ArgumentException($"Views of {Images.PaddedSize} and {other.Images.PaddedSize} cannot be images of one batch.");

    /// <summary>The map of an image from this view's pixels to another view's.</summary>
    /// <param name="other">A view of the same images.</param>
    /// <param name="image">0-based.</param>
    public Homography To(View other, int image) => FromOriginal[image].Inverse().Then(other.FromOriginal[image]);
}

/// <summary>The same images in the same order, as a teacher and as a student see them.</summary>
/// <param name="Weak">Weakly augmented: the teacher's.</param>
/// <param name="Strong">Strongly augmented: the student's.</param>
public sealed record ViewPair(View Weak, View Strong)
{
    /// <summary>The pair itself, for methods that hold the strong view's masks to the weak view's boxes and colors.</summary>
    /// <exception cref="ArgumentException">The two views of an image differ in geometry.</exception>
    public ViewPair OfOneGeometry() =>
        Weak.FromOriginal.SequenceEqual(Strong.FromOriginal) && Weak.Images.Sizes.SequenceEqual(Strong.Images.Sizes)
            ? this
            : throw new ArgumentException("This method compares the two views pixel by pixel; they have to share their geometry.");

    /// <summary>What a student learns from, of two views of labelled images.</summary>
    /// <param name="views">Which.</param>
    /// <exception cref="ArgumentException">Both are wanted, and they are padded to different sizes.</exception>
    public View Of(LabelledViews views) => views switch
    {
        LabelledViews.Weak => Weak,
        LabelledViews.Both => Strong.Beside(Weak),
        _ => Strong,
    };
}

/// <summary>Which views of labelled images a student learns from.</summary>
public enum LabelledViews
{
    /// <summary>The strong one (BoxTeacher, Soft Teacher).</summary>
    Strong,

    /// <summary>The weak one.</summary>
    Weak,

    /// <summary>Both, as images of one batch, the strong ones first (Unbiased Teacher, Polite Teacher).</summary>
    Both,
}

/// <summary>What a training step learns from.</summary>
/// <param name="Labelled">Images with labels.</param>
/// <param name="Unlabelled">Images whose labels nobody may see; null where a method learns without such.</param>
public sealed record Batch(ViewPair Labelled, ViewPair? Unlabelled = null);

/// <summary>
/// Images of different sizes in one tensor: normalized, padded with zeros on the right and at the bottom. The tensor belongs to the
/// dispose scope in which it was made.
/// </summary>
/// <param name="Images">[N, 3, H, W], floating point.</param>
/// <param name="Sizes">The N sizes without padding.</param>
/// <exception cref="ArgumentException">The tensor is not [N, C, H, W] of N sizes, or a size exceeds H x W.</exception>
public sealed record ImageBatch(Tensor Images, IReadOnlyList<ImageSize> Sizes)
{
    /// <summary>The padded images, [N, 3, H, W].</summary>
    public Tensor Images { get; } = Checked(Images, Sizes);

    /// <summary>N.</summary>
    public int Count => Sizes.Count;

    /// <summary>The common size H x W after padding.</summary>
    public ImageSize PaddedSize => new((int)Images.shape[2], (int)Images.shape[3]);

    /// <summary>Pads images to their common size, rounded up to a multiple of the coarsest stride.</summary>
    /// <param name="images">Each [3, h, w], normalized: the padding is zero after normalization.</param>
    /// <param name="divisor">The padded sides become multiples of it; 32 for a five-stage backbone.</param>
    /// <exception cref="ArgumentException">There is no image.</exception>
    public static ImageBatch Collate(IReadOnlyList<Tensor> images, int divisor = 32)
    {
        using var scope = NewDisposeScope();
        ImageSize[] sizes = [.. images.Select(image => new ImageSize((int)image.shape[1], (int)image.shape[2]))];
        var padded = PaddedSizeOf(sizes, divisor);
        var batch = zeros(sizes.Length, images[0].shape[0], padded.Height, padded.Width, images[0].dtype, images[0].device);
        for (var i = 0; i < sizes.Length; i++)
        {
            batch[i].narrow(1, 0, sizes[i].Height).narrow(2, 0, sizes[i].Width).copy_(images[i]);
        }

        return new ImageBatch(batch.MoveToOuterDisposeScope(), sizes);
    }

    /// <summary>The common padded size of images: the largest sides, each rounded up to a multiple of <paramref name="divisor"/>.</summary>
    /// <exception cref="ArgumentException">There is no image.</exception>
    public static ImageSize PaddedSizeOf(IReadOnlyList<ImageSize> sizes, int divisor = 32)
    {
        if (sizes.Count == 0)
        {
            throw new ArgumentException("A batch needs at least one image.", nameof(sizes));
        }

        int RoundUp(int side) => (side + divisor - 1) / divisor * divisor;
        return new ImageSize(RoundUp(sizes.Max(size => size.Height)), RoundUp(sizes.Max(size => size.Width)));
    }

    /// <summary>Hands the tensor to the dispose scope outside the current one.</summary>
    public ImageBatch MoveToOuterDisposeScope()
    {
        Images.MoveToOuterDisposeScope();
        return this;
    }

    private static Tensor Checked(Tensor images, IReadOnlyList<ImageSize> sizes)
    {
        var shape = images.shape;
        if (shape.Length != 4 || shape[0] != sizes.Count)
        {
            throw new ArgumentException(
                $"A batch of {sizes.Count} images needs a tensor [{sizes.Count},C,H,W], not [{string.Join(',', shape)}].", nameof(images));
        }

        var misfit = sizes.FirstOrDefault(size => size.Height > shape[2] || size.Width > shape[3]);
        return misfit == default
            ? images
            : throw new ArgumentException($"An image of {misfit} does not fit into the batch's {shape[2]}x{shape[3]}.", nameof(sizes));
    }
}
