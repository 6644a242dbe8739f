using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>
/// An ATen operator by its schema name, resolved at the first call and then called with values on the stack.
/// Missing trailing arguments take the schema's defaults.
/// </summary>
/// <param name="name">Name without the namespace ("add"), or with it ("aten::add").</param>
/// <param name="overload">Name of the overload ("Tensor"), or empty.</param>
internal sealed unsafe class Operator(string name, string overload = "")
{
    private const int StackWords = 64;
    private nint _handle;

    internal nint Handle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _handle != 0 ? _handle : Resolve();
    }

    /// <summary>Whether this libtorch has the operator.</summary>
    internal bool Exists
    {
        get {
            fixed (byte* n = Utf8(Qualified))
            fixed (byte* o = Utf8(overload)) {
                return NativeMethods.bt_has_operator(n, o) != 0;
            }
        }
    }

    private string Qualified => name.Contains("::", StringComparison.Ordinal) ? name : "aten::" + name;

    private static byte[] Utf8(string s) => Encoding.UTF8.GetBytes(s + '\0');

    private nint Resolve()
    {
        fixed (byte* n = Utf8(Qualified))
        fixed (byte* o = Utf8(overload)) {
            return _handle = Error.Check(NativeMethods.bt_operator(n, o));
        }
    }

    /// <summary>The schema as libtorch prints it.</summary>
    internal string Schema
    {
        get {
            var text = NativeMethods.bt_schema(Handle);
            try {
                return Marshal.PtrToStringUTF8((nint)text)!;
            } finally {
                NativeMethods.bt_free(text);
            }
        }
    }

    /// <summary>Calls an operator that returns one tensor.</summary>
    internal Tensor Tensor(params ReadOnlySpan<Value> args) => new(RawTensor(args));

    /// <summary>Calls an operator that changes `self`, and returns `self`.</summary>
    internal Tensor InPlace(Tensor self, params ReadOnlySpan<Value> args)
    {
        NativeMethods.bt_release(RawTensor(args));
        return self;
    }

    internal (Tensor, Tensor) Pair(params ReadOnlySpan<Value> args)
    {
        var r = stackalloc NativeValue[2];
        Call(args, r, 2);
        return (Take(r[0])!, Take(r[1])!);
    }

    internal (Tensor, Tensor, Tensor) Triple(params ReadOnlySpan<Value> args)
    {
        var r = stackalloc NativeValue[3];
        Call(args, r, 3);
        return (Take(r[0])!, Take(r[1])!, Take(r[2])!);
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    internal Tensor[] List(params ReadOnlySpan<Value> args)
    {
        NativeValue r;
        Call(args, &r, 1);
        return TakeList(r);
    }

    internal bool Bool(params ReadOnlySpan<Value> args) => Plain(args).Int != 0;
    internal long Int(params ReadOnlySpan<Value> args) => Plain(args).Int;
    internal double Double(params ReadOnlySpan<Value> args) => Plain(args).Double;

    /// <summary>Calls an operator without result.</summary>
    internal void Void(params ReadOnlySpan<Value> args) => Call(args, null, 0);

    /// <summary>Calls any operator; each result is a Tensor, Tensor[], long, double, bool, string, long[], double[] or null.</summary>
    internal object?[] Objects(bool check, ReadOnlySpan<Value> args)
    {
        var r = stackalloc NativeValue[16];
        var n = Call(args, r, 16, check);
        var results = new object?[n];
        for (var k = 0; k < n; k++) {
            results[k] = r[k].Tag switch {
                Tag.Tensor => Take(r[k]),
                Tag.TensorList => TakeList(r[k]),
                Tag.Int => r[k].Int,
                Tag.Double => r[k].Double,
                Tag.Bool => r[k].Int != 0,
                Tag.IntList => TakeArray<long>(r[k]),
                Tag.DoubleList => TakeArray<double>(r[k]),
                Tag.Complex => TakeArray<double>(r[k]) is [var re, var im] ? new System.Numerics.Complex(re, im) : null,
                Tag.String => Encoding.UTF8.GetString(TakeArray<byte>(r[k])),
                _ => null,
            };
        }
        return results;
    }

    private NativeValue Plain(ReadOnlySpan<Value> args)
    {
        NativeValue r;
        Call(args, &r, 1);
        return r;
    }

    private static Tensor? Take(in NativeValue v) => v.Tag == Tag.None ? null : new Tensor((nint)v.Pointer);

    private static Tensor[] TakeList(in NativeValue v)
    {
        var handles = TakeArray<nint>(v);
        return Array.ConvertAll(handles, h => new Tensor(h));
    }

    private static T[] TakeArray<T>(in NativeValue v) where T : unmanaged
    {
        var items = new ReadOnlySpan<T>(v.Pointer, v.Count).ToArray();
        NativeMethods.bt_free(v.Pointer);
        return items;
    }

    private nint RawTensor(ReadOnlySpan<Value> args)
    {
        var native = stackalloc NativeValue[args.Length];
        var words = Words(args);
        var buffer = stackalloc long[Math.Min(words, StackWords)];
        nint result;
        if (words <= StackWords) {
            Lower(args, native, buffer);
            result = NativeMethods.bt_call_tensor(Handle, native, args.Length);
        } else {
            fixed (long* large = new long[words]) {
                Lower(args, native, large);
                result = NativeMethods.bt_call_tensor(Handle, native, args.Length);
            }
        }
        return Error.Check(result);
    }

    private int Call(ReadOnlySpan<Value> args, NativeValue* results, int capacity, bool check = false)
    {
        var native = stackalloc NativeValue[args.Length];
        var words = Words(args);
        var buffer = stackalloc long[Math.Min(words, StackWords)];
        if (words <= StackWords) {
            Lower(args, native, buffer);
            return Error.Check(NativeMethods.bt_call(Handle, native, args.Length, results, capacity, check ? 1 : 0));
        }
        fixed (long* large = new long[words]) {
            Lower(args, native, large);
            return Error.Check(NativeMethods.bt_call(Handle, native, args.Length, results, capacity, check ? 1 : 0));
        }
    }

    /// <summary>Room for the lists among the arguments, in 8-byte words.</summary>
    private static int Words(ReadOnlySpan<Value> args)
    {
        var words = 0;
        foreach (ref readonly var a in args) {
            if (a.Tag >= Tag.IntList) {
                words += a.Object switch {
                    Array list => list.Length,
                    string s => Encoding.UTF8.GetByteCount(s) / 8 + 1,
                    _ => 0,
                };
            }
        }
        return words;
    }

    private static void Lower(ReadOnlySpan<Value> args, NativeValue* native, long* buffer)
    {
        for (var k = 0; k < args.Length; k++) {
            ref readonly var a = ref args[k];
            ref var v = ref native[k];
            if (a.Tag < Tag.IntList || a.Tag is Tag.Device or Tag.Generator) {
                v.Head = (long)a.Tag;
                v.Int = a.Bits;
                continue;
            }
            v.Pointer = buffer;
            var count = 0;
            switch (a.Object) {
                case long[] list:
                    count = list.Length;
                    list.CopyTo(new Span<long>(buffer, count));
                    buffer += count;
                    break;
                case double[] list:
                    count = list.Length;
                    list.CopyTo(new Span<double>(buffer, count));
                    buffer += count;
                    break;
                case bool[] list:
                    count = list.Length;
                    MemoryMarshal.AsBytes<bool>(list).CopyTo(new Span<byte>(buffer, count));
                    buffer += count;
                    break;
                case Tensor?[] list:
                    count = list.Length;
                    foreach (var t in list) {
                        *buffer++ = t is null ? 0 : t.Handle;
                    }
                    break;
                case string s:
                    count = Encoding.UTF8.GetBytes(s, new Span<byte>(buffer, Encoding.UTF8.GetByteCount(s)));
                    buffer += count / 8 + 1;
                    break;
            }
            v.Head = (long)count << 8 | (long)a.Tag;
        }
    }
}
