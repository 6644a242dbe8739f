using System.Text.Json;

namespace BoxTeacher.Data;

/// <summary>A value of a JSON element is not what it should be; the reader adds file and element.</summary>
internal sealed class JsonFieldException(string key, string problem) : FormatException(problem)
{
    /// <summary>The field's name within its element.</summary>
    public string Key { get; } = key;
}

/// <summary>Typed access to the value at which a JSON reader stands; a wrong type is an error that names the key.</summary>
internal static class JsonFields
{
    /// <summary>An integer.</summary>
    public static long Integer(ref Utf8JsonReader reader, string key) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value)
            ? value
            : throw new JsonFieldException(key, $"expected an integer, found {Describe(ref reader)}");

    /// <summary>A finite number.</summary>
    public static double Number(ref Utf8JsonReader reader, string key) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : throw new JsonFieldException(key, $"expected a finite number, found {Describe(ref reader)}");

    /// <summary>A string.</summary>
    public static string Text(ref Utf8JsonReader reader, string key) =>
        reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : throw new JsonFieldException(key, $"expected a string, found {Describe(ref reader)}");

    /// <summary>0, 1, false or true.</summary>
    public static bool Flag(ref Utf8JsonReader reader, string key) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => Integer(ref reader, key) switch
        {
            0 => false,
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
            var value = Number(ref reader, key);
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
