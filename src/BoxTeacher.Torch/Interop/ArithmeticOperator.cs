using System;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>Addition, subtraction, multiplication or division: two operands go a short way, anything else the general one.</summary>
internal sealed class ArithmeticOperator(ArithmeticOperator.Kind kind, string overload)
{
    internal enum Kind { Add, Sub, Mul, Div }

    private readonly Operator _general = new(kind switch {
        Kind.Add => "add",
        Kind.Sub => "sub",
        Kind.Mul => "mul",
        _ => "div",
    }, overload);

    internal Tensor Tensor(Tensor left, Tensor right)
    {
        var result = NativeMethods.bt_arithmetic((int)kind, left.Handle, right.Handle);
        GC.KeepAlive(left);
        GC.KeepAlive(right);
        return new Tensor(Error.Check(result));
    }

    internal Tensor Tensor(Tensor left, long right) => Number(left, 1, right, 0);
    internal Tensor Tensor(Tensor left, double right) => Number(left, 0, 0, right);

    internal Tensor Tensor(Tensor left, Scalar right) => right.Kind switch {
        Scalar.ValueKind.Int => Number(left, 1, right.Int, 0),
        Scalar.ValueKind.Double => Number(left, 0, 0, right.Double),
        _ => _general.Tensor(left, right),
    };

    private Tensor Number(Tensor left, int isInteger, long i, double d)
    {
        var result = NativeMethods.bt_arithmetic_number((int)kind, left.Handle, isInteger, i, d);
        GC.KeepAlive(left);
        return new Tensor(Error.Check(result));
    }

    internal Tensor Tensor(params ReadOnlySpan<Value> args) => _general.Tensor(args);
    internal Tensor InPlace(Tensor self, params ReadOnlySpan<Value> args) => _general.InPlace(self, args);
}
