using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace BoxTeacher.Data;

/// <summary>Where the elements of a part of an array go, in their order; one thread's own.</summary>
internal interface IJsonPart
{
    /// <summary>Number of elements.</summary>
    int Count { get; }

    /// <summary>Adds an element of plain form; false, and nothing added, where <see cref="Read"/> has to look at it.</summary>
    /// <param name="text">Begins with the element; may be cut off.</param>
    /// <param name="used">Length of the element in bytes.</param>
    bool TryRead(ReadOnlySpan<byte> text, out int used);

    /// <summary>Adds the element at which the reader stands, and leaves the reader at its end; adds nothing where that fails.</summary>
    void Read(ref Utf8JsonReader reader);
}

/// <summary>A part that is a list.</summary>
/// <param name="parse">Parses an element.</param>
/// <param name="plain">Parses one of plain form; null: all are parsed by the first.</param>
internal sealed class JsonListPart<T>(JsonElementParser<T> parse, PlainElementParser<T>? plain = null) : IJsonPart
{
    /// <summary>The elements.</summary>
    public List<T> Elements { get; } = [];

    /// <inheritdoc/>
    public int Count => Elements.Count;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> text, out int used)
    {
        used = 0;
        var json = new PlainJson(text);
        if (plain is null || plain(ref json) is not { } element)
        {
            return false;
        }
        used = json.Position;
        Elements.Add(element);
        return true;
    }

    /// <inheritdoc/>
    public void Read(ref Utf8JsonReader reader) => Elements.Add(parse(ref reader));
}

/// <summary>The elements of consecutive chunks of a file.</summary>
/// <param name="Part">The elements before the error, if there is one.</param>
/// <param name="Start">Where the first element begins.</param>
/// <param name="End">Where the last element ends.</param>
/// <param name="Next">Where the next element begins; after the last chunk where the array ends; or where the error is.</param>
/// <param name="IsLast">Whether the array ends here, or an error ends it.</param>
/// <param name="Error">What is wrong with the next element.</param>
internal sealed record JsonChunk<TPart>(TPart Part, long Start, long End, long Next, bool IsLast, Exception? Error);

/// <summary>
/// Reads an array in chunks by several threads. Where elements begin in a chunk is guessed: after the first "}" with a comma and "{"
/// behind. A guess was right if the elements before it end exactly there; what was read from a wrong one is thrown away and read again
/// from where the elements really end, so that the outcome is that of one thread.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="length">Its length in bytes.</param>
/// <param name="start">Where the first element of the array begins.</param>
internal sealed class JsonChunks(SafeFileHandle file, long length, long start)
{
    private const int ChunkBytes = 1 << 19;
    private const int Beyond = 1 << 14;

    // So many at a time: the array may end long before the file.
    private static readonly int ChunksAtOnce = 8 * Environment.ProcessorCount;

    /// <summary>Whether an exception tells of an element, and not of the file or the machine.</summary>
    public static bool IsOfElement(Exception error) =>
        error is JsonException or JsonFieldException or InvalidOperationException or InvalidDataException;

    /// <summary>Reads one element.</summary>
    /// <param name="window">The file.</param>
    /// <param name="at">Where the element begins.</param>
    /// <param name="part">Receives it.</param>
    /// <returns>Its length in bytes.</returns>
    public static int Read(FileWindow window, long at, IJsonPart part)
    {
        while (true)
        {
            var text = window.From(at);
            if (part.TryRead(text, out var used))
            {
                return used;
            }
            try
            {
                var reader = new Utf8JsonReader(text);
                reader.Read();
                // A number may go on.
                if (reader.BytesConsumed == text.Length && !window.ReachesEnd)
                {
                    window.Widen(at);
                    continue;
                }
                part.Read(ref reader);
                return (int)reader.BytesConsumed;
            }
            catch (Exception error) when (IsOfElement(error) && !window.ReachesEnd && IsCutOff(text))
            {
                window.Widen(at);
            }
        }
    }

