using System.Security.Cryptography;

namespace BoxTeacher.Data;

/// <summary>
/// What tells a data set from another: two of one fingerprint train and evaluate alike, wherever their files lie and however their
/// annotations are laid out.
/// </summary>
/// <param name="Images">Number of images.</param>
/// <param name="Objects">Number of annotations.</param>
/// <param name="Labels">SHA-256 of categories, images and annotations, in hexadecimal digits.</param>
/// <param name="Pictures">SHA-256 of the picture files' names and lengths: every byte of a large data set would take minutes to read.</param>
internal sealed record DatasetFingerprint(int Images, int Objects, string Labels, string Pictures)
{
    private const int LengthsAtOnce = 256;

    /// <summary>A data set's fingerprint.</summary>
    /// <exception cref="IOException">A picture is missing.</exception>
    public static DatasetFingerprint Of(InstanceDataset dataset) => new(
        dataset.Images.Count,
        dataset.Images.Sum(image => image.Annotations.Count),
        Hash(writer => WriteLabels(writer, dataset)),
        Hash(writer => WritePictures(writer, dataset.Images)));

    private static string Hash(Action<BinaryWriter> write)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        using (var buffer = new BufferedStream(stream, 1 << 16))
        using (var writer = new BinaryWriter(buffer))
        {
            write(writer);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }

    private static void WritePictures(BinaryWriter writer, IReadOnlyList<ImageRecord> images)
    {
        var lengths = new long[images.Count];
        ParallelWork.For(images.Count, LengthsAtOnce, i => lengths[i] = new FileInfo(images[i].FileName).Length);
        for (var i = 0; i < images.Count; i++)
        {
            writer.Write(Path.GetFileName(images[i].FileName));
            writer.Write(lengths[i]);
        }
    }

    private static void WriteLabels(BinaryWriter writer, InstanceDataset dataset)
    {
        writer.Write(dataset.Categories.Count);
        foreach (var category in dataset.Categories)
        {
            writer.Write(category.Id);
            writer.Write(category.Name);
        }

        foreach (var image in dataset.Images)
        {
            writer.Write(image.Id);
            writer.Write(image.Width);
            writer.Write(image.Height);
            writer.Write(image.Annotations.Count);
            foreach (var annotation in image.Annotations)
            {
                Write(writer, annotation);
            }
        }
    }

    private static void Write(BinaryWriter writer, Annotation annotation)
    {
        writer.Write(annotation.Id);
        writer.Write(annotation.Category);
        Write(writer, annotation.Box.X0, annotation.Box.Y0, annotation.Box.X1, annotation.Box.Y1, annotation.Area);
        writer.Write(annotation.IsCrowd);
        switch (annotation.Segmentation)
        {
            case Segmentation.Polygons outlines:
                writer.Write(outlines.Rings.Count);
                foreach (var ring in outlines.Rings)
                {
                    writer.Write(ring.Length);
                    Write(writer, ring);
                }

                break;
            case Segmentation.RunLength { Mask: var mask }:
                writer.Write(-1);
                writer.Write(mask.Height);
                writer.Write(mask.Width);
                writer.Write(mask.ToCompressed());
                break;
            default:
                writer.Write(-2);
                break;
        }
    }

    private static void Write(BinaryWriter writer, params ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            writer.Write(value);
        }
    }
}
