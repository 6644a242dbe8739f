using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using BoxTeacher.Files;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using SkiaSharp;

namespace BoxTeacher.Data;

/// <summary>
/// Pictures and label maps on disk. Pictures are JPEG, PNG, BMP or WebP files, told apart by their bytes and not by their names.
/// </summary>
public static class ImageFile
{
    /// <summary>The most pixels that a picture may have, 2^27.</summary>
    public const long MaxPixels = 1L << 27;

    /// <summary>The endings of names of pictures, in small letters.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jpg", ".jpeg", ".png", ".bmp", ".webp"];

    // A block of 8 x 8 pixels takes at least one bit of a JPEG file.
    private const long MaxJpegPixelsPerByte = 512;

    // The upper 8 of 16 bits, where no more than 12 are used.
    private const byte MaxOfTwelveBits = 15;

    // The header of most pictures fits in.
    private const int HeadBytes = 1 << 14;

    /// <summary>Whether a name ends as a picture's, in small letters or capitals; the file need not exist.</summary>
    public static bool HasEnding(string name) => Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Reads a picture as color, turned upright as its EXIF orientation says; gray is expanded, transparency is left out, and of 16 bits
    /// the upper 8 are kept. A 16-bit picture of which they are next to nothing, such as one of raw 12-bit samples, is refused.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is of another kind, is cut off or is damaged, or its 16-bit samples are.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Image Read(string path)
    {
        var data = ReadBytes(path);
        // Not from a managed stream: a damaged header may ask it for more than an array holds, in native code that nobody can catch.
        using var bytes = SKData.CreateCopy(data);
        using var codec = SKCodec.Create(bytes);
        CheckHeader(path, codec, data, data.Length);
        // Skia takes a PNG file without its last check sums, and does not look for its orientation.
        var png = codec.EncodedFormat == SKEncodedImageFormat.Png ? PngReader.Check(path, data) : (PngFacts?)null;
        using var picture = new SKBitmap(
            new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var image = codec.GetPixels(picture.Info, picture.GetPixels()) switch
        {
            SKCodecResult.Success => Upright(picture, png?.Origin ?? codec.EncodedOrigin),
            SKCodecResult.IncompleteInput => throw new DataFormatException(path, "", $"the {codec.EncodedFormat} file is cut off"),
            var result => throw new DataFormatException(path, "", $"the {codec.EncodedFormat} picture cannot be decoded ({result})"),
        };
        return png?.Depth != 16 || image.Pixels.AsSpan().ContainsAnyExceptInRange<byte>(0, MaxOfTwelveBits)
            ? image
            : throw new DataFormatException(
                path, "",
                "the 16-bit samples use less than a 16th of their range, as raw ones of 12 bits do, and would come out black; multiply them by 16, or save 8 bits");
    }

    /// <summary>
    /// What the header of a picture tells, and whether the file looks whole. Only where the header leaves a doubt is it decoded: a JPEG
    /// file that does not end as it should, a PNG file of 16 bits.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">As of <see cref="Read"/>.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    internal static PictureHeader ReadHeader(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var head = new byte[Math.Min(file.Length, HeadBytes)];
        file.ReadExactly(head);
        // A long header may hold another picture.
        using var bytes = SKData.CreateCopy(head);
        using var codec = SKCodec.Create(bytes) ?? SKCodec.Create(path);
        CheckHeader(path, codec, head, file.Length);
        var png = codec.EncodedFormat == SKEncodedImageFormat.Png ? PngReader.Skim(path, file) : (PngFacts?)null;
        if (png?.Depth == 16 || (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && !EndsAsJpeg(file)))
        {
            _ = Read(path);
        }
        var origin = png?.Origin ?? codec.EncodedOrigin;
        return new PictureHeader(
            new ImageSize(codec.Info.Height, codec.Info.Width), IsTurned(origin), origin is not (0 or SKEncodedOrigin.TopLeft));
    }

    /// <summary>
    /// Reads a gray PNG file without loss: label maps with one gray level per object, 16-bit ones included.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is not a gray PNG, is cut off or is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap ReadGray(string path) => PngReader.Read(path, ReadBytes(path), PngReader.Gray);

    /// <summary>
    /// Reads a palette or gray PNG file as the stored numbers, which PASCAL VOC uses as labels; the palette's colors
    /// are not looked at.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is not such a PNG, is cut off or is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap ReadIndexed(string path) => PngReader.Read(path, ReadBytes(path), PngReader.Gray, PngReader.Palette);

