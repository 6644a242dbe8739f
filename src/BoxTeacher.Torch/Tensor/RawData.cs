using System;
using System.IO;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Interop;

/// <summary>A tensor's elements as raw bytes of a stream, in pieces, whatever the tensor's size, layout and device.</summary>
internal static unsafe class RawData
{
    internal static void Write(Tensor tensor, Stream stream, int piece = 1 << 20)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var dense = tensor.cpu().contiguous();
        var left = dense.NumberOfElements * dense.ElementSize;
        for (var p = dense.DataPointer(); left > 0;) {
            var n = (int)Math.Min(left, piece);
            stream.Write(new ReadOnlySpan<byte>(p, n));
            p += n;
            left -= n;
        }
        GC.KeepAlive(dense);
    }

    /// <exception cref="EndOfStreamException">The stream ends before the tensor is full.</exception>
    internal static void Read(Tensor tensor, Stream stream, int piece = 1 << 20)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var direct = tensor.device_type == DeviceType.CPU && tensor.is_contiguous();
        var dense = direct ? tensor : empty(tensor.shape, tensor.dtype, CPU);
        var left = dense.NumberOfElements * dense.ElementSize;
        for (var p = dense.DataPointer(); left > 0;) {
            var n = (int)Math.Min(left, piece);
            stream.ReadExactly(new Span<byte>(p, n));
            p += n;
            left -= n;
        }
        if (!direct) {
            tensor.copy_(dense);
        }
        GC.KeepAlive(tensor);
    }
}
