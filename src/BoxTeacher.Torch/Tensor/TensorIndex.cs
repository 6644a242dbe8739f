using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One index of several: an integer, a slice, a new dimension, an ellipsis, a truth value or a tensor.</summary>
    public struct TensorIndex
    {
        internal IndexKind Kind;
        private long? _start;
        private long? _stop;
        private long? _step;
        internal Tensor? IndexTensor;

        /// <summary>A new dimension of size 1.</summary>
        public static readonly TensorIndex None = new() { Kind = IndexKind.None };
        public static readonly TensorIndex Null = new() { Kind = IndexKind.None };
        /// <summary>As many whole dimensions as fit.</summary>
        public static readonly TensorIndex Ellipsis = new() { Kind = IndexKind.Ellipsis };
        /// <summary>A whole dimension.</summary>
        public static readonly TensorIndex Colon = Slice();

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null)
            => new() { Kind = IndexKind.Slice, _start = start, _stop = stop, _step = step };

        public static TensorIndex Slice((int?, int?) range) => Slice((long?)range.Item1, (long?)range.Item2);

        /// <summary>From a range; an end of `^0` is the dimension's end.</summary>
        public static TensorIndex Slice(Range range)
            => Slice(Position(range.Start), range.End is { IsFromEnd: true, Value: 0 } ? null : Position(range.End));

        private static long Position(Index index) => index.IsFromEnd ? -index.Value : index.Value;

        public static TensorIndex Single(long? index) => index is { } i ? new() { Kind = IndexKind.Single, _start = i } : None;

        public static TensorIndex Bool(bool value) => new() { Kind = IndexKind.Bool, _start = value ? 1 : 0 };

        public static TensorIndex Tensor(Tensor tensor) => new() { Kind = IndexKind.Tensor, IndexTensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex(Index index) => Single(Position(index));
        public static implicit operator TensorIndex(Range range) => Slice(range);
        public static implicit operator TensorIndex((int?, int?) range) => Slice(range);

        /// <summary>The index as a tensor, where it can be one.</summary>
        public static implicit operator Tensor(TensorIndex value) => value.Kind switch {
            IndexKind.Tensor => value.IndexTensor!,
            IndexKind.Single => tensor(value._start!.Value),
            IndexKind.Bool => tensor(value._start != 0),
            _ => throw new InvalidCastException($"an index of kind {value.Kind} is no tensor"),
        };

        internal readonly bool IsColon => Kind == IndexKind.Slice && _start is null or 0 && _stop is null && _step is null or 1;

        internal readonly NativeIndex Native => new() {
            Kind = Kind,
            Given = (_start.HasValue ? 1 : 0) | (_stop.HasValue ? 2 : 0) | (_step.HasValue ? 4 : 0),
            Start = _start.GetValueOrDefault(),
            Stop = _stop.GetValueOrDefault(),
            Step = _step.GetValueOrDefault(),
            Tensor = IndexTensor?.Handle ?? 0,
        };
    }
}
