namespace BoxTeacher.Training;

/// <summary>Files that are either the old or the new whole: written beside, flushed to disk, renamed.</summary>
internal static class AtomicFile
{
    public static void WriteText(string file, string text) => Write(file, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });

    public static void Write(string file, Action<Stream> write)
    {
        var temporary = file + ".writing";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, file, overwrite: true);
    }
}
