using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>
/// One iteration of the training loop on a fixed batch, part by part: the calls are those of <see cref="BoxTeacherMethod"/> and of the
/// trainer, in their order.
/// </summary>
internal sealed class TrainStep : IMeasuredStep
{
    // Late in a run: all warm-ups are over, the teacher moves by a thousandth.
    private const int Iteration = 20_000;

    private readonly BoxTeacherMethod method;
    private readonly PseudoLabeller labeller;
    private readonly TeacherSize teacherSize;
    private readonly SGD optimizer;
    private readonly CondInst student;
    private readonly CondInst teacher;
    private readonly Batch batch;
    private readonly Tensor[] kept;
    private readonly Precision precision;

    /// <param name="folder">Of the case.</param>
    /// <param name="precision">Of both networks.</param>
    public TrainStep(string folder, Precision precision)
    {
        using var scope = NewDisposeScope();
        this.precision = precision;
        var step = StepCase.Read(folder);
        var tensors = SafeTensors.Read(StepCase.TensorFile(folder));
        CondInst Network(string name)
        {
            var network = step.Network();
            network.load_state_dict(tensors.Where(entry => entry.Key.StartsWith(name, StringComparison.Ordinal))
                .ToDictionary(entry => entry.Key[name.Length..], entry => entry.Value));
            return network;
        }
        (student, teacher) = (Network("student."), Network("teacher."));
        teacherSize = step.TeacherSize;
        labeller = new PseudoLabeller(Assignment.Published(), Confidence.Published);
        method = new BoxTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), labeller,
            BoxSupervision.Published, PseudoMaskSupervision.Published);
        optimizer = optim.SGD(student.parameters().Where(parameter => parameter.requires_grad), 1e-5, 0.9, weight_decay: 1e-4);
        batch = CaseReader.Batch(tensors);
        var (weak, strong) = batch.Labelled;
        // Boxes and classes are the same in both views.
        kept = [weak.Images.Images, weak.Pixels!, strong.Images.Images, .. weak.Truth.SelectMany(truth => (Tensor[])[truth.Boxes, truth.Classes])];
        Array.ForEach(kept, tensor => tensor.DetachFromDisposeScope());
    }

    public BoxTeacherMethod Method => method;

    public Batch Batch => batch;

    public SGD Optimizer => optimizer;

    public StepReport Run()
    {
        using var scope = NewDisposeScope();
        var parts = new PartTimes();
        student.zero_grad();
        ((ITrainingMethod)method).BeforeStep(Iteration);
        parts.Done("EMA");
        var grid = method.Grid(batch.Labelled.Weak);
        parts.Done("targets");
        var labels = Label(grid, parts);
        var losses = Learn(grid, labels, parts);
        optimizer.step();
        parts.Done("SGD");
        return new StepReport(parts.Milliseconds, losses.ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>()));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        method.Dispose();
        Array.ForEach(kept, tensor => tensor.Dispose());
    }

    private PseudoMasks Label(MaskGrid grid, PartTimes parts)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var reduced = precision.On(CPU);
        teacher.train();
        var weak = batch.Labelled.Weak.Images;
        var seen = teacherSize.Resize(weak);
        var features = teacher.Extract(seen.Images);
        parts.Done("teacher");
        var labels = labeller.Label(teacher.Look(features), seen.Sizes, weak.Sizes, grid);
        parts.Done("pseudo-labels");
        labels.Masks.MoveToOuterDisposeScope();
        labels.Confidence.MoveToOuterDisposeScope();
        return labels;
    }

    private LossTerms Learn(MaskGrid grid, PseudoMasks labels, PartTimes parts)
    {
        using var scope = NewDisposeScope();
        var strong = batch.Labelled.Strong;
        var reduced = precision.On(CPU);
        var features = student.Extract(strong.Images.Images);
        parts.Done("student");
        var step = Step.Of(Iteration, new RandomStream(1));
        var losses = method.Losses(student.Learn(features, strong, step), grid, labels, step);
        reduced.Dispose();
        using var total = losses.Total();
        parts.Done("losses");
        total.backward();
        parts.Done("backward");
        return losses.MoveToOuterDisposeScope();
    }
}
