using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>What becomes of a detector's answers.</summary>
public sealed class InferenceTests
{
    [Fact]
    public void Detections_keep_both_scores_and_stand_by_that_of_the_box()
    {
        using var network = new Judge();

        var found = new Inference(network, PixelNormalization.CaffeBgr, 8, 8).Detect([(5, new Image(8, 8))]);

        Assert.Equal([(0.9, 0.2), (0.6, 0.6), (0.4, 1.1)], found.Select(result => (result.Score, result.MaskScore)));
    }

    private sealed class Judge : Detector
    {
        private readonly TorchSharp.Modules.Parameter _weight = nn.Parameter(zeros(1, device: CPU));

        public Judge() : base(nameof(Judge)) => RegisterComponents();

        public override bool HasMasks => true;

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
        {
            var box = Box.FromCorners(0, 0, 4, 4);
            var mask = RunLengthMask.FromBox(box, 8, 8);
            return [[new(0, 0.4, box, mask) { MaskScore = 1.1 }, new(0, 0.9, box, mask) { MaskScore = 0.2 }, new(0, 0.6, box, mask)]];
        }
    }
}
