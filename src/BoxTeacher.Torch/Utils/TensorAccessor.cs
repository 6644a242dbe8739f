using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor on the CPU, in row-major order of its indices, whatever its layout in memory.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly Tensor _tensor;

    internal TensorAccessor(Tensor tensor)
    {
        // An alias: the elements stay reachable when the tensor it came from is disposed.
        _tensor = tensor.alias().DetachFromDisposeScope();
        Count = tensor.NumberOfElements;
    }

    public long Count { get; }
    public bool IsReadOnly => false;

    private unsafe T* Start => (T*)_tensor.DataPointer();

    /// <summary>An element by its indices; one index alone counts in row-major order.</summary>
    public unsafe T this[params long[] indices]
    {
        get {
            var value = Start[Offset(indices)];
            GC.KeepAlive(this);
            return value;
        }
        set {
            Start[Offset(indices)] = value;
            GC.KeepAlive(this);
        }
    }

    private long Offset(long[] indices)
    {
        var shape = _tensor.shape;
        var strides = _tensor.stride();
        if (indices.Length == 1) {
            var i = indices[0];
            if (i < 0 || i >= Count) {
                throw new IndexOutOfRangeException($"element {i} of {Count}");
            }
            return LinearOffset(i, shape, strides);
        }
        if (indices.Length != shape.Length) {
            throw new ArgumentException($"{indices.Length} indices for {shape.Length} dimensions", nameof(indices));
        }
        long offset = 0;
        for (var d = 0; d < shape.Length; d++) {
            if (indices[d] < 0 || indices[d] >= shape[d]) {
                throw new IndexOutOfRangeException($"index {indices[d]} of dimension {d} of size {shape[d]}");
            }
            offset += indices[d] * strides[d];
        }
        return offset;
    }

    private static long LinearOffset(long i, long[] shape, long[] strides)
    {
        long offset = 0;
        for (var d = shape.Length - 1; d >= 0; d--) {
            (i, var rest) = Math.DivRem(i, shape[d]);
            offset += rest * strides[d];
        }
        return offset;
    }

    public unsafe T[] ToArray()
    {
        if (Count > Array.MaxLength) {
            throw new NotImplementedException("Can't extract more than 2^31 elements to an array.");
        }
        var result = GC.AllocateUninitializedArray<T>((int)Count);
        CopyTo(result);
        return result;
    }

    /// <summary>An array of the tensor's rank.</summary>
    public Array ToNDArray()
    {
        if (_tensor.ndim == 0) {
            return ToArray();
        }
        var result = Array.CreateInstance(typeof(T), _tensor.shape);
        var values = ToArray();
        values.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(result)), values.Length));
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public unsafe void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var n = Math.Min(target.Length, Count - tensorIndex);
        if (_tensor.is_contiguous()) {
            new ReadOnlySpan<T>(Start + tensorIndex, (int)n).CopyTo(target);
        } else {
            var (shape, strides) = (_tensor.shape, _tensor.stride());
            var start = Start;
            for (var k = 0; k < n; k++) {
                target[k] = start[LinearOffset(tensorIndex + k, shape, strides)];
            }
        }
        GC.KeepAlive(this);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public unsafe void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var n = Math.Min(source.Length, Count - tensorIndex);
        if (_tensor.is_contiguous()) {
            source[..(int)n].CopyTo(new Span<T>(Start + tensorIndex, (int)n));
        } else {
            var (shape, strides) = (_tensor.shape, _tensor.stride());
            var start = Start;
            for (var k = 0; k < n; k++) {
                start[LinearOffset(tensorIndex + k, shape, strides)] = source[k];
            }
        }
        GC.KeepAlive(this);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is TensorAccessor<T> other && Count == other.Count && ToArray().AsSpan().SequenceEqual(other.ToArray());

    public override int GetHashCode() => HashCode.Combine(Count, typeof(T));

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

    public void Dispose() => _tensor.Dispose();
}
