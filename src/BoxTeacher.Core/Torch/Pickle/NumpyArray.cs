using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>An element type of numpy: the kind and the number of bytes ("f4"), and the byte order.</summary>
internal sealed class NumpyType(string code)
{
    private bool _bigEndian;

    /// <param name="state">The tuple (version, byte order, ...).</param>
    internal void SetState(object? state) => _bigEndian = state is object?[] { Length: > 1 } parts && parts[1] is ">";

    internal ScalarType Type(string source) => (_bigEndian, code) switch
    {
        (false, "f4") => ScalarType.Float32,
        (false, "f8") => ScalarType.Float64,
        (false, "f2") => ScalarType.Float16,
        (false, "i8") => ScalarType.Int64,
        (false, "i4") => ScalarType.Int32,
        (false, "i2") => ScalarType.Int16,
        (_, "i1") => ScalarType.Int8,
        (_, "u1") => ScalarType.Byte,
        (_, "b1") => ScalarType.Bool,
        _ => throw new InvalidDataException($"{source}: numpy arrays of '{(_bigEndian ? ">" : "")}{code}' are not supported"),
    };
}

/// <summary>An array of numpy of which the pickle has not yet told the contents.</summary>
internal sealed class NumpyArray
{
    /// <param name="state">The tuple (version, sizes, element type, whether in Fortran's order, bytes).</param>
    /// <param name="source">The file, for messages.</param>
    internal static Tensor Build(object? state, string source)
    {
        if (state is not object?[] { Length: 5 } parts
            || parts[1] is not object?[] sizes || parts[2] is not NumpyType type || parts[3] is not (bool or long))
        {
            throw new InvalidDataException($"{source}: broken numpy array");
        }
        var data = Bytes(parts[4]) ?? throw new InvalidDataException($"{source}: a numpy array of objects is no plain data");
        var shape = sizes.Select(n =>
            n is long and >= 0 ? (long)n : throw new InvalidDataException($"{source}: broken sizes of a numpy array")).ToArray();
        var scalarType = type.Type(source);
        var bytes = shape.Aggregate((Int128)scalarType.ElementSize(), (product, n) => product * n);
        if (!TensorBytes.AreSizes(shape) || bytes != data.Length)
        {
            throw new InvalidDataException($"{source}: a numpy array {scalarType} [{string.Join(", ", shape)}] has {data.Length} bytes");
        }
        var fortran = parts[3] is true or 1L && shape.Length > 1;
        var tensor = empty(fortran ? [.. shape.Reverse()] : shape, scalarType, CPU);
        using (var stream = new MemoryStream(data))
        {
            TensorBytes.Read(tensor, stream);
        }
        if (!fortran)
        {
            return tensor;
        }
        using (tensor)
        using (var transposed = tensor.permute([.. Enumerable.Range(0, shape.Length).Reverse().Select(d => (long)d)]))
        {
            return transposed.clone().contiguous();
        }
    }

    /// <summary>Python 2 wrote bytes as text.</summary>
    internal static byte[]? Bytes(object? value) => value switch
    {
        byte[] bytes => bytes,
        string text => Encoding.Latin1.GetBytes(text),
        _ => null,
    };

    /// <summary>A number that numpy wrote as an array without dimensions.</summary>
    internal static object Number(NumpyType type, byte[] data, string source) => type.Type(source) switch
    {
        ScalarType.Float32 => (double)BitConverter.ToSingle(data),
        ScalarType.Float64 => BitConverter.ToDouble(data),
        ScalarType.Float16 => (double)BitConverter.ToHalf(data),
        ScalarType.Int64 => BitConverter.ToInt64(data),
        ScalarType.Int32 => (long)BitConverter.ToInt32(data),
        ScalarType.Int16 => (long)BitConverter.ToInt16(data),
        ScalarType.Int8 => (long)(sbyte)data[0],
        ScalarType.Bool => data[0] != 0,
        _ => (long)data[0],
    };
}
