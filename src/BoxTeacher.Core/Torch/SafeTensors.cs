using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// Tensors by name in the safetensors format: an 8-byte header length, a JSON header, the raw elements
/// (https://github.com/huggingface/safetensors). Nothing in such a file can be executed.
/// </summary>
public static class SafeTensors
{
    /// <summary>Reads all tensors of a file to the CPU.</summary>
    /// <exception cref="InvalidDataException">The file is not what its header says; the message names file and tensor.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        var result = new Dictionary<string, Tensor>();
        try {
            foreach (var name in file.Tensors.Keys) {
                result.Add(name, file.Read(name));
            }
            return result;
        } catch {
            foreach (var t in result.Values) {
                t.Dispose();
            }
            throw;
        }
    }

    /// <summary>
    /// Writes tensors of any layout and device. The file appears under its name only when it is complete and on disk.
    /// </summary>
    /// <param name="path">The file; one that exists is replaced.</param>
    /// <param name="tensors">Names and tensors, written in this order.</param>
    /// <param name="metadata">Texts to go with them.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or an element type has no place in the format.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var list = tensors.ToList();
        var header = Header(list, metadata);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write)) {
                stream.Write(BitConverter.GetBytes((long)header.Length));
                stream.Write(header);
                foreach (var (_, tensor) in list) {
                    TensorBytes.Write(tensor, stream);
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        } catch {
            File.Delete(temporary);
            throw;
        }
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) {
            json.WriteStartObject();
            if (metadata is { Count: > 0 }) {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata) {
                    json.WriteString(key, value);
                }
                json.WriteEndObject();
            }
            var names = new HashSet<string>();
            long offset = 0;
            foreach (var (name, tensor) in tensors) {
                if (!names.Add(name) || name == "__metadata__") {
                    throw new ArgumentException($"two tensors are named '{name}'", nameof(tensors));
                }
                var bytes = tensor.NumberOfElements * tensor.ElementSize;
                json.WriteStartObject(name);
                json.WriteString("dtype", ElementTypes.NameOf(tensor.dtype) ?? throw new ArgumentException($"tensor '{name}': the format has no element type {tensor.dtype}", nameof(tensors)));
                json.WriteStartArray("shape");
                foreach (var n in tensor.shape) {
                    json.WriteNumberValue(n);
                }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + bytes);
                json.WriteEndArray();
                json.WriteEndObject();
                offset += bytes;
            }
            json.WriteEndObject();
        }
        // Spaces up to a multiple of 8 keep the elements aligned.
        while (buffer.Length % 8 != 0) {
            buffer.WriteByte((byte)' ');
        }
        return buffer.ToArray();
    }

    /// <summary>The format's names of element types.</summary>
    internal static class ElementTypes
    {
        private static readonly Dictionary<string, ScalarType> s_types = new() {
            ["BOOL"] = ScalarType.Bool, ["U8"] = ScalarType.Byte, ["I8"] = ScalarType.Int8, ["I16"] = ScalarType.Int16, ["I32"] = ScalarType.Int32,
            ["I64"] = ScalarType.Int64, ["F16"] = ScalarType.Float16, ["BF16"] = ScalarType.BFloat16, ["F32"] = ScalarType.Float32, ["F64"] = ScalarType.Float64,
        };

        internal static ScalarType? Find(string name) => s_types.TryGetValue(name, out var type) ? type : null;
        internal static string? NameOf(ScalarType type) => s_types.FirstOrDefault(p => p.Value == type).Key;
    }
}
