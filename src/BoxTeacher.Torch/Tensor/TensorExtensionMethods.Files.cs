using System;
using System.IO;
using System.Text;
using BoxTeacher.Torch;
using BoxTeacher.Torch.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <content>
/// One tensor in TorchSharp's file format: element type and rank and sizes as base-128 numbers (low groups first), then
/// the elements, row-major and little-endian.
/// </content>
public static partial class TensorExtensionMethods
{
    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        writer.Write7BitEncodedInt64((long)tensor.dtype);
        writer.Write7BitEncodedInt64(tensor.ndim);
        foreach (var n in tensor.shape) {
            writer.Write7BitEncodedInt64(n);
        }
        writer.Flush();
        TensorBytes.Write(tensor, writer.BaseStream);
    }

    public static void Save(this Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        tensor.Save(writer);
    }

    public static void Save(this Tensor tensor, string location)
    {
        using var stream = File.Create(location);
        tensor.Save(stream);
    }

    /// <summary>Reads a tensor; with `skip` only moves past it, and gives an empty one.</summary>
    public static Tensor Load(BinaryReader reader, bool skip = false)
    {
        var (type, sizes) = Header(reader);
        if (skip) {
            Skip(reader.BaseStream, sizes.TotalSize() * type.ElementSize());
            return empty((long[])[0], type);
        }
        var tensor = empty(sizes, type, CPU);
        try {
            TensorBytes.Read(tensor, reader.BaseStream);
        } catch {
            tensor.Dispose();
            throw;
        }
        return tensor;
    }

    /// <summary>Reads into a tensor of the same element type and sizes; with `skip` only moves past.</summary>
    /// <exception cref="ArgumentException">Element type or sizes differ from those of the file.</exception>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var (type, sizes) = Header(reader);
        if (skip) {
            Skip(reader.BaseStream, sizes.TotalSize() * type.ElementSize());
            return;
        }
        if (type != tensor.dtype) {
            throw new ArgumentException($"Mismatched tensor data types while loading. The file has {type}, the tensor {tensor.dtype}.");
        }
        if (!sizes.AsSpan().SequenceEqual(tensor.shape)) {
            throw new ArgumentException($"Mismatched tensor shape while loading. The file has [{string.Join(", ", sizes)}], the tensor [{string.Join(", ", tensor.shape)}].");
        }
        TensorBytes.Read(tensor, reader.BaseStream);
    }

    /// <summary>The same; a null tensor is made.</summary>
    public static void Load(ref Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        if (tensor is null) {
            tensor = Load(reader, skip);
        } else {
            tensor.Load(reader, skip);
        }
    }

    private static (ScalarType Type, long[] Sizes) Header(BinaryReader reader)
    {
        var type = (ScalarType)(sbyte)reader.Read7BitEncodedInt64();
        var rank = reader.Read7BitEncodedInt64();
        if (!Enum.IsDefined(type) || rank is < 0 or > 64) {
            throw new FormatException($"no tensor starts here: element type {(int)type}, rank {rank}");
        }
        var sizes = new long[rank];
        for (var k = 0; k < rank; k++) {
            sizes[k] = reader.Read7BitEncodedInt64();
            if (sizes[k] < 0) {
                throw new FormatException($"a tensor's size of {sizes[k]}");
            }
        }
        return (type, sizes);
    }

    private static void Skip(Stream stream, long bytes)
    {
        if (stream.CanSeek) {
            stream.Seek(bytes, SeekOrigin.Current);
            return;
        }
        var buffer = new byte[Math.Min(bytes, 1 << 16)];
        for (; bytes > 0; bytes -= Math.Min(bytes, buffer.Length)) {
            stream.ReadExactly(buffer, 0, (int)Math.Min(bytes, buffer.Length));
        }
    }
}
