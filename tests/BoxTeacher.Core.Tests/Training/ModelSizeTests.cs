using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class ModelSizeTests
{
    /// <summary>Per output of the convolution 3 x 9 products for 8 channels, at a quarter of the pixels; then 8 x 5 for the same places.</summary>
    [Fact]
    public void Operations_are_two_per_multiply_add()
    {
        using var detector = new Tiny();

        var size = ModelSize.Of(detector);

        Assert.Equal(((8 * 27) + (8 * 5)) / 4.0 * 2, size.FlopsPerPixel, 1e-9);
        Assert.Equal((8 * 27) + 8 + (8 * 5), size.Parameters);
        Assert.Equal(8 * 5, size.Trainable);
        Assert.True(detector.training);
    }

    [Fact]
    public void An_image_has_as_many_pixels_as_training_sees_on_average()
    {
        var recipe = Recipes.ShapesBoxInst;
        recipe = recipe.With(recipe => ((SharedGeometryViews)recipe.Augmentation).Geometry, new([10, 20], 30, 0.5));

        // 10x10 and 20x20; 10x20 and 15x30.
        Assert.Equal((100 + 400 + 200 + 450) / 4.0, ModelSize.MeanPixels(recipe, [new ImageSize(5, 5), new ImageSize(50, 100)]));
    }

    private sealed class Tiny : Detector
    {
        private readonly Conv2d frozen = nn.Conv2d(3, 8, 3, stride: 2, padding: 1);
        private readonly Linear learning = nn.Linear(8, 5, hasBias: false);

        public Tiny() : base(nameof(Tiny))
        {
            RegisterComponents();
            frozen.weight!.requires_grad_(false);
            frozen.bias!.requires_grad_(false);
        }

        public override bool HasMasks => false;

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
        {
            learning.call(frozen.call(images.Images).permute(0, 2, 3, 1));
            return [];
        }
    }
}
