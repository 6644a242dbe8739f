using System.Text;

namespace BoxTeacher.Files;

/// <summary>Files that are whole or absent: written beside their place, flushed, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file through a stream.</summary>
    /// <exception cref="IOException">The disk is full, or does not take a file of this length.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = Temporary.Beside(full);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        // How .NET says EFBIG.
        catch (ArgumentOutOfRangeException error) when (error.TargetSite?.DeclaringType == typeof(RandomAccess))
        {
            throw new IOException($"{full}: the file is too long for its file system or for a limit of this process", error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes a text as UTF-8 without a mark.</summary>
    public static void WriteText(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file's bytes.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));
}
