using BoxTeacher.Augmentation;
using FsCheck;
using Xunit;

namespace BoxTeacher.Tests.Views;

public class BatchOrderTests
{
    [Property]
    public void Each_epoch_holds_each_image_once(PositiveInt images, PositiveInt batchSize, ulong seed)
    {
        // As many batches as images are as many epochs as a batch has images.
        var keys = BatchOrder.Shuffled(images.Get, batchSize.Get, seed).Take(images.Get).SelectMany(batch => batch).ToList();

        foreach (var epoch in keys.GroupBy(key => key.Epoch))
        {
            Assert.Equal(Enumerable.Range(0, images.Get), epoch.Select(key => key.Image).Order());
        }
        Assert.Equal(Enumerable.Range(0, batchSize.Get), keys.Select(key => key.Epoch).Distinct());
    }

    [Fact]
    public void Seeds_and_epochs_give_different_orders()
    {
        var first = BatchOrder.Shuffled(50, 50, seed: 1).Take(2).ToList();
        var other = BatchOrder.Shuffled(50, 50, seed: 2).First();

        Assert.NotEqual(first[0].Select(key => key.Image), first[1].Select(key => key.Image));
        Assert.NotEqual(first[0].Select(key => key.Image), other.Select(key => key.Image));
    }

    [Fact]
    public void Groups_never_mix_and_lose_no_image()
    {
        bool[] wide = [true, false, true, true, false, true, false, true];

        var batches = BatchOrder.GroupedByAspect(wide, 3, seed: 4).Take(80).ToList();

        Assert.All(batches, batch => Assert.Single(batch.Select(key => wide[key.Image]).Distinct()));
        var counts = batches.SelectMany(batch => batch).GroupBy(key => key.Image).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(Enumerable.Range(0, 8), image => Assert.InRange(counts[image], 27, 32)); // 240 samples: 30 epochs, give or take two open groups
    }
}
