using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Teaching.Ema;
using BoxTeacher.Teaching.PseudoMasks;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>How a teacher runs on the weak views.</summary>
public enum TeacherMode
{
    /// <summary>
    /// In training mode, as published: the mask branch normalises by the batch and moves the teacher's own running
    /// statistics.
    /// </summary>
    Training,

    /// <summary>In inference mode, with running statistics.</summary>
    Inference,
}

/// <summary>
/// BoxTeacher (Cheng et al., CVPR 2023): a teacher that follows the student by an exponential moving average draws
/// pseudo masks on the weak view; the student learns from them, and from boxes as in BoxInst, on the strong view.
/// </summary>
/// <param name="student">The network that learns; disposed with the method.</param>
/// <param name="teacher">A network of the same structure; disposed with the method. Step 0 overwrites its weights.</param>
/// <param name="ema">Moves the teacher; made for these two networks.</param>
/// <param name="labeller">Makes the pseudo masks.</param>
/// <param name="fcos">Losses of the box head.</param>
/// <param name="boxes">Losses of the masks from boxes.</param>
/// <param name="pseudo">Losses of the masks from pseudo masks.</param>
/// <param name="pairs">Pixels that are compared.</param>
/// <param name="mode">How the teacher runs.</param>
/// <param name="bottomRows">Rows at the end of a file's image that take no part in pairs.</param>
/// <param name="proposals">Which positives get a mask; null: the best of each box, as published.</param>
public sealed class BoxTeacherMethod(
    CondInst student, CondInst teacher, EmaTeacher ema, PseudoLabeller labeller, FcosLoss fcos, BoxSupervision boxes,
    PseudoMaskSupervision pseudo, PixelPairs pairs, TeacherMode mode = TeacherMode.Training, int bottomRows = 10,
    ProposalLimit? proposals = null) : ITeachingMethod
{
    private readonly MaskSupervision masks = new(boxes, pseudo, pairs);

    /// <summary>With the choices of the published recipes.</summary>
    public BoxTeacherMethod(CondInst student, CondInst teacher)
        : this(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()),
            new PseudoLabeller(GreedyAssignment.Published(), ConfidenceScore.Published, testSize: new TestSize()),
            FcosLoss.Published, BoxSupervision.Published, PseudoMaskSupervision.Published, new PixelPairs())
    {
    }

    /// <inheritdoc />
    public CondInst Student => student;

    /// <inheritdoc />
    public CondInst Teacher => teacher;

    /// <inheritdoc />
    public void BeforeStep(long iteration)
    {
        // The counter in the weights is the number of steps done, and step 0 copies it.
        student.MaskHead.Steps = iteration;
        ema.Update(iteration);
    }

    /// <inheritdoc />
    public LossTerms Step(TrainingBatch batch, long iteration)
    {
        using var scope = NewDisposeScope();
        var scene = Scene(batch);
        return Step(batch, iteration, scene, Label(batch, scene)).MoveToOuterDisposeScope();
    }

    /// <summary>The boxes of a batch on the grid of the student's masks.</summary>
    /// <param name="batch">Labelled images; the weak view gives the colours.</param>
    public MaskScene Scene(TrainingBatch batch) => MaskScene.Of(
        batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets, student.MaskHead.OutputStride, bottomRows);

    /// <summary>The teacher's pseudo masks for a batch.</summary>
    public PseudoMaskBatch Label(TrainingBatch batch, MaskScene scene)
    {
        teacher.train(mode == TeacherMode.Training);
        return labeller.Label(teacher, batch.Weak, scene);
    }

    /// <summary>The student's loss for given pseudo masks, from wherever they come.</summary>
    /// <param name="batch">Labelled images in a weak and a strong view.</param>
    /// <param name="iteration">Number of the step, 0-based.</param>
    /// <param name="scene">The batch on the mask grid.</param>
    /// <param name="labels">Pseudo masks of its boxes.</param>
    public LossTerms Step(TrainingBatch batch, long iteration, MaskScene scene, PseudoMaskBatch labels)
    {
        using var scope = NewDisposeScope();
        var outputs = StudentOutputs.Of(student, batch.Strong, batch.Targets, scene, proposals?.At(iteration + 1));
        return Losses(outputs, iteration, scene, labels).MoveToOuterDisposeScope();
    }

    /// <summary>The losses of what the student has answered to a batch.</summary>
    /// <param name="outputs">Its answer.</param>
    /// <param name="iteration">Number of the step, 0-based.</param>
    /// <param name="scene">The batch on the mask grid.</param>
    /// <param name="labels">Pseudo masks of its boxes.</param>
    public LossTerms Losses(StudentOutputs outputs, long iteration, MaskScene scene, PseudoMaskBatch labels)
    {
        using var scope = NewDisposeScope();
        var step = student.MaskHead.Steps = iteration + 1;
        return new LossTerms(
        [
            .. fcos.Terms(outputs.Dense, outputs.Targets),
            .. masks.Terms(outputs.Masks, scene, labels, step),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        student.Dispose();
        teacher.Dispose();
    }
}
