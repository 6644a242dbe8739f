using BoxTeacher.Augmentation;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Views;

public class ViewLoaderTests
{
    [Fact]
    public void Batches_depend_on_the_seed_and_not_on_the_number_of_threads()
    {
        using var scenes = new SceneFolder(7, 50, 90);

        var alone = Pixels(Loader(scenes, ahead: 1, seed: 5), 0, 6);

        Assert.Equal(alone, Pixels(Loader(scenes, ahead: 4, seed: 5), 0, 6));
        Assert.NotEqual(alone, Pixels(Loader(scenes, ahead: 4, seed: 6), 0, 6));
    }

    [Fact]
    public void A_loader_begins_at_any_iteration()
    {
        using var scenes = new SceneFolder(7, 50, 90);

        Assert.Equal(Pixels(Loader(scenes, 2, 5), 0, 6)[4..], Pixels(Loader(scenes, 2, 5), 4, 2));
    }

    [Fact]
    public void Images_are_normalized_and_padded_with_zeros()
    {
        using var scope = NewDisposeScope();
        using var scenes = new SceneFolder(4, 50, 60);
        var loader = Loader(scenes, 1, 5, strong: null);
        var order = BatchOrder.Shuffled(4, 3, 5).First();
        var samples = loader.Samples(order);

        var (weak, strong) = loader.Views().First();

        var (height, width) = (samples.Max(sample => sample.Weak.Image.Height), samples.Max(sample => sample.Weak.Image.Width));
        Assert.Equal([3, 3, (height + 31) / 32 * 32, (width + 31) / 32 * 32], weak.Images.Images.shape);
        Assert.Equal(order.Select(key => scenes.Dataset.Images[key.Image].Size), weak.OriginalSizes);
        Assert.Null(strong.Pixels);
        for (var i = 0; i < 3; i++)
        {
            var image = samples[i].Weak.Image;
            Assert.Equal(image.Size, weak.Images.Sizes[i]);
            Assert.Equal((image.Row(7)[3 * 11] - 123.675) / 58, weak.Images.Images[i, 2, 7, 11].item<float>(), 5); // BGR: red comes last
            Assert.Equal(image.Row(7)[3 * 11], weak.Pixels![i, 0, 7, 11].item<byte>());
            Assert.Equal(0, weak.Images.Images[i, TensorIndex.Colon, image.Height..].abs().sum().item<float>());
            foreach (var (view, own) in new[] { (weak, samples[i].Weak), (strong, samples[i].Strong) })
            {
                var objects = samples[i].Objects(own, Supervision.Boxes);
                Assert.Equal(own.FromOriginal, view.FromOriginal[i]);
                Assert.Equal(objects.Count, view.Truth[i].Count);
                Assert.Equal((float)objects[0].Box.X0, view.Truth[i].Boxes[0, 0].item<float>());
            }
        }
    }

    [Fact]
    public void A_damaged_image_ends_the_loop_with_its_name()
    {
        using var scenes = new SceneFolder(3);
        var file = scenes.Dataset.Images[1].FileName;
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..100]);

        var error = Assert.ThrowsAny<Exception>(() => Pixels(Loader(scenes, 2, 5), 0, 3));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_the_wait()
    {
        using var scenes = new SceneFolder(3);
        using var stop = new CancellationTokenSource();
        using var batches = Loader(scenes, 2, 5).Views(0, stop.Token).GetEnumerator();
        Assert.True(batches.MoveNext());
        stop.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            for (var i = 0; i < 4; i++)
            {
                batches.MoveNext();
            }
        });
    }

    private static ViewLoader Loader(SceneFolder scenes, int ahead, ulong seed, ColorAugmentation? strong = null) => new(
        scenes.Dataset.Images,
        BatchOrder.Shuffled(scenes.Dataset.Images.Count, 3, 5),
        SampleMakers.SharedGeometry(new GeometryAugmentation([48, 56, 64], 80, 0.5), strong ?? ColorAugmentation.Strong),
        Supervision.Boxes,
        PixelNormalization.CaffeBgrUnitScale,
        new RandomStream(seed),
        CPU,
        ahead);

    /// <summary>The sums of each batch's views.</summary>
    private static (double Weak, double Strong)[] Pixels(ViewLoader loader, int first, int count)
    {
        using var scope = NewDisposeScope();
        var sums = new List<(double, double)>();
        foreach (var (weak, strong) in loader.Views(first).Take(count))
        {
            sums.Add((weak.Images.Images.to(float64).sum().item<double>(), strong.Images.Images.to(float64).sum().item<double>()));
        }
        return [.. sums];
    }
}
