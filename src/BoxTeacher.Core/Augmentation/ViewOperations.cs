using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// A random change of a view. It gives another image and, where it moves pixels, another map; the given view stays as it is. What it
/// draws comes from <paramref name="random"/> alone.
/// </summary>
public delegate AugmentedImage ViewOperation(AugmentedImage view, RandomStream random);

/// <summary>Operations made of operations.</summary>
public static class ViewOperations
{
    /// <summary>Changes nothing.</summary>
    public static ViewOperation Identity { get; } = (view, _) => view;

    /// <summary>One of them, each as likely as the others.</summary>
    public static ViewOperation OneOf(params IReadOnlyList<ViewOperation> operations) =>
        (view, random) => operations[random.Below(operations.Count)](view, random);

    /// <summary>One after the other.</summary>
    public static ViewOperation InOrder(params IReadOnlyList<ViewOperation> operations) =>
        (view, random) => operations.Aggregate(view, (changed, operation) => operation(changed, random));

    /// <summary>One after the other, each order as likely as the others.</summary>
    public static ViewOperation InRandomOrder(params IReadOnlyList<ViewOperation> operations) => (view, random) =>
    {
        ViewOperation[] order = [.. operations];
        random.Shuffle(order.AsSpan());
        return InOrder(order)(view, random);
    };

    /// <summary>Changes the bytes of a copy of the image, no pixel moves.</summary>
    /// <param name="change">Is given [height, width, 3] bytes, RGB, and the size.</param>
    public static ViewOperation Pixels(PixelChange change) => (view, random) =>
    {
        var image = new Image(view.Image.Pixels.AsSpan().ToArray(), view.Image.Height, view.Image.Width);
        change(image.Pixels, image.Size, random);
        return view with { Image = image };
    };
}

/// <summary>A random change of interleaved RGB pixels, in place.</summary>
public delegate void PixelChange(Span<byte> pixels, ImageSize size, RandomStream random);
