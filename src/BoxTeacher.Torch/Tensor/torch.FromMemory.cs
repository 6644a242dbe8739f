using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Tensors from managed memory: copied by tensor and as_tensor, shared by from_array and frombuffer.</content>
public static partial class torch
{
    private static unsafe Tensor FromSpan<T>(ReadOnlySpan<T> data, ReadOnlySpan<long> sizes, ScalarType type, ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null)
        where T : unmanaged
    {
        nint handle;
        fixed (T* p = data)
        fixed (long* s = sizes) {
            handle = NativeMethods.bt_from_memory(p, (long)data.Length * sizeof(T), s, sizes.Length, (int)type);
        }
        return Made(As(new Tensor(Error.Check(handle)), dtype, device), requires_grad, names);
    }

    private static Tensor FromValue<T>(T value, ScalarType type, ScalarType? dtype, Device? device, bool requires_grad) where T : unmanaged
        => FromSpan(new ReadOnlySpan<T>(in value), [], type, dtype, device, requires_grad);

    /// <summary>Copies an array of any rank; the sizes are the array's lengths.</summary>
    private static Tensor FromArray<T>(Array array, ScalarType type, ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null)
        where T : unmanaged
    {
        ref var first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array));
        return FromSpan(MemoryMarshal.CreateReadOnlySpan(ref first, array.Length), Sizes(array), type, dtype, device, requires_grad, names);
    }

    private static T[] Items<T>(IList<T> list) => list as T[] ?? [.. list];

    private static long[] Sizes(Array array)
    {
        var sizes = new long[array.Rank];
        for (var k = 0; k < sizes.Length; k++) {
            sizes[k] = array.GetLongLength(k);
        }
        return sizes;
    }

    /// <summary>The tensor in another element type or elsewhere; disposes the one it was given when that differs.</summary>
    private static Tensor As(Tensor tensor, ScalarType? dtype, Device? device)
    {
        var to = InitializeDevice(device);
        var type = dtype ?? tensor.dtype;
        return type == tensor.dtype && to.type == DeviceType.CPU ? tensor : tensor.to(type, to, disposeAfter: true);
    }

    internal static ScalarType ScalarTypeOf(Type type) => type switch {
        _ when type == typeof(float) => ScalarType.Float32,
        _ when type == typeof(double) => ScalarType.Float64,
        _ when type == typeof(long) => ScalarType.Int64,
        _ when type == typeof(int) => ScalarType.Int32,
        _ when type == typeof(short) => ScalarType.Int16,
        _ when type == typeof(byte) => ScalarType.Byte,
        _ when type == typeof(sbyte) => ScalarType.Int8,
        _ when type == typeof(bool) => ScalarType.Bool,
        _ when type == typeof(Half) => ScalarType.Float16,
        _ when type == typeof(BFloat16) => ScalarType.BFloat16,
        _ when type == typeof((float, float)) => ScalarType.ComplexFloat32,
        _ when type == typeof(Complex) => ScalarType.ComplexFloat64,
        _ => throw new ArgumentException($"{type.Name} is not an element type of tensors"),
    };

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null)
        => data.to(dtype ?? data.dtype, device ?? data.device);

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) => from_array(data, dtype, device);

    /// <summary>A tensor over the array's own memory, which stays pinned while the tensor lives.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>The same; with a dtype or device that differs, a copy.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var type = ScalarTypeOf(rawArray.GetType().GetElementType()!);
        return Made(As(Shared(rawArray, Sizes(rawArray), type, 0), dtype, device), requires_grad, names);
    }

    /// <summary>A one-dimensional tensor over `count` elements of the array's memory, from element `offset` on.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var type = ScalarTypeOf(rawArray.GetType().GetElementType()!);
        var length = rawArray.LongLength;
        count = count < 0 ? length - offset : count;
        if (offset < 0 || count < 0 || offset + count > length) {
            throw new ArgumentException($"{count} elements from {offset} on exceed the array of {length}");
        }
        return Made(As(Shared(rawArray, [count], type, offset), dtype, null), requires_grad);
    }

    private static unsafe Tensor Shared(Array array, long[] sizes, ScalarType type, long offset)
    {
        if (array.Length == 0) {
            return empty(sizes, type, CPU);
        }
        var pin = GCHandle.Alloc(new Pinned(array));
        var pinned = (Pinned)pin.Target!;
        var start = (byte*)pinned.Address + offset * type.ElementSize();
        nint handle;
        fixed (long* s = sizes) {
            handle = NativeMethods.bt_from_blob(start, s, sizes.Length, (int)type, &Unpin, (void*)GCHandle.ToIntPtr(pin));
        }
        if (handle == 0) {
            Release(pin);
        }
        return new Tensor(Error.Check(handle));
    }

    /// <summary>An array held in place. GCHandle of type Pinned refuses arrays of bool and of tuples, which are blittable here.</summary>
    private sealed unsafe class Pinned : IDisposable
    {
        private PinnedGCHandle<Array> _pin;

        internal Pinned(Array array)
        {
            _pin = new PinnedGCHandle<Array>(array);
            Address = Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        }

        internal void* Address { get; }

        public void Dispose() => _pin.Dispose();
    }

    [UnmanagedCallersOnly]
    private static unsafe void Unpin(void* context)
        => Release(GCHandle.FromIntPtr((nint)context));

    private static void Release(GCHandle handle)
    {
        ((Pinned)handle.Target!).Dispose();
        handle.Free();
    }

    /// <summary>A tensor of the raw little-endian elements of a file.</summary>
    public static Tensor from_file(string filename, bool? shared = null, long? size = 0, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(As(s_fromFile.Tensor(filename, shared, size, dtype ?? get_default_dtype(), Value.None, CPU), null, device), requires_grad);

    private static readonly Operator s_fromFile = new("from_file");
}
