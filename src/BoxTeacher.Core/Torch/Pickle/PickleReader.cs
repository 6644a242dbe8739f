using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace BoxTeacher.Torch;

/// <summary>Something a pickle may call; what it is called by there stands in its name.</summary>
/// <param name="Name">Module and name in Python.</param>
/// <param name="Invoke">What the call gives; the tuple of arguments comes as an array.</param>
internal sealed record PickleFunction(string Name, Func<object?[], object?> Invoke);

/// <summary>
/// Reads Python pickles of plain data. Nothing of what a pickle names is looked up anywhere but in the caller's list,
/// every length is checked against what is left, and nesting costs no recursion. Values become null, bool, long,
/// BigInteger, double, string, byte[], object[] (tuple), List (list), OrderedDictionary (dict), or what a function gives.
/// </summary>
/// <param name="stream">The bytes; reading stops right after the pickle's end.</param>
/// <param name="length">How many bytes there are from here on.</param>
/// <param name="source">The file, for messages.</param>
/// <param name="find">The value or <see cref="PickleFunction"/> of a module and name; null: refused.</param>
/// <param name="persistent">The object of a persistent id.</param>
internal sealed class PickleReader(
    Stream stream, long length, string source, Func<string, string, object?> find, Func<object?, object?> persistent)
{
    private static readonly object Mark = new();

    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private readonly Dictionary<NumpyArray, List<long>> _unfinished = [];

    /// <summary>Bytes that are left after the pickle.</summary>
    internal long Left { get; private set; } = length;

    private InvalidDataException Broken(string what) => new($"{source}: {what}");

    /// <exception cref="InvalidDataException">The pickle is broken, or asks for something that is no plain data.</exception>
    internal object? Read()
    {
        while (true)
        {
            var code = Byte();
            if (code == '.')
            {
                return Pop();
            }
            Execute(code);
        }
    }

    private void Execute(byte code)
    {
        switch ((char)code)
        {
            case '\x80': Protocol(); break;
            case '\x95': Bytes(8); break;
            case '(': _stack.Add(Mark); break;
            case '0': Pop(); break;
            case '1': Items(); break;
            case '2': _stack.Add(Top); break;
            case 'N': _stack.Add(null); break;
            case '\x88': _stack.Add(true); break;
            case '\x89': _stack.Add(false); break;
            case 'I': _stack.Add(Line() switch { "01" => true, "00" => false, var text => Integer(text) }); break;
            case 'L': _stack.Add(Integer(Line().TrimEnd('L'))); break;
            case 'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;
            case 'K': _stack.Add((long)Byte()); break;
            case 'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;
            case '\x8a': _stack.Add(Long(Byte())); break;
            case '\x8b': _stack.Add(Long(Length4())); break;
            case 'F': _stack.Add(Number(Line())); break;
            case 'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;
            case 'S': _stack.Add(Unescaped(Quoted(Line()), unicode: false)); break;
            case 'V': _stack.Add(Unescaped(Line(), unicode: true)); break;
            case 'U': _stack.Add(Encoding.Latin1.GetString(Bytes(Byte()))); break;
            case 'T': _stack.Add(Encoding.Latin1.GetString(Bytes(Length4()))); break;
            case 'X': _stack.Add(Text(Length4())); break;
            case '\x8c': _stack.Add(Text(Byte())); break;
            case '\x8d': _stack.Add(Text(Length8())); break;
            case 'C': _stack.Add(Bytes(Byte())); break;
            case 'B': _stack.Add(Bytes(Length4())); break;
            case '\x8e' or '\x96': _stack.Add(Bytes(Length8())); break;
            case ']': _stack.Add(new List<object?>()); break;
            case 'l': _stack.Add(new List<object?>(Items())); break;
            case 'a': Append([Pop()]); break;
            case 'e': Append(Items()); break;
            case ')': _stack.Add(Array.Empty<object?>()); break;
            case 't': _stack.Add(Items()); break;
            case '\x85': _stack.Add(Last(1)); break;
            case '\x86': _stack.Add(Last(2)); break;
            case '\x87': _stack.Add(Last(3)); break;
            case '}': _stack.Add(new OrderedDictionary<object, object?>()); break;
            case 'd': Dictionary(); break;
            case 's': SetItems(Last(2)); break;
            case 'u': SetItems(Items()); break;
            case 'c': _stack.Add(Global(Line(), Line())); break;
            case '\x93': StackGlobal(); break;
            case 'R': Reduce(); break;
            case 'b': Build(); break;
            case 'Q': _stack.Add(persistent(Pop())); break;
            case 'p': Put(Index(Line())); break;
            case 'q': Put(Byte()); break;
            case 'r': Put(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            case '\x94': Put(_memo.Count); break;
            case 'g': Get(Index(Line())); break;
            case 'h': Get(Byte()); break;
            case 'j': Get(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            default: throw Broken($"the pickle holds something other than plain data (opcode 0x{code:x2})");
        }
    }

    private void Protocol()
    {
        if (Byte() is > 5 and var version)
        {
            throw Broken($"pickle protocol {version} is not supported");
        }
    }

    private object? Top => _stack.Count > 0 && _stack[^1] != Mark ? _stack[^1] : throw Broken("broken pickle: the stack is empty");

    private object? Pop()
    {
        var top = Top;
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] Last(int n)
    {
        var items = new object?[n];
        while (n > 0)
        {
            items[--n] = Pop();
        }
        return items;
    }

    /// <summary>What lies above the last mark, which goes too.</summary>
    private object?[] Items()
    {
        var mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw Broken("broken pickle: a mark is missing");
        }
        var items = _stack.GetRange(mark + 1, _stack.Count - mark - 1).ToArray();
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private void Append(object?[] items)
    {
        if (Top is not List<object?> list)
        {
            throw Broken("broken pickle: append to something that is no list");
        }
        list.AddRange(items);
    }

    private void Dictionary()
    {
        var items = Items();
        _stack.Add(new OrderedDictionary<object, object?>());
        SetItems(items);
    }

    private void SetItems(object?[] items)
    {
        if (Top is not OrderedDictionary<object, object?> dictionary || items.Length % 2 != 0)
        {
            throw Broken("broken pickle: items for something that is no dictionary");
        }
        for (var k = 0; k < items.Length; k += 2)
        {
            dictionary[items[k] ?? throw Broken("a dictionary key is None")] = items[k + 1];
        }
    }

    private object Global(string module, string name)
        => find(module, name)
            ?? throw Broken($"the pickle asks for {module}.{name}: only tensors and plain containers are read, and nothing is executed");

    private void StackGlobal()
    {
        if (Last(2) is not [string module, string name])
        {
            throw Broken("broken pickle: a global without a name");
        }
        _stack.Add(Global(module, name));
    }

    private void Reduce()
    {
        if (Last(2) is not [PickleFunction function, object?[] arguments])
        {
            throw Broken("broken pickle: a call of something that is no function");
        }
        try
        {
            _stack.Add(function.Invoke(arguments));
        }
        catch (Exception e) when (
            e is InvalidCastException or NullReferenceException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{source}: {function.Name} is called with arguments that do not fit it", e);
        }
    }

    /// <summary>Sets an object's state: the data of an array or element type; attributes of a dictionary are not kept.</summary>
    private void Build()
    {
        var state = Pop();
        switch (Top)
        {
            case NumpyArray array:
                var tensor = NumpyArray.Build(state, source);
                _stack[^1] = tensor;
                if (_unfinished.Remove(array, out var keys))
                {
                    keys.ForEach(k => _memo[k] = tensor);
                }
                break;
            case NumpyType type:
                type.SetState(state);
                break;
            case OrderedDictionary<object, object?>:
                break;
            case var other:
                throw Broken($"the pickle sets the state of a {other?.GetType().Name ?? "None"}, which is no plain data");
        }
    }

    private void Put(long key)
    {
        _memo[key] = Top;
        if (Top is NumpyArray array)
        {
            if (!_unfinished.TryGetValue(array, out var keys))
            {
                _unfinished[array] = keys = [];
            }
            keys.Add(key);
        }
    }

    private void Get(long key) =>
        _stack.Add(_memo.TryGetValue(key, out var value) ? value : throw Broken($"broken pickle: memo {key} is missing"));

    private byte Byte()
    {
        var b = Left > 0 ? stream.ReadByte() : -1;
        if (b < 0)
        {
            throw Broken("the pickle ends too early");
        }
        Left--;
        return (byte)b;
    }

    private byte[] Bytes(long n)
    {
        if (n < 0 || n > Left || n > Array.MaxLength)
        {
            throw Broken($"the pickle ends too early: {(ulong)n} bytes are announced, {Left} are left");
        }
        var bytes = new byte[n];
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{source}: the pickle ends too early", e);
        }
        Left -= n;
        return bytes;
    }

    private long Length4() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));
    private long Length8() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));
    private string Text(long n) => Encoding.UTF8.GetString(Bytes(n));

    private string Line()
    {
        var line = new StringBuilder();
        for (byte b; (b = Byte()) != '\n';)
        {
            line.Append((char)b);
        }
        return line.ToString().TrimEnd('\r');
    }

    private object Integer(string text) => BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
        ? Shortest(n) : throw Broken($"broken pickle: '{text}' is no integer");

    private double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
        ? d : throw Broken($"broken pickle: '{text}' is no number");

    private long Index(string text) =>
        Integer(text) is long index ? index : throw Broken($"broken pickle: '{text}' is no place in its memory");

    private object Long(long bytes) =>
        bytes <= 1024 ? Shortest(new BigInteger(Bytes(bytes))) : throw Broken($"an integer of {bytes} bytes");

    private static object Shortest(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue)
        {
            object small = (long)number;
            return small;
        }
        return number;
    }

    /// <summary>
    /// A text of the protocols 0 and 1: \uXXXX and \UXXXXXXXX where Python's raw-unicode-escape stands, else \xXX and the escapes of a
    /// Python literal.
    /// </summary>
    private string Unescaped(string text, bool unicode)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var code = i + 1 < text.Length && text[i] == '\\' ? text[i + 1] : '\0';
            var digits = (unicode, code) switch { (true, 'u') => 4, (true, 'U') => 8, (false, 'x') => 2, _ => 0 };
            if (digits > 0)
            {
                var value = i + 2 + digits <= text.Length && int.TryParse(text.AsSpan(i + 2, digits),
                    NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 0x10ffff
                    ? number : throw Broken("broken pickle: an escape that is no character");
                plain.Append(value <= char.MaxValue ? ((char)value).ToString() : char.ConvertFromUtf32(value));
                i += 1 + digits;
            }
            else if (!unicode && "nrt\\'\"".Contains(code))
            {
                plain.Append(code switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => code });
                i++;
            }
            else
            {
                plain.Append(text[i]);
            }
        }
        return plain.ToString();
    }

    private string Quoted(string text) =>
        text is ['\'', .., '\''] or ['"', .., '"'] ? text[1..^1] : throw Broken("broken pickle: a string without quotes");
}
