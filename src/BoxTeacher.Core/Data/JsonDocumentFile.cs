using System.Collections.Concurrent;
using System.Text.Json;

namespace BoxTeacher.Data;

/// <summary>Parses the array element at which the reader stands, and leaves the reader at the element's end.</summary>
internal delegate T JsonElementParser<out T>(ref Utf8JsonReader reader);

/// <summary>Parses an element of plain form with which the text begins; null where <see cref="JsonElementParser{T}"/> has to.</summary>
internal delegate T? PlainElementParser<out T>(ref PlainJson json);

/// <summary>
/// A JSON file of any length, read as a stream of elements: nothing is kept but what the element parsers return, and the elements of a
/// long array are parsed by several threads.
/// </summary>
internal sealed class JsonDocumentFile : IDisposable
{
    private readonly FileStream _file;
    private readonly FileWindow _window;
    private long _position;

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public JsonDocumentFile(string path)
    {
        Path = path;
        _file = Open(path);
        _window = new FileWindow(_file.SafeFileHandle, _file.Length, 1 << 16);
        if (_window.From(0).StartsWith("\uFEFF"u8))
        {
            _position = 3;
        }
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _window.Dispose();
        _file.Dispose();
    }

    /// <summary>Walks the keys of the object that the file holds.</summary>
    /// <param name="visit">
    /// Called at each key's value; it must consume the value by one of the methods below.
    /// </param>
    public void VisitObject(Action<string> visit)
    {
        Expect('{', "an object");
        if (TryTake('}'))
        {
            ExpectEnd();
            return;
        }
        do
        {
            var key = Value("", (ref Utf8JsonReader reader) => JsonFields.Text(ref reader, "")!);
            Expect(':', $"':' after \"{key}\"");
            visit(key);
        }
        while (TryTake(','));
        Expect('}', "',' or '}'");
        ExpectEnd();
    }

    /// <summary>The whole file is one array.</summary>
    public List<T> WholeArray<T>(JsonElementParser<T> parse, PlainElementParser<T>? plain = null)
    {
        var elements = Array("", parse, plain);
        ExpectEnd();
        return elements;
    }

    /// <summary>Steps over the value that comes next, however long it is.</summary>
    public void Skip()
    {
        JsonReaderState state = default;
        var start = _position;
        try
        {
            while (true)
            {
                var text = _window.From(_position);
                var reader = new Utf8JsonReader(text, _window.ReachesEnd, state);
                while (reader.Read())
                {
                    if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    {
                        _position += reader.BytesConsumed;
                        return;
                    }
                }
                state = reader.CurrentState;
                _position += reader.BytesConsumed;
                _window.Widen(_position);
            }
        }
        catch (JsonException error)
        {
            throw Located("", start, error);
        }
    }

    /// <summary>Parses the value that comes next.</summary>
    public T Value<T>(string name, JsonElementParser<T> parse)
    {
        var part = new JsonListPart<T>(parse);
        try
        {
            _position += JsonChunks.Read(_window, _position, part);
            return part.Elements[0];
        }
        catch (Exception error) when (JsonChunks.IsOfElement(error))
        {
            throw Located(name, _position, error);
        }
    }

    /// <summary>Whether null came next, which then is behind.</summary>
    public bool TakeNull()
    {
        _position = _window.SkipSpace(_position);
        if (_window.ByteAt(_position) != 'n')
        {
            return false;
        }
        Skip();
        return true;
    }

    /// <summary>Parses the array that comes next, element by element.</summary>
    /// <param name="name">The array's name for messages.</param>
    /// <param name="parse">Parses one element; called from several threads.</param>
    /// <param name="plain">Parses one of plain form, several times as fast; null: none is.</param>
    public List<T> Array<T>(string name, JsonElementParser<T> parse, PlainElementParser<T>? plain = null)
    {
        var all = new List<T>();
        Array(name, () => new JsonListPart<T>(parse, plain), part => all.AddRange(part.Elements));
        return all;
    }

    /// <summary>Parses the array that comes next, part by part.</summary>
    /// <param name="name">The array's name for messages.</param>
    /// <param name="take">Is given the parts in the order of the file, on the calling thread, and leaves each empty, to be filled again.</param>
    public void Array<TPart>(string name, Action<TPart> take)
        where TPart : class, IJsonPart, new()
    {
        var spare = new ConcurrentBag<TPart>();
        Array(name, () => spare.TryTake(out var part) ? part : new TPart(), part =>
        {
            take(part);
            spare.Add(part);
        });
    }

    // Begin makes an empty part, on several threads.
    private void Array<TPart>(string name, Func<TPart> begin, Action<TPart> take)
        where TPart : class, IJsonPart
    {
        Expect('[', name.Length == 0 ? "an array" : $"{name}: an array");
        if (TryTake(']'))
        {
            return;
        }
        var count = 0;
        _position = new JsonChunks(_file.SafeFileHandle, _window.FileLength, _position).Read(begin, chunk =>
        {
            count += chunk.Part.Count;
            if (chunk.Error is not null)
            {
                throw Located($"{name}[{count}]", chunk.Next, chunk.Error);
            }
            take(chunk.Part);
        });
    }

    // What comes through a pipe is kept in a file of no name.
    private static FileStream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (file.CanSeek)
        {
            return file;
        }
        using (file)
        {
            var copy = new FileStream(
                System.IO.Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16,
                FileOptions.DeleteOnClose);
            file.CopyTo(copy);
            copy.Flush();
            return copy;
        }
    }

    private DataFormatException Located(string element, long at, Exception error)
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

    // The exception's own position is relative to the element; the part before it is the reason.
    private static string Reason(JsonException error)
    {
        var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    private void ExpectEnd()
    {
        _position = _window.SkipSpace(_position);
        if (_window.ByteAt(_position) >= 0)
        {
            throw new DataFormatException(Path, "", $"not valid JSON: more text after the end, at byte {_position}");
        }
    }

    private void Expect(char symbol, string what)
    {
        if (!TryTake(symbol))
        {
            var next = _window.ByteAt(_position);
            var found = next >= 0 ? $"found '{(char)next}'" : "the file ends";
            throw new DataFormatException(Path, "", $"expected {what} at byte {_position}, {found}");
        }
    }

    private bool TryTake(char symbol)
    {
        _position = _window.SkipSpace(_position);
        if (_window.ByteAt(_position) != symbol)
        {
            return false;
        }
        _position++;
        return true;
    }
}
