using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>A tensor's elements as raw row-major little-endian bytes, in pieces, whatever its size, layout and device.</summary>
internal static class TensorBytes
{
    private const long Piece = 1 << 26;

    /// <summary>
    /// Whether libtorch can count the elements of a tensor with such sizes, each taken as at least one: a size of 0 hides no others.
    /// </summary>
    internal static bool AreSizes(IEnumerable<long> sizes) =>
        sizes.Aggregate(Int128.One, (product, n) => product > long.MaxValue ? product : product * Math.Max(1, n)) <= long.MaxValue / 16;

    internal static void Write(Tensor tensor, Stream stream, long piece = Piece)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Visit(tensor.detach().cpu().contiguous(), piece, bytes => stream.Write(bytes));
    }

    /// <exception cref="EndOfStreamException">The stream ends before the tensor is full.</exception>
    internal static void Read(Tensor tensor, Stream stream, long piece = Piece)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        if (tensor.device_type == DeviceType.CPU && tensor.is_contiguous())
        {
            Visit(tensor.detach(), piece, stream.ReadExactly);
        }
        else
        {
            var dense = empty(tensor.shape, tensor.dtype, CPU);
            Visit(dense, piece, stream.ReadExactly);
            tensor.copy_(dense);
        }
    }

    private delegate void Visitor(Span<byte> bytes);

    private static void Visit(Tensor tensor, long piece, Visitor visit)
    {
        var flat = tensor.view(-1);
        var (total, most) = (flat.NumberOfElements, Math.Max(1, piece / tensor.ElementSize));
        for (long start = 0; start < total; start += most)
        {
            using var part = flat.narrow(0, start, Math.Min(most, total - start));
            visit(part.bytes);
        }
    }
}
