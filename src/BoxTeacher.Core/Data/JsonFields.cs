using System.Text.Json;

namespace BoxTeacher.Data;

/// <summary>A value of a JSON element is not what it should be; the reader adds file and element.</summary>
internal sealed class JsonFieldException(string key, string problem) : FormatException(problem)
{
    /// <summary>The field's name within its element.</summary>
    public string Key { get; } = key;
}

/// <summary>
/// Typed access to the value at which a JSON reader stands; a wrong type is an error that names the key. A key whose value is null counts
/// as absent.
/// </summary>
internal static class JsonFields
{
    // Every integer up to here is a double of its own.
    private const double LargestInteger = 1L << 53;

    /// <summary>An integer, also when it is written as 7.0 or 7e0; null when absent.</summary>
    public static long? Integer(ref Utf8JsonReader reader, string key) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number when reader.TryGetInt64(out var value) => value,
        JsonTokenType.Number when reader.TryGetDouble(out var value) && double.IsInteger(value) && Math.Abs(value) <= LargestInteger =>
            (long)value,
        _ => throw new JsonFieldException(key, $"expected an integer, found {Describe(ref reader)}"),
    };

    /// <summary>A finite number; null when absent.</summary>
    public static double? Number(ref Utf8JsonReader reader, string key) =>
        reader.TokenType == JsonTokenType.Null ? null : Element(ref reader, key);

    /// <summary>A finite number in an array, where null is none.</summary>
    public static double Element(ref Utf8JsonReader reader, string key) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : throw new JsonFieldException(key, $"expected a finite number, found {Describe(ref reader)}");

    /// <summary>A string; null when absent.</summary>
    public static string? Text(ref Utf8JsonReader reader, string key) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Null
            ? reader.GetString()
            : throw new JsonFieldException(key, $"expected a string, found {Describe(ref reader)}");

    /// <summary>0, 1, false or true; false when absent.</summary>
    public static bool Flag(ref Utf8JsonReader reader, string key) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => Integer(ref reader, key) switch
        {
            null or 0 => false,
            1 => true,
            var other => throw new JsonFieldException(key, $"expected 0 or 1, found {other}"),
        },
    };

    /// <summary>An array of exactly as many finite numbers as the span has room for.</summary>
    public static void Numbers(ref Utf8JsonReader reader, string key, scoped Span<double> values)
    {
        ExpectArray(ref reader, key);
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var value = Element(ref reader, key);
            if (count < values.Length)
            {
                values[count] = value;
            }
            count++;
        }
        if (count != values.Length)
        {
            throw new JsonFieldException(key, $"expected {values.Length} numbers, found {count}");
        }
    }

    /// <summary>Fails unless the reader stands at the start of an array.</summary>
    public static void ExpectArray(ref Utf8JsonReader reader, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonFieldException(key, $"expected an array, found {Describe(ref reader)}");
        }
    }

    /// <summary>Fails unless the reader stands at the start of an object.</summary>
    public static void ExpectObject(ref Utf8JsonReader reader, string key)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonFieldException(key, $"expected an object, found {Describe(ref reader)}");
        }
    }

    /// <summary>The error of a key that is not there.</summary>
    public static JsonFieldException Missing(string key) => new(key, "the key is missing");

    /// <summary>What the reader stands at, in a few words.</summary>
    public static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number =>
            $"the number {System.Text.Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(24, reader.ValueSpan.Length)])}",
        JsonTokenType.Null => "null",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "nothing",
    };
}
