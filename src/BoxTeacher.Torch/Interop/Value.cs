using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>What a value is to the C ABI (bridge.h, enum Tag).</summary>
internal enum Tag : byte
{
    Default, None, Tensor, Int, Double, Bool, IntList, TensorList, OptionalTensorList, DoubleList, String, BoolList, Device, Generator, Complex,
}

/// <summary>One argument or result as the C ABI sees it (bridge.h, struct Value).</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct NativeValue
{
    [FieldOffset(0)] internal long Head;
    [FieldOffset(8)] internal long Int;
    [FieldOffset(8)] internal double Double;
    [FieldOffset(8)] internal void* Pointer;

    internal readonly Tag Tag => (Tag)(Head & 0xff);
    internal readonly int Count => (int)(Head >> 8);
}

/// <summary>
/// One argument of an operator call. It keeps the managed object it came from, so that the garbage collector leaves
/// that alone until the call is over.
/// </summary>
internal readonly struct Value
{
    internal readonly object? Object;
    internal readonly long Bits;
    internal readonly Tag Tag;

    private Value(Tag tag, long bits = 0, object? source = null)
    {
        Tag = tag;
        Bits = bits;
        Object = source;
    }

    /// <summary>The default that the operator's schema declares.</summary>
    internal static Value Default => default;
    internal static Value None => new(Tag.None);

    public static implicit operator Value(Tensor? t) => t is null ? None : new(Tag.Tensor, t.Handle, t);
    public static implicit operator Value(long i) => new(Tag.Int, i);
    public static implicit operator Value(int i) => new(Tag.Int, i);
    public static implicit operator Value(long? i) => i is { } v ? v : None;
    public static implicit operator Value(double d) => new(Tag.Double, System.BitConverter.DoubleToInt64Bits(d));
    public static implicit operator Value(double? d) => d is { } v ? v : None;
    public static implicit operator Value(bool b) => new(Tag.Bool, b ? 1 : 0);
    public static implicit operator Value(bool? b) => b is { } v ? v : None;
    public static implicit operator Value(long[]? list) => list is null ? None : new(Tag.IntList, 0, list);
    public static implicit operator Value(double[]? list) => list is null ? None : new(Tag.DoubleList, 0, list);
    public static implicit operator Value(bool[]? list) => list is null ? None : new(Tag.BoolList, 0, list);
    public static implicit operator Value(Tensor[]? list) => list is null ? None : new(Tag.TensorList, 0, list);
    public static implicit operator Value(string? s) => s is null ? None : new(Tag.String, 0, s);
    public static implicit operator Value(ScalarType type) => new(Tag.Int, (long)type);
    public static implicit operator Value(ScalarType? type) => type is { } v ? v : None;
    public static implicit operator Value(Device? d) => d is null ? None : new(Tag.Device, d.Packed);
    public static implicit operator Value(Generator? g) => g is null ? None : new(Tag.Generator, g.Handle, g);
    public static implicit operator Value(Scalar? s) => s is null ? None : s.Kind switch {
        Scalar.ValueKind.Int => s.Int,
        Scalar.ValueKind.Bool => s.Int != 0,
        Scalar.ValueKind.Complex => new(Tag.Complex, 0, new[] { s.Double, s.Imaginary }),
        _ => s.Double,
    };

    /// <summary>Indices in which null means "all of this dimension".</summary>
    internal static Value OptionalTensors(Tensor?[] list) => new(Tag.OptionalTensorList, 0, list);
}
