using System.Security.Cryptography;
using System.Text;
using BoxTeacher.Files;

namespace BoxTeacher.Data;

/// <summary>Why a picture is not what the annotations say.</summary>
internal abstract record PictureFault
{
    /// <summary>There is no such file.</summary>
    public sealed record Missing : PictureFault;

    /// <summary>The file cannot be read, or is no picture.</summary>
    /// <param name="Problem">Names the file.</param>
    public sealed record Unreadable(string Problem) : PictureFault;

    /// <summary>The picture has another size.</summary>
    /// <param name="Header">The picture's own.</param>
    public sealed record OtherSize(PictureHeader Header) : PictureFault;

    /// <summary>The picture is turned or mirrored by its EXIF data, and its size does not tell whether its labels are.</summary>
    public sealed record Ambiguous : PictureFault;
}

/// <summary>Compares the headers of pictures with the annotations.</summary>
internal static class PictureCheck
{
    // What is noted changes when the check does.
    private const string Version = "1";

    private const int StampsAtOnce = 256;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private readonly record struct Stamp(long Length, long Changed)
    {
        public static Stamp Of(string path) =>
            new FileInfo(path) is { Exists: true } file ? new(file.Length, file.LastWriteTimeUtc.Ticks) : default;
    }

    /// <summary>The fault of each image, or null. A note of no faults is kept, and believed as long as nothing has changed.</summary>
    public static PictureFault?[] Run(IReadOnlyList<ImageRecord> images, string annotations, Action<DataEvent>? listener)
    {
        var faults = new PictureFault?[images.Count];
        // Before the pictures are opened: one that is changed meanwhile will have another stamp.
        var state = State(images);
        var note = annotations + ".checked";
        if (Read(note) == state)
        {
            return faults;
        }
        ForEach(images.Count, annotations, listener, i => faults[i] = Fault(images[i]));
        if (Array.TrueForAll(faults, fault => fault is null))
        {
            Write(note, stream => stream.Write(Encoding.ASCII.GetBytes(state)));
        }
        return faults;
    }

    /// <summary>
    /// Reads the sizes of pictures that nothing else tells from their headers. They are noted in LIST.sizes, and believed as long as the
    /// names, lengths and times of change of all are the same.
    /// </summary>
    /// <param name="images">Receive the sizes.</param>
    /// <param name="list">What lists them.</param>
    /// <param name="listener">Is told how it goes.</param>
    /// <returns>The fault of each image, or null.</returns>
    public static PictureFault?[] Measure(PackedImages images, string list, Action<DataEvent>? listener)
    {
        var faults = new PictureFault?[images.Count];
        var state = State(images);
        var note = list + ".sizes";
        if (ReadSizes(note, state, images))
        {
            return faults;
        }
        ForEach(images.Count, list, listener, i => faults[i] = Fault(images[i].FileName, header =>
        {
            (images.Row(i).Width, images.Row(i).Height) = (header.Upright.Width, header.Upright.Height);
            return null;
        }));
        if (Array.TrueForAll(faults, fault => fault is null))
        {
            Write(note, stream => WriteSizes(stream, state, images));
        }
        return faults;
    }

    private static void ForEach(int count, string list, Action<DataEvent>? listener, Action<int> look)
    {
        var done = 0;
        var work = Task.Run(() => ParallelWork.For(count, i =>
        {
            look(i);
            Interlocked.Increment(ref done);
        }));
        var isLong = false;
        while (Task.WaitAny([work], TellEvery) < 0)
        {
            Tell();
            isLong = true;
        }
        work.GetAwaiter().GetResult();
        if (isLong)
        {
            Tell();
        }

        void Tell() => listener?.Invoke(new PicturesChecked(list, Volatile.Read(ref done), count));
    }

    private static PictureFault? Fault(ImageRecord image) => Fault(image.FileName, header =>
        header.Upright != image.Size ? new PictureFault.OtherSize(header)
        : header.IsAmbiguous ? new PictureFault.Ambiguous()
        : null);

    private static PictureFault? Fault(string path, Func<PictureHeader, PictureFault?> judge)
    {
        try
        {
            // A pipe has no length, and would keep its reader waiting.
            if (new FileInfo(path) is { Exists: true, Length: 0 })
            {
                return new PictureFault.Unreadable($"{path}: the file is empty");
            }
            return judge(ImageFile.ReadHeader(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return new PictureFault.Missing();
        }
        catch (Exception error) when (error is DataFormatException or IOException or UnauthorizedAccessException)
        {
            return new PictureFault.Unreadable(error.Message);
        }
    }

    // All that the outcome depends on, short of the pictures' bytes.
    private static string State(IReadOnlyList<ImageRecord> images)
    {
        var stamps = new Stamp[images.Count];
        ParallelWork.For(images.Count, StampsAtOnce, i => stamps[i] = Stamp.Of(images[i].FileName));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (image, stamp) in images.Zip(stamps))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{image.FileName}\0{image.Size} {stamp.Length} {stamp.Changed}\n"));
        }
        return $"{Version} {Convert.ToHexStringLower(hash.GetHashAndReset())}\n";
    }

    // A note that cannot be read or written only costs time.
    private static string? Read(string note)
    {
        try
        {
            return File.Exists(note) ? File.ReadAllText(note) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The state in a line, then width and height of each image in 16 bits.
    private static bool ReadSizes(string note, string state, PackedImages images)
    {
        try
        {
            if (!File.Exists(note))
            {
                return false;
            }
            using var file = new BinaryReader(File.OpenRead(note), Encoding.ASCII);
            if (file.BaseStream.Length != state.Length + (2L * sizeof(ushort) * images.Count)
                || Encoding.ASCII.GetString(file.ReadBytes(state.Length)) != state)
            {
                return false;
            }
            for (var i = 0; i < images.Count; i++)
            {
                (images.Row(i).Width, images.Row(i).Height) = (file.ReadUInt16(), file.ReadUInt16());
            }
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void WriteSizes(Stream stream, string state, PackedImages images)
    {
        using var writer = new BinaryWriter(stream, Encoding.ASCII, leaveOpen: true);
        writer.Write(Encoding.ASCII.GetBytes(state));
        for (var i = 0; i < images.Count; i++)
        {
            writer.Write((ushort)images.Row(i).Width);
            writer.Write((ushort)images.Row(i).Height);
        }
    }

    private static void Write(string note, Action<Stream> write)
    {
        try
        {
            AtomicFile.Write(note, write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next check reads the headers again.
        }
    }
}
