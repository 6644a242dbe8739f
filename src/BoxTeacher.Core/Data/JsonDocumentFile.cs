using System.Text.Json;

namespace BoxTeacher.Data;

/// <summary>Parses the array element at which the reader stands, and leaves the reader at the element's end.</summary>
internal delegate T JsonElementParser<out T>(ref Utf8JsonReader reader);

/// <summary>
/// A large JSON file, read as a stream of elements: nothing is kept but what the element parsers return, and the
/// elements of a long array are parsed by several threads.
/// </summary>
internal sealed class JsonDocumentFile
{
    private const int ChunkBytes = 1 << 18;
    private readonly byte[] _bytes;
    private int _position;

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="DataFormatException">The file is longer than 2 GB.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public JsonDocumentFile(string path)
    {
        Path = path;
        var info = new FileInfo(path);
        if (info.Exists && info.Length > System.Array.MaxLength)
        {
            throw new DataFormatException(path, "", "the file is longer than 2 GB");
        }
        _bytes = File.ReadAllBytes(path);
        if (_bytes.AsSpan().StartsWith("\uFEFF"u8))
        {
            _position = 3;
        }
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Walks the keys of the object that the file holds.</summary>
    /// <param name="visit">
    /// Called at each key's value; it must consume the value by one of the methods below.
    /// </param>
    public void VisitObject(Action<string> visit)
    {
        Expect((byte)'{', "an object");
        if (TryTake((byte)'}'))
        {
            ExpectEnd();
            return;
        }
        do
        {
            var key = Value("", (ref Utf8JsonReader reader) => JsonFields.Text(ref reader, "")!);
            Expect((byte)':', $"':' after \"{key}\"");
            visit(key);
        }
        while (TryTake((byte)','));
        Expect((byte)'}', "',' or '}'");
        ExpectEnd();
    }

    /// <summary>The whole file is one array.</summary>
    public List<T> WholeArray<T>(JsonElementParser<T> parse)
    {
        var elements = Array("", parse);
        ExpectEnd();
        return elements;
    }

    /// <summary>Steps over the value that comes next.</summary>
    public void Skip() => Value("", (ref Utf8JsonReader reader) =>
    {
        reader.Skip();
        return true;
    });

    /// <summary>Parses the value that comes next.</summary>
    public T Value<T>(string name, JsonElementParser<T> parse)
    {
        try
        {
            return ParseAt(_bytes, ref _position, parse);
        }
        catch (Exception error) when (error is JsonException or JsonFieldException or InvalidOperationException)
        {
            throw Located(name, _position, error);
        }
    }

    /// <summary>Whether null came next, which then is behind.</summary>
    public bool TakeNull()
    {
        SkipSpace(ref _position);
        if (!_bytes.AsSpan(_position).StartsWith("null"u8))
        {
            return false;
        }
        _position += "null".Length;
        return true;
    }

    /// <summary>Parses the array that comes next, element by element.</summary>
    /// <param name="name">The array's name for messages.</param>
    /// <param name="parse">Parses one element; called from several threads.</param>
    public List<T> Array<T>(string name, JsonElementParser<T> parse)
    {
        Expect((byte)'[', name.Length == 0 ? "an array" : $"{name}: an array");
        var all = new List<T>();
        if (TryTake((byte)']'))
        {
            return all;
        }
        var start = _position;
        var borders = GuessBorders(start);
        var chunks = new Chunk<T>[borders.Length];
        if (borders.Length > 1)
        {
            Parallel.For(0, borders.Length, i =>
                chunks[i] = ParseChunk(borders[i], i + 1 < borders.Length ? borders[i + 1] : int.MaxValue, parse));
        }
        else
        {
            chunks[0] = ParseChunk(start, int.MaxValue, parse);
        }
        all.Capacity = chunks.Sum(chunk => chunk.Elements.Count);
        // A border was guessed right if the elements before it end exactly there; what was parsed from a wrong one is
        // thrown away and its _bytes are parsed again from where the elements really end.
        var at = start;
        for (var i = 0; i < chunks.Length; i++)
        {
            var next = i + 1 < borders.Length ? borders[i + 1] : int.MaxValue;
            if (at >= next)
            {
                continue;
            }
            var chunk = borders[i] == at ? chunks[i] : ParseChunk(at, next, parse);
            all.AddRange(chunk.Elements);
            if (chunk.Error is not null)
            {
                throw Located($"{name}[{all.Count}]", chunk.End, chunk.Error);
            }
            at = chunk.End;
            chunks[i] = default;
            if (chunk.Last)
            {
                break;
            }
        }
        _position = at;
        return all;
    }

    private readonly record struct Chunk<T>(List<T> Elements, int End, bool Last, Exception? Error);

    // Parses elements up to the array's end or until one begins at or after the limit.
    private Chunk<T> ParseChunk<T>(int start, int limit, JsonElementParser<T> parse)
    {
        var elements = new List<T>();
        var at = start;
        try
        {
            while (true)
            {
                elements.Add(ParseAt(_bytes, ref at, parse));
                SkipSpace(ref at);
                var separator = at < _bytes.Length ? _bytes[at] : (byte)0;
                if (separator == ']')
                {
                    return new(elements, at + 1, true, null);
                }
                if (separator != ',')
                {
                    return new(elements, at, true, new JsonFieldException("", "expected ',' or ']' after the element"));
                }
                at++;
                SkipSpace(ref at);
                if (at >= limit)
                {
                    return new(elements, at, false, null);
                }
            }
        }
        catch (Exception error) when (error is JsonException or JsonFieldException or InvalidOperationException)
        {
            return new(elements, at, true, error);
        }
    }

    // Places where an element of an array of objects may begin: after "}", a comma and white space.
    private int[] GuessBorders(int start)
    {
        var borders = new List<int> { start };
        for (var target = (long)start + ChunkBytes; target < _bytes.Length; target += ChunkBytes)
        {
            var end = (int)Math.Min(_bytes.Length, target + ChunkBytes);
            for (var at = (int)target; at < end; at++)
            {
                var brace = _bytes.AsSpan(at, end - at).IndexOf((byte)'}');
                if (brace < 0)
                {
                    break;
                }
                at += brace;
                var next = at + 1;
                SkipSpace(ref next);
                if (next < _bytes.Length && _bytes[next] == ',')
                {
                    next++;
                    SkipSpace(ref next);
                    if (next < _bytes.Length && _bytes[next] == '{')
                    {
                        borders.Add(next);
                        break;
                    }
                }
            }
        }
        return [.. borders];
    }

    private static T ParseAt<T>(byte[] bytes, ref int position, JsonElementParser<T> parse)
    {
        var reader = new Utf8JsonReader(bytes.AsSpan(position));
        reader.Read();
        var value = parse(ref reader);
        position += (int)reader.BytesConsumed;
        return value;
    }

    private DataFormatException Located(string element, int at, Exception error)
    {
        var key = (element, (error as JsonFieldException)?.Key) switch
        {
            (var name, null or "") => name,
            ("", var field) => field,
            (var name, var field) => $"{name}.{field}",
        };
        return error is JsonException json
            ? new DataFormatException(Path, key, $"not valid JSON near byte {at + (json.BytePositionInLine ?? 0)}: {Reason(json)}", error)
            : new DataFormatException(Path, key, error.Message, error);
    }

    // The exception's own _position is relative to the element; the part before it is the reason.
    private static string Reason(JsonException error)
    {
        var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    private void ExpectEnd()
    {
        SkipSpace(ref _position);
        if (_position < _bytes.Length)
        {
            throw new DataFormatException(Path, "", $"not valid JSON: more text after the end, at byte {_position}");
        }
    }

    private void Expect(byte symbol, string what)
    {
        if (!TryTake(symbol))
        {
            var found = _position < _bytes.Length ? $"found '{(char)_bytes[_position]}'" : "the file ends";
            throw new DataFormatException(Path, "", $"expected {what} at byte {_position}, {found}");
        }
    }

    private bool TryTake(byte symbol)
    {
        SkipSpace(ref _position);
        if (_position < _bytes.Length && _bytes[_position] == symbol)
        {
            _position++;
            return true;
        }
        return false;
    }

    private void SkipSpace(ref int at)
    {
        while (at < _bytes.Length && _bytes[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
    }
}