    /// <summary>Writes a picture; the ending .jpg, .jpeg, .png or .webp decides how.</summary>
    /// <param name="path">The file; it appears under this name only when it is complete.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">Quality of JPEG and WebP, 1 to 100.</param>
    /// <exception cref="ArgumentException">Another ending, or a quality out of range.</exception>
    public static void Write(string path, Image image, int quality = 95)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(image);
        AtomicFile.Write(path, Encode(Path.GetExtension(path), image, quality));
    }

    /// <summary>A picture as the bytes of a file: JPEG with colors at half resolution, PNG, or WebP with loss.</summary>
    /// <param name="extension">.jpg, .jpeg, .png or .webp.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">Quality of JPEG and WebP, 1 to 100.</param>
    /// <exception cref="ArgumentException">Another ending, or a quality out of range.</exception>
    public static byte[] Encode(string extension, Image image, int quality = 95)
    {
        ArgumentNullException.ThrowIfNull(extension);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        using var picture = Bitmap(image);
        using var pixels = picture.PeekPixels();
        using var data = extension.ToUpperInvariant() switch
        {
            ".PNG" => pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, 6)),
            ".JPG" or ".JPEG" =>
                pixels.Encode(new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore)),
            ".WEBP" => pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, quality)),
            _ => throw new ArgumentException($"Pictures are written as .jpg, .png or .webp, not as '{extension}'.", nameof(extension)),
        };
        return data?.ToArray() ?? throw new ArgumentException(
            $"A picture of {image.Height}x{image.Width} pixels is too large for '{extension}'.", nameof(image));
    }

    private static void CheckHeader(string path, [NotNull] SKCodec? codec, ReadOnlySpan<byte> head, long length)
    {
        if (codec?.EncodedFormat is not (
            SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Webp))
        {
            throw new DataFormatException(path, "", NoPicture(head));
        }
        var size = new ImageSize(codec.Info.Height, codec.Info.Width);
        if (size.Area > (codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? long.Min(MaxPixels, MaxJpegPixelsPerByte * length) : MaxPixels))
        {
            throw new DataFormatException(path, "", $"{length} bytes cannot hold a picture of {size} pixels");
        }
        if (codec.EncodedFormat == SKEncodedImageFormat.Webp && length < 8L + BinaryPrimitives.ReadUInt32LittleEndian(head[4..]))
        {
            throw new DataFormatException(path, "", "the WebP file is cut off");
        }
    }

    // What people have in the place of pictures.
    private static string NoPicture(ReadOnlySpan<byte> head)
    {
        var text = Encoding.Latin1.GetString(head[..Math.Min(64, head.Length)]).TrimStart();
        return head.IsEmpty ? "the file is empty"
            : text.StartsWith("version https://git-lfs", StringComparison.Ordinal)
                ? "this is a Git LFS pointer and not the picture; 'git lfs pull' fetches the picture"
            : text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
                ? "this is an HTML page and not a picture; the download went wrong"
            : "this is no JPEG, PNG, BMP or WebP file, or its header is damaged";
    }

    private static bool EndsAsJpeg(FileStream file)
    {
        Span<byte> end = stackalloc byte[2];
        return RandomAccess.Read(file.SafeFileHandle, end, file.Length - end.Length) == end.Length && end is [0xFF, 0xD9];
    }

    private static bool IsTurned(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    private static unsafe Image Upright(SKBitmap picture, SKEncodedOrigin origin)
    {
        var (height, width) = (picture.Height, picture.Width);
        var image = IsTurned(origin) ? new Image(width, height) : new Image(height, width);
        var source = new ReadOnlySpan<uint>((void*)picture.GetPixels(), height * width);
        for (var y = 0; y < image.Height; y++)
        {
            // The source pixel of a row's first pixel, and the way from one to the next.
            var (at, step) = origin switch
            {
                SKEncodedOrigin.TopRight => ((y * width) + width - 1, -1),
                SKEncodedOrigin.BottomRight => (((height - y) * width) - 1, -1),
                SKEncodedOrigin.BottomLeft => ((height - 1 - y) * width, 1),
                SKEncodedOrigin.LeftTop => (y, width),
                SKEncodedOrigin.RightTop => (((height - 1) * width) + y, -width),
                SKEncodedOrigin.RightBottom => ((height * width) - 1 - y, -width),
                SKEncodedOrigin.LeftBottom => (width - 1 - y, width),
                _ => (y * width, 1),
            };
            var row = image.Row(y);
            for (var x = 0; x < row.Length; x += 3, at += step)
            {
                var pixel = source[at];
                (row[x], row[x + 1], row[x + 2]) = ((byte)pixel, (byte)(pixel >> 8), (byte)(pixel >> 16));
            }
        }
        return image;
    }

    private static unsafe SKBitmap Bitmap(Image image)
    {
        var picture = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var target = new Span<uint>((void*)picture.GetPixels(), image.Height * image.Width);
        var source = image.Pixels.AsSpan();
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = 0xFF000000 | source[3 * i] | (uint)source[(3 * i) + 1] << 8 | (uint)source[(3 * i) + 2] << 16;
        }
        return picture;
    }

    private static byte[] ReadBytes(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileInfo(path) is { Exists: true, Length: > int.MaxValue / 2 }
            ? throw new DataFormatException(path, "", "the file is longer than 1 GB")
            : File.ReadAllBytes(path);
    }
}

/// <summary>Finds SkiaSharp's native half also from scripts and notebooks.</summary>
internal static class SkiaRuntime
{
    [ModuleInitializer]
    [SuppressMessage(
        "Usage", "CA2255", Justification = "The native library has to be found by whoever uses SkiaSharp first, here or elsewhere.")]
    internal static void AwaitSkiaSharp() => PackageNatives.WhenLoaded(nameof(SkiaSharp), assembly =>
        // Zero leaves it to the usual search.
        NativeLibrary.SetDllImportResolver(assembly, (name, _, _) =>
            PackageNatives.Files(assembly, OperatingSystem.IsWindows() ? $"{name}.dll" : PackageNatives.FileName("SkiaSharp"))
                .FirstOrDefault() is { } file ? NativeLibrary.Load(file) : 0));
}
