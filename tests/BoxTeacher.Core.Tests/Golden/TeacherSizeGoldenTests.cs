using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The teacher's second resize against the published implementation.</summary>
public sealed class TeacherSizeGoldenTests
{
    private const string Case = "boxteacher/n_teacher_resize";

    [GoldenFact(Case + ".json")]
    public void Resized_images_agree()
    {
        foreach (var instance in GoldenCase.Load(Case).Instances)
        {
            using var scope = NewDisposeScope();
            var batch = ImageBatch.Collate([instance["in.x"]]);
            var size = new TeacherSize(instance.Int("min_size"), instance.Int("max_size"));
            var resized = size.Resize(batch);
            var expected = instance["out.x"];
            Assert.Equal(new ImageSize((int)expected.size(1), (int)expected.size(2)), resized.Sizes[0]);
            var image = resized.Images[0].narrow(1, 0, expected.size(1)).narrow(2, 0, expected.size(2));
            GoldenAssert.Close(expected, image, 1e-5 + CoordinateRounding(instance["in.x"]), 1e-5, $"{instance}");
        }
    }

    /// <summary>
    /// Where a pixel is read is a single-precision number, which libtorch 1.13 and 2.10 round differently in its last place: a value moves by
    /// that much of the step between neighbors (up to 3.3e-4 of steps of 300; both are as far from double precision).
    /// </summary>
    private static double CoordinateRounding(Tensor image)
    {
        var lastPlace = float.BitIncrement(long.Max(image.size(1), image.size(2))) - long.Max(image.size(1), image.size(2));
        var step = double.Max(image.diff(dim: 1).abs().max().item<float>(), image.diff(dim: 2).abs().max().item<float>());
        return lastPlace * step;
    }
}
