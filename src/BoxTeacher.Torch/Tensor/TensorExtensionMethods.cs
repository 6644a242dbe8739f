using System;
using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Between tensors and managed values.</summary>
public static partial class TensorExtensionMethods
{
    /// <summary>Bytes of one element.</summary>
    public static int ElementSize(this ScalarType type) => type switch {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool or ScalarType.QInt8 or ScalarType.QUInt8 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 or ScalarType.QInt32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new NotImplementedException($"{type}"),
    };

    /// <summary>Number of elements of a tensor of these sizes.</summary>
    public static long TotalSize(this IEnumerable<long> shape)
    {
        long n = 1;
        foreach (var size in shape) {
            n *= size;
        }
        return n;
    }

    public static ReadOnlySpan<int> IntShape(this Tensor tensor) => Array.ConvertAll(tensor.shape, n => (int)n);

    private static Scalar Item(Tensor value)
        => value.NumberOfElements == 1 ? value.ToScalar() : throw new ArgumentException("Number of elements in the tensor must be 1");

    public static bool ToBoolean(this Tensor value) => Item(value).ToBoolean();
    public static byte ToByte(this Tensor value) => Item(value).ToByte();
    public static sbyte ToSByte(this Tensor value) => Item(value).ToSByte();
    public static short ToInt16(this Tensor value) => Item(value).ToInt16();
    public static int ToInt32(this Tensor value) => Item(value).ToInt32();
    public static long ToInt64(this Tensor value) => Item(value).ToInt64();
    public static Half ToHalf(this Tensor value) => Item(value).ToHalf();
    public static BFloat16 ToBFloat16(this Tensor value) => Item(value).ToBFloat16();
    public static float ToSingle(this Tensor value) => Item(value).ToSingle();
    public static double ToDouble(this Tensor value) => Item(value).ToDouble();
    public static (float, float) ToComplex32(this Tensor value) => Item(value).ToComplexFloat32();
    public static (float, float) ToComplexFloat32(this Tensor value) => Item(value).ToComplexFloat32();
    public static Complex ToComplex64(this Tensor value) => Item(value).ToComplexFloat64();
    public static Complex ToComplexFloat64(this Tensor value) => Item(value).ToComplexFloat64();

    /// <summary>A tensor of the given sizes over an array's memory, or over a copy of it.</summary>
    public static Tensor ToTensor<T>(this T[] rawArray, long[] dimensions, bool doCopy = false, bool requires_grad = false)
    {
        var array = doCopy ? (T[])rawArray.Clone() : rawArray;
        using var flat = from_array(array);
        var tensor = flat.view(dimensions);
        tensor.requires_grad = requires_grad;
        return tensor;
    }

    /// <summary>A tensor of no dimension.</summary>
    public static Tensor ToTensor<T>(this T scalar, Device? device = null, bool requires_grad = false) where T : struct
    {
        using var one = from_array(new[] { scalar }, null, device);
        var tensor = one.view((long[])[]);
        tensor.requires_grad = requires_grad;
        return tensor;
    }
}
