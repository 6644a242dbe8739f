using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class IndexingTests
{
    private static readonly long[] s_all = [.. Enumerable.Range(0, 12).Select(i => (long)i)];

    private static long[] Values(Tensor t)
    {
        using (t) {
            return t.data<long>().ToArray();
        }
    }

    [Fact]
    public void Integers_pick_rows_and_elements()
    {
        using var a = arange(12).view(3, 4);
        Assert.Equal([4, 5, 6, 7], Values(a[1]));
        Assert.Equal([6], Values(a[1, 2]));
        Assert.Equal([11], Values(a[-1, -1]));
        Assert.Equal([8, 9, 10, 11], Values(a[^1]));
    }

    [Fact]
    public void Ranges_pick_slices()
    {
        using var scope = NewDisposeScope();
        var a = arange(12).view(3, 4);
        Assert.Equal([1, 2, 5, 6, 9, 10], Values(a[.., 1..3]));
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], Values(a[1..]));
        Assert.Equal([7], Values(a[1..^1, ^1]));
        Assert.Equal([1, 2, 5, 6], Values(a[(0, 2), (1, 3)]));
        Assert.Equal([0, 2, 4, 6, 8, 10], Values(a[TensorIndex.Ellipsis, TensorIndex.Slice(0, null, 2)]));
        Assert.Equal([1, 5, 9], Values(a[TensorIndex.Colon, 1]));
        Assert.Equal([1, 3, 4], a[TensorIndex.None, TensorIndex.Ellipsis].shape);
    }

    [Fact]
    public void Masks_and_index_tensors_pick_elements()
    {
        using var scope = NewDisposeScope();
        var a = arange(12).view(3, 4);
        Assert.Equal([9, 10, 11], Values(a[a > 8]));
        var i = tensor([0L, 2L]);
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11], Values(a[i]));
        Assert.Equal([0, 10], Values(a[i, i]));
        Assert.Equal([1, 9], Values(a[TensorIndex.Tensor(i), 1]));
    }

    [Fact]
    public void Assignment_writes_through_every_kind_of_index()
    {
        using var scope = NewDisposeScope();
        var a = zeros(3, 4, dtype: int64);
        a[0] = 5L;
        a[1, 2] = 7L;
        a[.., 3] = tensor(1L);
        a[a == 0] = -1L;
        Assert.Equal([5, 5, 5, 1, -1, -1, 7, 1, -1, -1, -1, 1], Values(a.view(-1)));
        a.index_put_(9, TensorIndex.Ellipsis, TensorIndex.Single(0));
        Assert.Equal([9, 9, 9], Values(a[.., 0]));
    }

    [Fact]
    public void Equal_indices_add_up_when_asked_to()
    {
        using var scope = NewDisposeScope();
        var a = zeros(4, dtype: int64);
        a.index_put_(ones(3, dtype: int64), [tensor([1L, 1L, 2L])], accumulate: true);
        Assert.Equal([0, 2, 1, 0], Values(a));
        Assert.Throws<ArgumentException>(() => a.index_put_(ones(1, dtype: int64), [TensorIndex.Slice(1, 2)], accumulate: true));
    }

    [Fact]
    public void An_index_out_of_range_raises()
    {
        using var a = zeros(3, 4);
        Assert.StartsWith("select(): index 3 out of range", Assert.Throws<ExternalException>(() => a[3]).Message, StringComparison.Ordinal);
        Assert.StartsWith("too many indices", Assert.Throws<ExternalException>(() => a[.., .., 0]).Message, StringComparison.Ordinal);
        using var index = tensor([7L]);
        Assert.Throws<ExternalException>(() => a[index]);
    }

    [Fact]
    public void Strided_elements_are_read_in_order()
    {
        using var a = arange(12).view(3, 4);
        using var t = a.T;
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], t.data<long>().ToArray());
        Assert.Equal(9, t.data<long>()[1, 2]);
        Assert.Equal(s_all, a.data<long>().ToArray());
        Assert.Equal(new long[,] { { 0, 4, 8 }, { 1, 5, 9 }, { 2, 6, 10 }, { 3, 7, 11 } }, t.data<long>().ToNDArray());
        t.data<long>()[3, 0] = 40;
        Assert.Equal(40, a[0, 3].item<long>());
    }
}
