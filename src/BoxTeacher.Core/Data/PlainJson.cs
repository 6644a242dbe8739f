using System.Buffers.Text;

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

    /// <summary>A number of at most two decimals, times 100.</summary>
    public bool Hundredths(out long value)
    {
        if (!Digits(out value, out var decimals) || decimals > 2 || Math.Abs(value) >= 1L << 40)
        {
            return false;
        }
        value *= decimals switch { 0 => 100, 1 => 10, _ => 1 };
        return true;
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

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }
    }

    // A number as its digits, and how many of them are decimals. At the text's end more digits might follow, and -0 is no integer.
    private bool Digits(out long digits, out int decimals)
    {
        SkipSpace();
        var at = _at;
        (digits, decimals) = (0, 0);
        var isNegative = at < _text.Length && _text[at] == '-';
        at += isNegative ? 1 : 0;
        var start = at;
        int digit;
        for (; at < _text.Length && (digit = _text[at] - '0') is >= 0 and <= 9; at++)
        {
            digits = unchecked((10 * digits) + digit);
        }
        var whole = at - start;
        if (whole == 0 || (whole > 1 && _text[start] == '0'))
        {
            return false;
        }
        if (at < _text.Length && _text[at] == '.')
        {
            var point = at++;
            for (; at < _text.Length && (digit = _text[at] - '0') is >= 0 and <= 9; at++)
            {
                digits = unchecked((10 * digits) + digit);
            }
            decimals = at - point - 1;
            if (decimals == 0)
            {
                return false;
            }
        }
        if (at >= _text.Length || whole + decimals > MostDigits || _text[at] is (byte)'e' or (byte)'E' || (isNegative && digits == 0))
        {
            return false;
        }
        digits = isNegative ? -digits : digits;
        _at = at;
        return true;
    }
}
