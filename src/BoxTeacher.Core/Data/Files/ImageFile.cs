using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>Pictures and label maps on disk.</summary>
public static class ImageFile
{
    /// <summary>The most pixels that a picture may have, 2^27.</summary>
    public const long MaxPixels = 1L << 27;

    /// <summary>Reads a JPEG or PNG file as colour, turned upright as its metadata says; grey pictures are expanded.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is neither, is cut off or is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Image Read(string path)
    {
        byte[] data = ReadBytes(path);
        if (JpegHeader.Matches(data))
        {
            JpegHeader.Check(path, data);
        }
        else if (PngReader.Matches(data))
        {
            PngReader.CheckHeader(path, data);
        }
        else
        {
            throw new DataFormatException(path, "", data.Length == 0 ? "the file is empty" : "this is neither a JPEG nor a PNG file");
        }
        nint picture = VisionLibrary.Decode(data, data.Length, out int height, out int width);
        if (picture == 0)
        {
            throw new DataFormatException(path, "", VisionLibrary.LastError());
        }
        try
        {
            var image = new Image(height, width);
            return VisionLibrary.CopyRgb(picture, image.Pixels) == 0
                ? image
                : throw new DataFormatException(path, "", VisionLibrary.LastError());
        }
        finally
        {
            VisionLibrary.Free(picture);
        }
    }

    /// <summary>
    /// Reads a grey PNG file without loss: label maps with one grey level an object, 16-bit ones included.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is not a grey PNG, is cut off or is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap ReadGray(string path) => PngReader.Read(path, ReadBytes(path), PngReader.Gray);

    /// <summary>
    /// Reads a palette or grey PNG file as the stored numbers, which PASCAL VOC uses as labels; the palette's colours
    /// are not looked at.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFormatException">The file is not such a PNG, is cut off or is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap ReadIndexed(string path) => PngReader.Read(path, ReadBytes(path), PngReader.Gray, PngReader.Palette);

    /// <summary>Writes a picture; the ending .jpg, .jpeg or .png decides how.</summary>
    /// <param name="path">The file; it appears under this name only when it is complete.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">JPEG quality, 1 to 100.</param>
    /// <exception cref="ArgumentException">Another ending, or a quality out of range.</exception>
    public static void Write(string path, Image image, int quality = 95)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(image);
        AtomicFile.Write(path, Encode(Path.GetExtension(path), image, quality));
    }

    /// <summary>A picture as the bytes of a file.</summary>
    /// <param name="extension">.jpg, .jpeg or .png.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">JPEG quality, 1 to 100.</param>
    /// <exception cref="ArgumentException">Another ending, or a quality out of range.</exception>
    public static byte[] Encode(string extension, Image image, int quality = 95)
    {
        ArgumentNullException.ThrowIfNull(extension);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        if (extension.Equals(".png", StringComparison.OrdinalIgnoreCase))
        {
            return PngWriter.Rgb(image);
        }
        if (!extension.Equals(".jpg", StringComparison.OrdinalIgnoreCase) && !extension.Equals(".jpeg", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"Pictures are written as .jpg or .png, not as '{extension}'.", nameof(extension));
        }
        byte[] buffer = new byte[image.Pixels.Length + 65_536];
        long length = VisionLibrary.EncodeJpeg(image.Pixels, image.Height, image.Width, quality, buffer, buffer.Length);
        return length > 0 ? buffer.AsSpan(0, (int)length).ToArray() : throw new IOException(VisionLibrary.LastError());
    }

    private static byte[] ReadBytes(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileInfo(path) is { Exists: true, Length: > int.MaxValue / 2 }
            ? throw new DataFormatException(path, "", "the file is longer than 1 GB")
            : File.ReadAllBytes(path);
    }
}
