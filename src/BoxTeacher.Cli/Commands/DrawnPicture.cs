using BoxTeacher.Data;
using BoxTeacher.Files;
using BoxTeacher.Structures;

namespace BoxTeacher.Cli.Commands;

/// <summary>
/// Pictures that predict draws: PNG files with a mark (a text chunk "Software", PNG 1.2, section 4.2.3), by which they are told from
/// everything that people have.
/// </summary>
internal static class DrawnPicture
{
    /// <summary>Bytes of what every PNG file begins with, the signature and the chunk IHDR.</summary>
    private const int HeaderLength = 33;

    private static readonly byte[] Mark = MakeMark();

    /// <summary>Writes a picture; it appears under its name only when it is complete.</summary>
    public static void Write(string path, Image image)
    {
        var png = ImageFile.Encode(".png", image);
        AtomicFile.Write(path, (byte[])[.. png.AsSpan(0, HeaderLength), .. Mark, .. png.AsSpan(HeaderLength)]);
    }

    /// <summary>Whether a file has the mark; one that cannot be read has none.</summary>
    public static bool Is(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var start = new byte[HeaderLength + Mark.Length];
            return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.AsSpan(HeaderLength).SequenceEqual(Mark);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static byte[] MakeMark()
    {
        using var chunk = new MemoryStream();
        PngChunk.Write(chunk, "tEXt"u8, "Software\0boxteacher predict"u8);
        return chunk.ToArray();
    }
}
