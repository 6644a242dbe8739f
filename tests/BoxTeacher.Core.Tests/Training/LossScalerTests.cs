using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>float16 ends at 65504: gradients beyond it are infinite.</summary>
public sealed class LossScalerTests
{
    [Fact]
    public void The_factor_is_halved_by_an_overflow_and_doubled_by_2000_good_steps()
    {
        var scaler = new LossScaler();
        Assert.Equal(65536, scaler.Scale);

        scaler.Update(isGood: false);
        Assert.Equal((32768, 0), (scaler.Scale, scaler.GoodSteps));
        for (var i = 0; i < 1999; i++)
        {
            scaler.Update(isGood: true);
        }

        Assert.Equal((32768, 1999), (scaler.Scale, scaler.GoodSteps));
        scaler.Update(isGood: true);
        Assert.Equal((65536, 0), (scaler.Scale, scaler.GoodSteps));
        // In a row.
        scaler.Update(isGood: true);
        scaler.Update(isGood: false);
        Assert.Equal((32768, 0), (scaler.Scale, scaler.GoodSteps));
    }

    [Fact]
    public void Float16_alone_needs_one() => Assert.Equal(
        [false, false, true], new[] { Precision.Float32, Precision.Bfloat16, Precision.Float16 }.Select(one => LossScaler.Of(one) is not null));

    [Fact]
    public void A_step_whose_gradients_overflow_is_left_out_and_halves_the_factor()
    {
        using var scope = NewDisposeScope();
        // 1.5 x 65536 is beyond float16, 1.5 x 32768 is not.
        using var method = new Steep(1.5);
        var (scaler, steps, weights) = (new LossScaler(), new List<StepFinished>(), new List<float>());

        Train(method, scaler, iterations: 2, happened =>
        {
            steps.Add((StepFinished)happened);
            weights.Add(method.Weight);
        });

        Assert.Equal([1, 1 - 0.25f * 1.5f], weights);
        Assert.Equal([null, 1.5], steps.Select(step => step.GradientNorm));
        Assert.Equal((32768, 1), (scaler.Scale, scaler.GoodSteps));
    }

    /// <summary>The factor is not to blame any more when it is 1: 16 steps halve it that far.</summary>
    [Fact]
    public void Gradients_that_overflow_without_any_factor_end_the_run()
    {
        using var scope = NewDisposeScope();
        using var method = new Steep(1e5);

        var error = Assert.Throws<NotFiniteNumberException>(() => Train(method, new LossScaler(), iterations: 20, _ => { }));

        Assert.StartsWith("iteration 17: the gradient is not finite", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, method.Weight);
    }

    [Fact]
    public void A_checkpoint_keeps_the_factor()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var method = new Steep(1);
        using var optimizer = optim.SGD(method.Student.parameters(), 0.1);
        var checkpoints = new CheckpointFolder(folder.Root);
        var (written, read) = (new LossScaler(), new LossScaler());
        written.Update(isGood: false);
        written.Update(isGood: true);

        checkpoints.Save(2, method, optimizer, written);
        checkpoints.LoadLatest(method, optimizer, read);

        Assert.Equal((32768, 1), (read.Scale, read.GoodSteps));
    }

    [Fact]
    public void A_checkpoint_of_another_precision_is_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var method = new Steep(1);
        using var optimizer = optim.SGD(method.Student.parameters(), 0.1);
        var checkpoints = new CheckpointFolder(folder.Root);
        checkpoints.Save(2, method, optimizer);

        Assert.Contains("optimizer.bin", Assert.Throws<InvalidDataException>(
            () => checkpoints.LoadLatest(method, optimizer, new LossScaler())).Message, StringComparison.Ordinal);
    }

    private static void Train(Steep method, LossScaler scaler, int iterations, Action<TrainingEvent> listener)
    {
        using var optimizer = optim.SGD(method.Student.parameters(), 0.25);
        new Trainer(
            method, _ => Enumerable.Repeat<Batch>(null!, iterations), optimizer, _ => 0.25, clipNorm: null,
            new BudgetRecipe(iterations, 1, iterations, iterations), new RandomStream(1), checkpoints: null, evaluate: null,
            Precision.Float16, scaler).Run(default, listener);
    }

    /// <summary>One weight, 1 at first, in a convolution; the loss is its product with a slope.</summary>
    private sealed class Steep : ITrainingMethod
    {
        private readonly double _slope;
        private readonly Line _line = new();

        public Steep(double slope) => _slope = slope;

        public Detector Student => _line;

        public float Weight => _line.Weight.item<float>();

        public LossTerms Losses(Batch batch, Step step) =>
            new([new LossTerm("steep", _line.Answer().Widened().sum() * _slope, 1.0)]);

        public void Dispose() => _line.Dispose();
    }

    private sealed class Line : Detector
    {
        private readonly Conv2d layer = nn.Conv2d(1, 1, 1, bias: false);

        public Line() : base(nameof(Line))
        {
            nn.init.ones_(layer.weight);
            RegisterComponents();
        }

        public Parameter Weight => layer.weight;

        public override bool HasMasks => false;

        public Tensor Answer() => layer.call(ones(1, 1, 1, 1));

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
            throw new NotSupportedException();
    }
}
