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
        var done = 0;
        var work = Task.Run(() => ParallelWork.For(images.Count, i =>
        {
            faults[i] = Fault(images[i]);
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
        if (Array.TrueForAll(faults, fault => fault is null))
        {
            Write(note, state);
        }
        return faults;

        void Tell() => listener?.Invoke(new PicturesChecked(annotations, Volatile.Read(ref done), images.Count));
    }

    private static PictureFault? Fault(ImageRecord image)
    {
        try
        {
            // A pipe has no length, and would keep its reader waiting.
            if (new FileInfo(image.FileName) is { Exists: true, Length: 0 })
            {
                return new PictureFault.Unreadable($"{image.FileName}: the file is empty");
            }
            var header = ImageFile.ReadHeader(image.FileName);
            return header.Upright != image.Size ? new PictureFault.OtherSize(header)
                : header.IsAmbiguous ? new PictureFault.Ambiguous()
                : null;
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

    private static void Write(string note, string state)
    {
        try
        {
            AtomicFile.WriteText(note, state);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next check reads the headers again.
        }
    }
}
