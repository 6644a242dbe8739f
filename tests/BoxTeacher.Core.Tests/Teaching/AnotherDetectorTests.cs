using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

/// <summary>The teaching parts teach a detector that they do not know.</summary>
public sealed class AnotherDetectorTests : IDisposable
{
    private const int Steps = 150;
    private readonly SceneFolder scenes = new(4);

    public void Dispose() => scenes.Dispose();

    [Fact]
    public void A_grid_detector_learns_masks_from_boxes()
    {
        random.manual_seed(1);
        using var batch = Build.Loader(
            Recipes.ShapesBoxTeacher with { Augmentation = new AugmentationRecipe(new GeometryAugmentation([64], 64, 0), null, 64, 64), Budget = new(Steps, 4, Steps, Steps) },
            scenes.Dataset).Batches(0, CancellationToken.None).First();

        var (history, labels) = Train(batch, classes: 2);

        var (first, last) = (history[0], history[^1]);
        Assert.True(last["loss_prj"] < 0.5 * first["loss_prj"], $"projection loss {first["loss_prj"]} -> {last["loss_prj"]}");
        Assert.True(last["loss_mask"] > 0 && last["loss_mask_affinity"] > 0);
        // Nobody has shown it a mask, yet its pseudo masks are the objects.
        var overlaps = Overlaps(batch, labels);
        Assert.True(overlaps.Average() > 0.6, $"overlaps with the true masks: {string.Join(' ', overlaps)}");
    }

    [Fact]
    public void The_page_shows_what_is_run_here()
    {
        var page = File.ReadAllText(Path.Combine(Golden.Repository(), "docs", "another-detector.md"));
        var folder = Path.Combine(Golden.Repository(), "tests", "BoxTeacher.Core.Tests", "Teaching");
        foreach (var file in (string[])["GridDetector.cs", "AnotherDetectorTests.cs"])
        {
            var source = File.ReadAllText(Path.Combine(folder, file));
            foreach (var part in source.Split("\n    // begin: ").Skip(1))
            {
                var code = part[(part.IndexOf('\n', StringComparison.Ordinal) + 1)..part.IndexOf("\n    // end: ", StringComparison.Ordinal)];
                var lines = code.TrimEnd().Split('\n').Select(line => line.Length > 4 ? line[4..] : "");
                Assert.Contains(string.Join('\n', lines), page, StringComparison.Ordinal);
            }
        }
    }

    // begin: training
    private static (List<Dictionary<string, double>> History, PseudoMaskBatch Labels) Train(TrainingBatch batch, int classes)
    {
        using var scope = NewDisposeScope();
        using var student = new GridDetector(classes);
        using var teacher = new GridDetector(classes);
        var ema = new EmaTeacher(teacher, student, Momentum.Capped(0.95));
        var labeller = new PseudoLabeller(GreedyAssignment.OneToOne(), ConfidenceScore.Published);
        var masks = new MaskSupervision(
            new BoxSupervision(new ColorAffinity().AtLeast(0.3), WarmUp.Linear(20)),
            new PseudoMaskSupervision(
                new MaskAffinity(MaskSmoothing.Mean3x3).AtLeast(0.5), 0.5, 0.1, 0, WarmUp.Linear(80), ConfidenceNormalizer.Count),
            new PixelPairs(dilation: 1));
        using var optimizer = optim.AdamW(student.parameters(), 2e-3);
        var history = new List<Dictionary<string, double>>();
        for (var step = 1; ; step++)
        {
            using var inner = NewDisposeScope();
            ema.Update(step - 1);
            var scene = MaskScene.Of(batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets, bottomRows: 0);
            var labels = labeller.Label(teacher.Look, batch.Weak, scene);
            if (step == Steps)
            {
                return (history, new PseudoMaskBatch(labels.Masks.DetachFromDisposeScope(), labels.Confidence.DetachFromDisposeScope()));
            }
            var (own, drawn) = student.Learn(batch.Strong.Images, batch.Targets);
            var losses = new LossTerms([.. own, .. masks.Terms(drawn, scene, labels, step)]);
            history.Add(losses.ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>()));
            student.zero_grad();
            losses.Total().backward();
            optimizer.step();
        }
    }
    // end: training

    private List<double> Overlaps(TrainingBatch batch, PseudoMaskBatch labels)
    {
        var overlaps = new List<double>();
        var masks = HostValues.Floats(labels.Masks).Chunk(16 * 16).ToList();
        foreach (var annotation in batch.ImageIds.SelectMany(id => scenes.Dataset.Images.Single(image => image.Id == id).Annotations))
        {
            var truth = annotation.Segmentation!.ToMask(new ImageSize(64, 64)).Decode();
            var drawn = masks[overlaps.Count];
            var (both, either) = (0, 0);
            for (var i = 0; i < drawn.Length; i++)
            {
                var inside = truth[(4 * (i / 16) + 2) * 64 + 4 * (i % 16) + 2] != 0;
                both += inside && drawn[i] > 0.5 ? 1 : 0;
                either += inside || drawn[i] > 0.5 ? 1 : 0;
            }
            overlaps.Add((double)both / either);
        }
        return overlaps;
    }
}
