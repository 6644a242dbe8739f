using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>A device by its name in recipes and on command lines: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
/// <param name="Index">Number of the CUDA device; null: the CPU.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct DeviceName(int? Index)
{
    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">The text names no device; the message says what does.</exception>
    public static DeviceName Parse(string text) => text switch
    {
        "cpu" => default,
        "cuda" => new DeviceName(0),
        _ when text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index) => new DeviceName(index),
        _ => throw new FormatException($"'{text}' is no device; there are cpu, cuda and cuda:N"),
    };

    /// <summary>The device itself.</summary>
    /// <exception cref="RecipeException">libtorch does not see it.</exception>
    public Device Open() => Index switch
    {
        null => CPU,
        { } index when cuda.is_available() && index < cuda.device_count() => new Device(DeviceType.CUDA, index),
        _ => throw new RecipeException(
            $"device {this}: libtorch {__version__} sees {(cuda.is_available() ? cuda.device_count() : 0)} CUDA devices here; see docs/torch.md"),
    };

    /// <inheritdoc/>
    public override string ToString() => Index switch { null => "cpu", 0 => "cuda", { } index => $"cuda:{index}" };

    private sealed class Converter : JsonConverter<DeviceName>
    {
        public override DeviceName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return Parse(reader.TokenType == JsonTokenType.String ? reader.GetString()! : reader.TokenType.ToString());
            }
            catch (FormatException error)
            {
                throw new JsonException(error.Message, error);
            }
        }

        public override void Write(Utf8JsonWriter writer, DeviceName value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
