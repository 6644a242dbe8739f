using BoxTeacher.Torch.Tests.Nn;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests.Data;

public sealed class DataLoaderTests
{
    private sealed class Squares : utils.data.Dataset
    {
        public override long Count => 5;

        public override Dictionary<string, Tensor> GetTensor(long index) => new() { ["x"] = torch.tensor(index), ["y"] = torch.tensor((float)(index * index)) };
    }

    private static List<float[]> Batches(DataLoader loader) => loader.Select(b => b["x"].Values()).ToList();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Batches_come_in_order_and_the_last_one_may_be_smaller(int workers)
    {
        using var loader = utils.data.DataLoader(new Squares(), 2, num_worker: workers);
        Assert.Equal([[0, 1], [2, 3], [4]], Batches(loader));
        Assert.Equal(3, loader.Count);
        using var full = utils.data.DataLoader(new Squares(), 2, drop_last: true);
        Assert.Equal([[0, 1], [2, 3]], Batches(full));
        Assert.Equal(2, full.Count);
    }

    [Fact]
    public void A_seed_fixes_the_order()
    {
        using var a = utils.data.DataLoader(new Squares(), 2, shuffle: true, seed: 4);
        using var b = utils.data.DataLoader(new Squares(), 2, shuffle: true, seed: 4);
        Assert.Equal(Batches(a), Batches(b));
        Assert.Equal([0f, 1, 2, 3, 4], Batches(a).SelectMany(x => x).Order());
        using var given = utils.data.DataLoader(new Squares(), 3, [4L, 2, 0, 1]);
        Assert.Equal([[4, 2, 0], [1]], Batches(given));
    }

    [Fact]
    public void A_batch_is_disposed_when_the_next_is_asked_for()
    {
        using var loader = utils.data.DataLoader(new Squares(), 2);
        Tensor? before = null;
        foreach (var batch in loader) {
            Assert.True(before is null || before.IsInvalid);
            before = batch["y"];
            Assert.False(before.IsInvalid);
        }
        Assert.True(before!.IsInvalid);
    }

    private sealed class Kept(Tensor[] samples) : utils.data.Dataset
    {
        public override long Count => samples.Length;

        public override Dictionary<string, Tensor> GetTensor(long index) => new() { ["x"] = samples[index], ["fresh"] = samples[index] + 1 };
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Tensors_that_the_data_set_keeps_stay_alive(int workers)
    {
        Tensor[] samples = [ones(1), zeros(1)];
        using var loader = utils.data.DataLoader(new Kept(samples), 2, num_worker: workers);
        Assert.Equal([[1, 0]], Batches(loader));
        Assert.Equal([[1, 0]], Batches(loader));
        Assert.All(samples, t => Assert.False(t.IsInvalid));
    }

    [Fact]
    public void Rows_of_tensors_make_a_data_set()
    {
        using var x = Numbers.Counting(3, 2);
        using var y = ones(3);
        using var rows = utils.data.TensorDataset(x, y);
        Assert.Equal(3, rows.Count);
        using var loader = utils.data.DataLoader(rows, 2, disposeDataset: false);
        foreach (var batch in loader.Take(1)) {
            batch[0].Is(0, 1, 2, 3);
            batch[1].Is(1, 1);
        }
        Assert.Throws<ArgumentException>(() => utils.data.TensorDataset(x, ones(2)));
    }
}
