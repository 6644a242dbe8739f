using System;
using System.Numerics;

namespace TorchSharp;

/// <summary>A number of any element type, as an operand. It owns nothing native; disposing it does nothing.</summary>
public sealed class Scalar : IDisposable
{
    internal enum ValueKind : byte { Int, Double, Bool, Complex }

    internal readonly ValueKind Kind;
    internal readonly long Int;
    internal readonly double Double;
    internal readonly double Imaginary;

    internal Scalar(long value, torch.ScalarType type)
    {
        Kind = type == torch.ScalarType.Bool ? ValueKind.Bool : ValueKind.Int;
        Int = value;
        Double = value;
        Type = type;
    }

    internal Scalar(double value, torch.ScalarType type)
    {
        Kind = ValueKind.Double;
        Double = value;
        Int = double.IsFinite(value) ? (long)value : 0;
        Type = type;
    }

    internal Scalar(Complex value, torch.ScalarType type)
    {
        Kind = ValueKind.Complex;
        Double = value.Real;
        Imaginary = value.Imaginary;
        Type = type;
    }

    public torch.ScalarType Type { get; }

    public static implicit operator Scalar(byte value) => new((long)value, torch.ScalarType.Byte);
    public static implicit operator Scalar(sbyte value) => new((long)value, torch.ScalarType.Int8);
    public static implicit operator Scalar(short value) => new((long)value, torch.ScalarType.Int16);
    public static implicit operator Scalar(int value) => new((long)value, torch.ScalarType.Int32);
    public static implicit operator Scalar(long value) => new(value, torch.ScalarType.Int64);
    public static implicit operator Scalar(bool value) => new(value ? 1L : 0L, torch.ScalarType.Bool);
    public static implicit operator Scalar(Half value) => new((double)value, torch.ScalarType.Float16);
    public static implicit operator Scalar(float value) => new((double)value, torch.ScalarType.Float32);
    public static implicit operator Scalar(double value) => new(value, torch.ScalarType.Float64);
    public static implicit operator Scalar(BFloat16 value) => new((double)value, torch.ScalarType.BFloat16);
    public static implicit operator Scalar((float, float) value) => new(new Complex(value.Item1, value.Item2), torch.ScalarType.ComplexFloat32);
    public static implicit operator Scalar(Complex value) => new(value, torch.ScalarType.ComplexFloat64);

    public void Dispose() { }
}
