using System;
using System.Numerics;
using BoxTeacher.Torch.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Between numbers and scalars.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this bool value) => value;
    public static Scalar ToScalar(this byte value) => value;
    public static Scalar ToScalar(this sbyte value) => value;
    public static Scalar ToScalar(this short value) => value;
    public static Scalar ToScalar(this int value) => value;
    public static Scalar ToScalar(this long value) => value;
    public static Scalar ToScalar(this Half value) => value;
    public static Scalar ToScalar(this float value) => value;
    public static Scalar ToScalar(this double value) => value;
    public static Scalar ToScalar(this BFloat16 value) => value;
    public static Scalar ToScalar(this (float, float) value) => value;
    public static Scalar ToScalar(this Complex value) => value;
    public static Scalar ToBFloat16Scalar(this float value) => (BFloat16)value;

    public static bool ToBoolean(this Scalar value) => value.Kind == Scalar.ValueKind.Double ? value.Double != 0 : value.Int != 0;
    public static byte ToByte(this Scalar value) => (byte)value.Int;
    public static sbyte ToSByte(this Scalar value) => (sbyte)value.Int;
    public static short ToInt16(this Scalar value) => (short)value.Int;
    public static int ToInt32(this Scalar value) => (int)value.Int;
    public static long ToInt64(this Scalar value) => value.Int;
    public static Half ToHalf(this Scalar value) => (Half)value.Double;
    public static float ToSingle(this Scalar value) => (float)value.Double;
    public static double ToDouble(this Scalar value) => value.Double;
    public static BFloat16 ToBFloat16(this Scalar value) => (BFloat16)value.Double;
    public static (float, float) ToComplexFloat32(this Scalar value) => ((float)value.Double, (float)value.Imaginary);
    public static Complex ToComplexFloat64(this Scalar value) => new(value.Double, value.Imaginary);

    private static readonly Operator s_scalarTensor = new("scalar_tensor");

    /// <summary>A tensor of no dimension and the scalar's own element type.</summary>
    internal static Tensor ToTensor(this Scalar value) => s_scalarTensor.Tensor(value, value.Type);
}
