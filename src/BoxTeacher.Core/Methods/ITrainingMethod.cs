using System.Collections.ObjectModel;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>One of the two networks of a method.</summary>
public enum Network
{
    /// <summary>The network that takes the gradient steps.</summary>
    Student,

    /// <summary>Its moving average.</summary>
    Teacher,
}

/// <summary>
/// Turns batches into losses for a student, with or without a teacher beside it. All that changes from step to step is a function of the
/// <see cref="Step"/> or stands in <see cref="State"/>, so weights, state and iteration are enough to resume.
/// </summary>
public interface ITrainingMethod : IDisposable
{
    /// <summary>The network that learns.</summary>
    Detector Student { get; }

    /// <summary>What follows it and makes pseudo-labels, if the method has one.</summary>
    EmaTeacher? Teacher => null;

    /// <summary>The network that is evaluated.</summary>
    Detector Evaluated => Student;

    /// <summary>
    /// The network that is evaluated after so many iterations: a teacher that has not begun yet is not. At the end of a run it is
    /// <see cref="Evaluated"/>.
    /// </summary>
    /// <param name="iterations">Number of finished iterations.</param>
    Detector EvaluatedAfter(long iterations) => Evaluated;

    /// <summary>What makes the pseudo-labels, for those who want to look at them; null: the method has none.</summary>
    IPseudoLabelling? PseudoLabelling => this as IPseudoLabelling;

    /// <summary>
    /// Called before the losses of each step: moves the teacher. Losses themselves move no weights, so that a report may ask for them.
    /// </summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    void BeforeStep(long iteration)
    {
        // Ahead of the teacher, whose step 0 copies the count.
        Student.CountSteps(iteration);
        Teacher?.Update(iteration);
    }

    /// <summary>Called after the optimizer's step: moves a teacher that follows then.</summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    void AfterStep(long iteration) => Teacher?.UpdateAfter(iteration);

    /// <summary>
    /// What a step changes ahead of the optimizer, by <see cref="BeforeStep"/> and by forward passes in training mode: statistics and the
    /// teacher's weights. Each tensor comes once.
    /// </summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    IEnumerable<Tensor> Moving(long iteration) => [.. Student.Statistics, .. Teacher?.Moving(iteration) ?? [], .. State.Values];

    /// <summary>
    /// What the method keeps from step to step beside its networks, by name: checkpoints hold it as <c>method.NAME</c>. The tensors stay
    /// the method's own.
    /// </summary>
    IReadOnlyDictionary<string, Tensor> State => ReadOnlyDictionary<string, Tensor>.Empty;

    /// <summary>The losses of a batch. Their tensors belong to the caller's dispose scope.</summary>
    /// <param name="batch">Labelled and, where the method wants them, unlabelled images.</param>
    /// <param name="step">Number of the step, and what it may draw from.</param>
    LossTerms Losses(Batch batch, Step step);
}

/// <summary>Makes pseudo-labels: what reports show.</summary>
public interface IPseudoLabelling
{
    /// <summary>
    /// The pseudo-labels of each image, as training would use them; the teacher runs as it does in training. Tensors belong to the caller's
    /// dispose scope.
    /// </summary>
    /// <param name="weak">The teacher's view.</param>
    IReadOnlyList<PseudoLabels> Label(View weak);
}

/// <summary>The pseudo-labels of one image.</summary>
/// <param name="Instances">
/// In pixels of the weak view; their scores say how far each is trusted. Masks [n, h, w] cover the padded view, on a grid of whole strides.
/// </param>
/// <param name="BoxDeviation">
/// [n, 4] relative deviation of the box under jitter (Soft Teacher, eq. 8); null where nobody measures it.
/// </param>
/// <param name="MaskQuality">
/// [n] predicted IoU of the mask, by nature in [0, 1] but not squashed to it; null where nobody predicts it.
/// </param>
public sealed record PseudoLabels(Instances Instances, Tensor? BoxDeviation = null, Tensor? MaskQuality = null)
{
    /// <summary>[n] scores in [0, 1].</summary>
    /// <exception cref="InvalidOperationException">They are not known.</exception>
    public Tensor Scores => Instances.Scores ?? throw new InvalidOperationException("These pseudo-labels have no scores.");

    /// <summary>[n] mean of the four deviations of each box.</summary>
    /// <exception cref="InvalidOperationException">They are not known.</exception>
    public Tensor MeanDeviation => BoxDeviation?.mean([1])
        ?? throw new InvalidOperationException("These boxes were not jittered, so that their deviation is not known.");

    /// <summary>[n] predicted IoU of the masks.</summary>
    /// <exception cref="InvalidOperationException">It is not known.</exception>
    public Tensor Quality => MaskQuality
        ?? throw new InvalidOperationException("Nobody predicted how good these masks are.");

    /// <summary>Some of the labels.</summary>
    /// <param name="rows">[k] int64, rows in the wanted order.</param>
    public PseudoLabels Select(Tensor rows) =>
        new(Instances.Select(rows), BoxDeviation?.index_select(0, rows), MaskQuality?.index_select(0, rows));

    /// <summary>All labels in another view of the image; see <see cref="Instances.Moved"/>. Deviations are relative and stay.</summary>
    /// <param name="map">From this view to the other.</param>
    /// <param name="size">Size of the other view.</param>
    public PseudoLabels Moved(Homography map, ImageSize size) =>
        new(Instances.Moved(map, size), BoxDeviation?.alias(), MaskQuality?.alias());

    /// <summary>The labels with masks on a larger grid, which are 0 in the padding.</summary>
    /// <param name="size">At least the masks' own size.</param>
    public PseudoLabels Padded(ImageSize size)
    {
        if (Instances.Masks is not { } masks)
        {
            return this;
        }

        var whole = masks.new_zeros([masks.size(0), size.Height, size.Width]);
        whole.narrow(1, 0, masks.size(1)).narrow(2, 0, masks.size(2)).copy_(masks);
        return this with { Instances = new Instances(Instances.Boxes, Instances.Classes, Instances.Scores, whole, Instances.Outlines) };
    }

    /// <summary>Hands the tensors to the dispose scope outside the current one.</summary>
    public PseudoLabels MoveToOuterDisposeScope()
    {
        Instances.MoveToOuterDisposeScope();
        BoxDeviation?.MoveToOuterDisposeScope();
        MaskQuality?.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>A factor that lets a loss come in late, by the number of the step, 0-based.</summary>
public delegate double WarmUpSchedule(long iteration);

/// <summary>The courses of the published recipes.</summary>
public static class WarmUp
{
    /// <summary>(t + 1) / steps, then 1. The published recipes use 10,000 steps for the pairwise and the pseudo losses alike.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static WarmUpSchedule Linear(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return t => double.Min(1, (t + 1.0) / steps);
    }

    /// <summary>1 from the first step on.</summary>
    public static double None(long iteration) => 1;
}
