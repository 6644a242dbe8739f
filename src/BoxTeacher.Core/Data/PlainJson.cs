using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace BoxTeacher.Data;

/// <summary>
/// Reads the plain forms in which programs write JSON, several times as fast as <see cref="System.Text.Json.Utf8JsonReader"/>: names and
/// texts of printable ASCII without escapes, numbers without exponents. Every method is false at what is not plain, right or wrong, and
/// at what the text cuts off; the general reader then has to read from the element's start, and its errors are the ones that are told.
/// </summary>
internal ref struct PlainJson(ReadOnlySpan<byte> text)
{
    private const int MostDigits = 18;
    private const long LargestExact = 1L << 53;
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    private static ReadOnlySpan<double> PowersOfTen =>
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    /// <summary>Number of bytes read.</summary>
    public readonly int Position => _at;

    /// <summary>Steps over white space and one symbol.</summary>
    public bool Take(byte symbol)
    {
        SkipSpace();
        if (_at < _text.Length && _text[_at] == symbol)
        {
            _at++;
            return true;
        }
        return false;
    }

    /// <summary>A name or text, without its quotation marks.</summary>
    public bool Text(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!Take((byte)'"'))
        {
            return false;
        }
        var rest = _text[_at..];
        var length = rest.IndexOf((byte)'"');
        if (length < 0)
        {
            return false;
        }
        value = rest[..length];
        _at += length + 1;
        return value.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 && !value.Contains((byte)'\\');
    }

    /// <summary>A name with its colon.</summary>
    public bool Name(out ReadOnlySpan<byte> value) => Text(out value) && Take((byte)':');

    /// <summary>An integer.</summary>
    public bool Integer(out long value) => Digits(out value, out var decimals) && decimals == 0;

    /// <summary>A number, rounded as the general reader rounds it.</summary>
    public bool Number(out double value)
    {
        SkipSpace();
        var start = _at;
        if (!Digits(out var digits, out var decimals))
        {
            value = 0;
            return false;
        }
        if (Math.Abs(digits) <= LargestExact)
        {
            // Both are exact, so that the quotient is the nearest double.
            value = digits / PowersOfTen[decimals];
            return true;
        }
        return Utf8Parser.TryParse(_text[start.._at], out value, out var used) && used == _at - start;
    }

    /// <summary>An array of numbers of at most two decimals, each times 100.</summary>
    /// <param name="values">Receives them, and is made longer where it must.</param>
    /// <param name="count">How many they are, at least one.</param>
    public bool Hundredths(ref long[] values, out int count)
    {
        count = 0;
        if (!Take((byte)'['))
        {
            return false;
        }
        // Local copies stay in registers.
        var text = _text;
        var (at, room) = (_at, values);
        var isRead = true;
        do
        {
            if (count == room.Length)
            {
                Array.Resize(ref values, 2 * count);
                room = values;
            }
            at = SkipSpace(text, at);
            isRead = Digits(text, ref at, out var digits, out var decimals) && decimals <= 2 && Math.Abs(digits) < 1L << 40;
            room[count++] = decimals == 2 ? digits : decimals == 1 ? 10 * digits : 100 * digits;
            at = SkipSpace(text, at);
        }
        while (isRead && at < text.Length && text[at++] == ',');
        _at = at;
        return isRead && at <= text.Length && text[at - 1] == ']';
    }

    /// <summary>Steps over a number, a text, true, false or null.</summary>
    public bool Skip()
    {
        SkipSpace();
        var rest = _text[_at..];
        if (rest.StartsWith("\""u8))
        {
            return Text(out _);
        }
        var word = rest.StartsWith("null"u8) || rest.StartsWith("true"u8) ? 4 : rest.StartsWith("false"u8) ? 5 : 0;
        _at += word;
        return word > 0 || Digits(out _, out _);
    }

    private void SkipSpace() => _at = SkipSpace(_text, _at);

    private bool Digits(out long digits, out int decimals)
    {
        var at = SkipSpace(_text, _at);
        var isRead = Digits(_text, ref at, out digits, out decimals);
        _at = at;
        return isRead;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] <= ' ' && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
        return at;
    }

    // A number as its digits, and how many of them are decimals. At the text's end more digits might follow, and -0 is no integer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Digits(ReadOnlySpan<byte> text, ref int place, out long digits, out int decimals)
    {
        var at = place;
        (digits, decimals) = (0, 0);
        var isNegative = (uint)at < (uint)text.Length && text[at] == '-';
        at += isNegative ? 1 : 0;
        var start = at;
        long value = 0;
        uint digit;
        for (; (uint)at < (uint)text.Length && (digit = (uint)(text[at] - '0')) <= 9; at++)
        {
            value = unchecked((10 * value) + digit);
        }
        var whole = at - start;
        if (whole == 0 || (whole > 1 && text[start] == '0'))
        {
            return false;
        }
        if ((uint)at < (uint)text.Length && text[at] == '.')
        {
            var point = ++at;
            for (; (uint)at < (uint)text.Length && (digit = (uint)(text[at] - '0')) <= 9; at++)
            {
                value = unchecked((10 * value) + digit);
            }
            decimals = at - point;
            if (decimals == 0)
            {
                return false;
            }
        }
        place = at;
        digits = isNegative ? -value : value;
        return (uint)at < (uint)text.Length && whole + decimals <= MostDigits && text[at] is not ((byte)'e' or (byte)'E')
            && !(isNegative && value == 0);
    }
}
