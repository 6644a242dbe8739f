using System;
using System.IO;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>
/// TorchSharp's format of one tensor in a stream: element type, number of dimensions and sizes as LEB128 numbers, then the
/// elements in little-endian order.
/// </summary>
internal static unsafe class TensorFormat
{
    private const int Chunk = 1 << 20;
    private const int MaxDimensions = 64;
    private static readonly Operator s_contiguous = new("contiguous");
    private static readonly Operator s_toDevice = new("to", "dtype_layout");

    internal static void WriteNumber(BinaryWriter writer, long value) => writer.Write7BitEncodedInt64(value);

    /// <exception cref="InvalidDataException">The number is negative or damaged.</exception>
    internal static long ReadNumber(BinaryReader reader)
    {
        try {
            var value = reader.Read7BitEncodedInt64();
            return value >= 0 ? value : throw new InvalidDataException($"A number in the stream is negative: {value}.");
        } catch (FormatException e) {
            throw new InvalidDataException("A number in the stream is damaged.", e);
        }
    }

    internal static void Write(BinaryWriter writer, Tensor tensor)
    {
        using var off = GradGuard.Off();
        using var local = s_toDevice.Tensor(tensor, Value.None, Value.None, CPU);
        using var dense = s_contiguous.Tensor(local);
        WriteNumber(writer, (long)dense.dtype);
        WriteNumber(writer, dense.ndim);
        foreach (var size in dense.shape) {
            WriteNumber(writer, size);
        }
        var bytes = dense.numel() * dense.element_size();
        var data = (byte*)NativeMethods.bt_data(dense.Handle);
        for (long at = 0; at < bytes; at += Chunk) {
            writer.Write(new ReadOnlySpan<byte>(data + at, (int)Math.Min(Chunk, bytes - at)));
        }
    }

    /// <param name="reader">Source.</param>
    /// <param name="what">What is read, for the error message.</param>
    /// <exception cref="EndOfStreamException">The stream ends within the tensor.</exception>
    /// <exception cref="InvalidDataException">No tensor begins here.</exception>
    internal static Tensor Read(BinaryReader reader, string what)
    {
        var (type, shape, bytes) = ReadHeader(reader);
        if (reader.BaseStream is { CanSeek: true } stream && stream.Length - stream.Position < bytes) {
            throw new EndOfStreamException($"The data of '{what}' is cut off.");
        }
        var tensor = Empty(shape, type);
        var data = (byte*)NativeMethods.bt_data(tensor.Handle);
        for (long at = 0; at < bytes;) {
            var read = reader.Read(new Span<byte>(data + at, (int)Math.Min(Chunk, bytes - at)));
            if (read == 0) {
                tensor.Dispose();
                throw new EndOfStreamException($"The data of '{what}' is cut off.");
            }
            at += read;
        }
        return tensor;
    }

    internal static void Skip(BinaryReader reader)
    {
        var (_, _, bytes) = ReadHeader(reader);
        if (reader.BaseStream.CanSeek) {
            reader.BaseStream.Seek(bytes, SeekOrigin.Current);
            return;
        }
        for (var left = bytes; left > 0;) {
            var read = reader.ReadBytes((int)Math.Min(Chunk, left)).Length;
            left = read > 0 ? left - read : throw new EndOfStreamException();
        }
    }

    private static (ScalarType, long[], long) ReadHeader(BinaryReader reader)
    {
        var code = ReadNumber(reader);
        if (code > sbyte.MaxValue || !Enum.IsDefined((ScalarType)code)) {
            throw new InvalidDataException($"Not a tensor: element type {code} is unknown.");
        }
        var n = ReadNumber(reader);
        if (n > MaxDimensions) {
            throw new InvalidDataException($"Not a tensor: it would have {n} dimensions.");
        }
        var shape = new long[n];
        long elements = 1;
        for (var k = 0; k < n; k++) {
            shape[k] = ReadNumber(reader);
            elements = checked(elements * shape[k]);
        }
        return ((ScalarType)code, shape, checked(elements * Size((ScalarType)code)));
    }

    private static long Size(ScalarType type) => type switch {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool or ScalarType.QInt8 or ScalarType.QUInt8 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 or ScalarType.QInt32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        _ => 16,
    };

    private static readonly Operator s_empty = new("empty", "memory_format");

    /// <summary>An uninitialised tensor on the CPU.</summary>
    internal static Tensor Empty(long[] shape, ScalarType type) => s_empty.Tensor(shape, type);
}
