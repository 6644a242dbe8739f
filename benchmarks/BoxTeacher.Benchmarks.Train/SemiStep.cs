using BoxTeacher.Losses;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>What a step consists of, in milliseconds of processor time, each by itself.</summary>
/// <param name="Supervised">The student's pass over the labelled images.</param>
/// <param name="Teacher">The teacher's pass over the unlabelled ones.</param>
/// <param name="Selection">What happens between the layers.</param>
/// <param name="Convolutions">Alone.</param>
/// <param name="Connected">The fully connected layers alone.</param>
internal sealed record StepPieces(
    double Supervised, double Teacher, IReadOnlyDictionary<string, double> Selection, LayerFigures Convolutions, LayerFigures Connected);

/// <summary>Layers alone, of the sizes of the step, forward and backward where the step goes backward.</summary>
internal sealed record LayerFigures(double Milliseconds, double Gigaflop);

/// <summary>One iteration of the training loop of a semi-supervised method on a fixed batch.</summary>
internal sealed class SemiStep : IMeasuredStep
{
    private readonly SemiSetup setup;
    private readonly SGD optimizer;
    private readonly LayerCalls calls = new();
    private readonly Tensor[] kept;
    private readonly Precision precision;

    /// <param name="wanted">The case.</param>
    /// <param name="precision">Of both networks.</param>
    public SemiStep(SemiCase wanted, Precision precision)
    {
        this.precision = precision;
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        setup = wanted.Make(wanted);
        setup.Method.Teacher!.Precision = precision;
        // So small that all steps are alike.
        optimizer = optim.SGD(
            setup.Method.Student.parameters().Where(parameter => parameter.requires_grad), 1e-12, 0.9, weight_decay: 1e-4);
        var (labelled, unlabelled) = (setup.Batch.Labelled, setup.Batch.Unlabelled!);
        kept = [.. new[] { labelled.Weak, labelled.Strong, unlabelled.Weak, unlabelled.Strong }
            .SelectMany(view => (Tensor[])[view.Images.Images, .. view.Truth.SelectMany(truth => (Tensor[])[truth.Boxes, truth.Classes])])
            .Distinct(ReferenceEqualityComparer.Instance).Cast<Tensor>()];
        Array.ForEach(kept, tensor => tensor.DetachFromDisposeScope());
    }

    public StepReport Run()
    {
        using var scope = NewDisposeScope();
        var (parts, method, now) = (new PartTimes(), setup.Method, SemiSetup.Now);
        method.Student.zero_grad();
        method.BeforeStep(now.Iteration);
        parts.Done("EMA");
        LossTerms losses;
        using (precision.On(CPU))
        {
            losses = method.Losses(setup.Batch, now);
        }

        parts.Done("forward");
        using var total = losses.Total();
        total.backward();
        parts.Done("backward");
        optimizer.step();
        parts.Done("SGD");
        method.AfterStep(now.Iteration);
        parts.Done("EMA");
        return new StepReport(parts.Milliseconds, losses.ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>()));
    }

    public StepPieces Pieces()
    {
        using var scope = NewDisposeScope();
        Record();
        return new StepPieces(
            SemiSetup.Clock(setup.Supervised), SemiSetup.Clock(setup.Teacher), setup.Selection(),
            new LayerFigures(calls.Replay(4), calls.Gigaflop(4)), new LayerFigures(calls.Replay(2), calls.Gigaflop(2)));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        setup.Method.Dispose();
        Array.ForEach(kept, tensor => tensor.Dispose());
    }

    // One more step, to see the sizes of its layers.
    private void Record()
    {
        if (calls.Count > 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var student = calls.Listen(setup.Method.Student);
        using var teacher = calls.Listen(setup.Method.Teacher!.Network);
        setup.Method.Losses(setup.Batch, SemiSetup.Now);
    }
}
