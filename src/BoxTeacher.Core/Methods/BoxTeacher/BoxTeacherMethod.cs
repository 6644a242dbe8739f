using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>How a teacher runs on the weak views.</summary>
public enum TeacherMode
{
    /// <summary>
    /// In training mode, as published: the mask branch normalizes by the batch and moves the teacher's own running
    /// statistics.
    /// </summary>
    Training,

    /// <summary>In inference mode, with running statistics.</summary>
    Inference,
}

/// <summary>
/// BoxTeacher (Cheng et al., CVPR 2023): a teacher that follows the student by an exponential moving average makes
/// pseudo masks on the weak view; the student learns from them, and from boxes as in BoxInst, on the strong view.
/// </summary>
/// <param name="student">The network that learns; disposed with the method.</param>
/// <param name="teacher">A network of the same structure; disposed with the method. Step 0 overwrites its weights.</param>
/// <param name="ema">Moves the teacher; made for these two networks.</param>
/// <param name="labeller">Makes the pseudo masks.</param>
/// <param name="boxes">Losses of the masks from boxes.</param>
/// <param name="pseudo">Losses of the masks from pseudo masks.</param>
/// <param name="mode">How the teacher runs.</param>
/// <param name="evaluated">Which network is evaluated; the teacher as published.</param>
public sealed class BoxTeacherMethod(
    MaskDetector student, MaskDetector teacher, EmaTeacher ema, PseudoLabeller labeller, BoxSupervision boxes, PseudoMaskSupervision pseudo,
    TeacherMode mode = TeacherMode.Training, Network evaluated = Network.Teacher) : ITrainingMethod, IPseudoLabelling
{
    /// <inheritdoc/>
    public Detector Student => student;

    /// <inheritdoc/>
    public EmaTeacher Teacher => ema;

    /// <inheritdoc/>
    public Detector Evaluated => evaluated == Network.Student ? student : teacher;

    /// <inheritdoc/>
    public LossTerms Losses(Batch batch, Step step)
    {
        using var scope = NewDisposeScope();
        var (weak, strong) = batch.Labelled.OfOneGeometry();
        var grid = Grid(weak);
        var labels = Label(weak, grid);
        return Losses(student.Learn(strong, step), grid, labels, step).MoveToOuterDisposeScope();
    }

    /// <summary>The boxes of a weak view on the grid of the student's masks.</summary>
    public MaskGrid Grid(View weak) => MaskGrid.Of(weak, student.MaskStride, boxes.BottomRows);

    /// <summary>The teacher's masks for the boxes of a weak view.</summary>
    public PseudoMasks Label(View weak, MaskGrid grid)
    {
        using var precision = ema.InItsPrecision();
        teacher.train(mode == TeacherMode.Training);
        return labeller.Label(teacher.Look, weak.Images, grid);
    }

    /// <summary>
    /// The losses of a student's answer: those of its boxes, of its masks from boxes, and of its masks from pseudo masks.
    /// </summary>
    /// <param name="outputs">The answer to the strong view.</param>
    /// <param name="grid">The boxes on the mask grid.</param>
    /// <param name="labels">Their pseudo masks, from wherever they come.</param>
    /// <param name="step">Number of the step.</param>
    public LossTerms Losses(StudentOutputs outputs, MaskGrid grid, PseudoMasks labels, Step step)
    {
        using var scope = NewDisposeScope();
        var (boxTerms, masks) = outputs;
        var (boxWeights, pseudoWeights) = (boxes.PairWeights(grid, labels.Masks), pseudo.PairWeights(grid, labels, boxes.Pairs));
        // The pairwise term, which both need, is evaluated once.
        var sums = PairwiseAffinity.Sums(masks.Logits, [boxWeights, pseudoWeights], grid.Groups(masks.Boxes, boxes.Pairs), boxes.Pairs);
        var maskTerms = new LossTerms(
        [
            .. boxes.Terms(masks, grid, boxWeights, sums[0], step.Iteration),
            .. pseudo.Terms(masks, labels, pseudoWeights, sums[1], step.Iteration),
        ]).MoveToOuterDisposeScope();
        // The terms of the boxes are the caller's already.
        return new LossTerms([.. boxTerms, .. maskTerms]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<PseudoLabels> Label(View weak)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var grid = Grid(weak);
        var labels = Label(weak, grid);
        return [.. weak.Truth.Select((truth, image) =>
        {
            var (first, count) = (grid.FirstBoxOf(image), truth.Count);
            var all = new Instances(
                truth.Boxes, truth.Classes, labels.Confidence.narrow(0, first, count), labels.Masks.narrow(0, first, count));
            return new PseudoLabels(all.Select(HostValues.Rows(all.Scores! > 0)).MoveToOuterDisposeScope());
        })];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        student.Dispose();
        teacher.Dispose();
    }
}
