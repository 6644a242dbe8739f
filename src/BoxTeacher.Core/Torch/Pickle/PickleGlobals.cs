using System.Numerics;
using System.Text;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>Elements that tensors of a file share; read before or after the tensors are made.</summary>
/// <param name="Elements">All elements, one-dimensional.</param>
internal sealed record PickledStorage(Tensor Elements);

/// <summary>The only names a file of tensors may use.</summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, ScalarType> Storages = new()
    {
        ["FloatStorage"] = ScalarType.Float32,
        ["DoubleStorage"] = ScalarType.Float64,
        ["HalfStorage"] = ScalarType.Float16,
        ["BFloat16Storage"] = ScalarType.BFloat16,
        ["LongStorage"] = ScalarType.Int64,
        ["IntStorage"] = ScalarType.Int32,
        ["ShortStorage"] = ScalarType.Int16,
        ["CharStorage"] = ScalarType.Int8,
        ["ByteStorage"] = ScalarType.Byte,
        ["BoolStorage"] = ScalarType.Bool,
        ["ComplexFloatStorage"] = ScalarType.ComplexFloat32,
        ["ComplexDoubleStorage"] = ScalarType.ComplexFloat64,
    };

    /// <summary>What PyTorch calls the storage of an element type; null if it has none.</summary>
    internal static string? StorageName(ScalarType type) => Storages.FirstOrDefault(p => p.Value == type).Key;

    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["float32"] = ScalarType.Float32,
        ["float64"] = ScalarType.Float64,
        ["float16"] = ScalarType.Float16,
        ["bfloat16"] = ScalarType.BFloat16,
        ["int64"] = ScalarType.Int64,
        ["int32"] = ScalarType.Int32,
        ["int16"] = ScalarType.Int16,
        ["int8"] = ScalarType.Int8,
        ["uint8"] = ScalarType.Byte,
        ["bool"] = ScalarType.Bool,
    };

    /// <summary>A type that only stands as an argument.</summary>
    private static readonly object Ndarray = new();

    internal static object? Find(string module, string name, string source) => (module, name) switch
    {
        ("torch._utils", "_rebuild_tensor_v2" or "_rebuild_tensor") => new PickleFunction($"{module}.{name}", a => Rebuild(a, source)),
        ("torch._utils", "_rebuild_parameter") => new PickleFunction($"{module}.{name}", a => (Tensor)a[0]!),
        ("torch" or "torch.cuda", _) when Storages.TryGetValue(name, out var type) => type,
        ("torch", _) when Types.TryGetValue(name, out var type) => type,
        ("torch", "Size") => new PickleFunction("torch.Size", a => (object?[])a[0]!),
        ("collections", "OrderedDict") => new PickleFunction("collections.OrderedDict", Dictionary),
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") =>
            new PickleFunction("numpy._reconstruct", a => a[0] == Ndarray ? new NumpyArray() : throw new InvalidCastException()),
        ("numpy.core.multiarray" or "numpy._core.multiarray", "scalar")
            => new PickleFunction("numpy.scalar", a => NumpyArray.Number((NumpyType)a[0]!, NumpyArray.Bytes(a[1])!, source)),
        ("numpy", "ndarray") => Ndarray,
        ("numpy", "dtype") => new PickleFunction("numpy.dtype", a => new NumpyType((string)a[0]!)),
        // How Python 3 writes bytes in the old protocols.
        ("_codecs", "encode") => new PickleFunction("_codecs.encode", a =>
            a is [string text, "latin1"] ? Encoding.Latin1.GetBytes(text) : throw new InvalidCastException()),
        _ => null,
    };

    private static OrderedDictionary<object, object?> Dictionary(object?[] arguments)
    {
        var result = new OrderedDictionary<object, object?>();
        foreach (var pair in arguments is [List<object?> items, ..] ? items : [])
        {
            var entry = (System.Collections.IList)pair!;
            result[entry[0]!] = entry[1];
        }
        return result;
    }

    /// <param name="a">Storage, offset, sizes, strides; what follows is of no interest here.</param>
    /// <param name="source">The file, for messages.</param>
    private static Tensor Rebuild(object?[] a, string source)
    {
        var storage = (PickledStorage)a[0]!;
        var (offset, size, stride) = ((long)a[1]!, Numbers(a[2]), Numbers(a[3]));
        if (size.Length != stride.Length || offset < 0 || size.Concat(stride).Any(n => n < 0) || !TensorBytes.AreSizes(size))
        {
            throw new InvalidDataException(
                $"{source}: a tensor with sizes [{string.Join(", ", size)}], strides [{string.Join(", ", stride)}], offset {offset}");
        }
        var last = size.Contains(0)
            ? -1 : size.Zip(stride).Aggregate((BigInteger)offset, (sum, d) => sum + (BigInteger)(d.First - 1) * d.Second);
        if (last >= storage.Elements.NumberOfElements)
        {
            throw new InvalidDataException(
                $"{source}: a tensor reaches to element {last} of a storage of {storage.Elements.NumberOfElements}");
        }
        return storage.Elements.as_strided(size, stride, size.Contains(0) ? 0 : offset);
    }

    private static long[] Numbers(object? tuple) => Array.ConvertAll((object?[])tuple!, n => (long)n!);

    /// <summary>Checks a persistent id and gives its parts.</summary>
    internal static (ScalarType Type, string Key, long Count, object?[]? View) Storage(object? id, string source)
        => id is object?[] { Length: >= 5 } p
            && p[0] is "storage" && p[1] is ScalarType type && p[4] is long and >= 0 && p[2] is string or long
            ? (type, p[2]!.ToString()!, (long)p[4]!, p.Length > 5 ? p[5] as object?[] : null)
            : throw new InvalidDataException($"{source}: the pickle refers to an object outside it that is no storage");
}