    /// <summary>Reads the array.</summary>
    /// <param name="begin">Makes an empty part; called from several threads.</param>
    /// <param name="take">Is given the chunks in their order; one with an error is the last.</param>
    /// <returns>Where the array ends.</returns>
    public long Read<TPart>(Func<TPart> begin, Action<JsonChunk<TPart>> take)
        where TPart : class, IJsonPart
    {
        // The first chunk begins at an element for certain.
        var (at, end) = (start, start);
        for (long first = 0; ; first += ChunksAtOnce)
        {
            var count = (int)Math.Min(ChunksAtOnce, Math.Max(1, (length - start + ChunkBytes - 1) / ChunkBytes) - first);
            var guessed = new JsonChunk<TPart>?[count];
            ParallelWork.For(count, i => guessed[i] = Guess(first + i, begin));
            for (var i = 0; i < count; i++)
            {
                if (end > Limit(first + i))
                {
                    continue;
                }
                var chunk = guessed[i] is { } good && good.Start == at ? good : Read(at, Limit(first + i), begin());
                take(chunk);
                if (chunk.IsLast)
                {
                    return chunk.Next;
                }
                (at, end) = (chunk.Next, chunk.End);
                guessed[i] = null;
            }
        }
    }

    // An element that ends after the limit of a chunk is its last.
    private long Limit(long chunk) => start + ((chunk + 1) * ChunkBytes) < length ? start + ((chunk + 1) * ChunkBytes) : long.MaxValue;

    private JsonChunk<TPart>? Guess<TPart>(long chunk, Func<TPart> begin)
        where TPart : class, IJsonPart
    {
        using var window = new FileWindow(file, length, ChunkBytes + Beyond);
        var place = chunk == 0 ? start : Border(window, Limit(chunk - 1), Limit(chunk));
        return place < 0 ? null : Read(window, place, Limit(chunk), begin());
    }

    private JsonChunk<TPart> Read<TPart>(long at, long limit, TPart part)
        where TPart : class, IJsonPart
    {
        using var window = new FileWindow(file, length, ChunkBytes + Beyond);
        return Read(window, at, limit, part);
    }

    private static JsonChunk<TPart> Read<TPart>(FileWindow window, long first, long limit, TPart part)
        where TPart : class, IJsonPart
    {
        var (at, end) = (first, first);
        try
        {
            while (true)
            {
                end = at + Read(window, at, part);
                at = window.SkipSpace(end);
                switch (window.ByteAt(at))
                {
                    case ']':
                        return new(part, first, end, at + 1, true, null);
                    case ',':
                        at = window.SkipSpace(at + 1);
                        break;
                    default:
                        return new(part, first, end, at, true, new JsonFieldException("", "expected ',' or ']' after the element"));
                }
                if (end > limit)
                {
                    return new(part, first, end, at, false, null);
                }
            }
        }
        catch (Exception error) when (IsOfElement(error))
        {
            return new(part, first, end, at, true, error);
        }
    }

    // Where an element of an array of objects may begin: after the first "}" at or behind a place, a comma and white space; -1: nowhere.
    private static long Border(FileWindow window, long from, long to)
    {
        var at = from;
        while (at < to && window.ByteAt(at) >= 0)
        {
            var text = window.From(at);
            var brace = text.IndexOf((byte)'}');
            if (brace < 0)
            {
                at += text.Length;
                continue;
            }
            at += brace + 1;
            var comma = window.SkipSpace(at);
            if (window.ByteAt(comma) == ',' && window.SkipSpace(comma + 1) is var next && window.ByteAt(next) == '{')
            {
                return next;
            }
        }
        return -1;
    }

    // Whether the text is too short to hold the element that it begins with.
    private static bool IsCutOff(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, isFinalBlock: false, default);
            return !reader.Read() || !reader.TrySkip();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
