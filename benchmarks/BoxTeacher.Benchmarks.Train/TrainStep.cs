using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>What a step took, in milliseconds of processor time by part, and the losses that it found.</summary>
internal sealed record StepReport(IReadOnlyDictionary<string, double> Parts, IReadOnlyDictionary<string, double> Losses);

/// <summary>
/// One iteration of the training loop on a fixed batch, part by part: the calls are those of <see cref="BoxTeacherMethod"/> and of the
/// trainer, in their order.
/// </summary>
internal sealed class TrainStep : IDisposable
{
    // Late in a run: all warm-ups are over, the teacher moves by a thousandth.
    private const int Iteration = 20_000;

    private readonly BoxTeacherMethod method;
    private readonly PseudoLabeller labeller;
    private readonly TestSize teacherSize;
    private readonly SGD optimizer;
    private readonly TrainingBatch batch;

    public TrainStep(string folder)
    {
        using var scope = NewDisposeScope();
        var step = StepCase.Read(folder);
        var tensors = SafeTensors.Read(StepCase.TensorFile(folder));
        CondInst Network(string name)
        {
            var network = step.Network();
            network.load_state_dict(tensors.Where(entry => entry.Key.StartsWith(name, StringComparison.Ordinal))
                .ToDictionary(entry => entry.Key[name.Length..], entry => entry.Value));
            return network;
        }
        var (student, teacher) = (Network("student."), Network("teacher."));
        teacherSize = step.TeacherSize;
        labeller = new PseudoLabeller(GreedyAssignment.Published(), ConfidenceScore.Published);
        method = new BoxTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), labeller,
            FcosLoss.Published, BoxSupervision.Published, PseudoMaskSupervision.Published, new PixelPairs());
        optimizer = optim.SGD(student.parameters().Where(parameter => parameter.requires_grad), 1e-5, 0.9, weight_decay: 1e-4);
        batch = CaseReader.Batch(tensors);
    }

    public StepReport Run()
    {
        using var scope = NewDisposeScope();
        var parts = new PartTimes();
        method.Student.zero_grad();
        method.BeforeStep(Iteration);
        parts.Done("EMA");
        var scene = MaskScene.Of(batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets);
        parts.Done("targets");
        var labels = Label(scene, parts);
        var losses = Learn(scene, labels, parts);
        optimizer.step();
        parts.Done("SGD");
        return new StepReport(parts.Milliseconds, losses.ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>()));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        method.Dispose();
        batch.Dispose();
    }

    private PseudoMaskBatch Label(MaskScene scene, PartTimes parts)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        method.Teacher.train();
        using var seen = teacherSize.Resize(batch.Weak);
        var features = method.Teacher.Extract(seen.Images);
        parts.Done("teacher");
        var labels = labeller.Label(new CondInstView(method.Teacher, features), seen.Sizes, batch.Weak.Sizes, scene);
        parts.Done("pseudo-labels");
        return new PseudoMaskBatch(labels.Masks.MoveToOuterDisposeScope(), labels.Confidence.MoveToOuterDisposeScope());
    }

    private LossTerms Learn(MaskScene scene, PseudoMaskBatch labels, PartTimes parts)
    {
        using var scope = NewDisposeScope();
        var features = method.Student.Extract(batch.Strong.Images);
        parts.Done("student");
        var losses = method.Losses(StudentOutputs.Of(method.Student, features, batch.Targets, scene), Iteration, scene, labels);
        using var total = losses.Total();
        parts.Done("losses");
        total.backward();
        parts.Done("backward");
        return losses.MoveToOuterDisposeScope();
    }

    /// <summary>Splits processor time into parts that follow each other.</summary>
    private sealed class PartTimes
    {
        private readonly Dictionary<string, double> milliseconds = [];
        private TimeSpan last = Environment.CpuUsage.TotalTime;

        public IReadOnlyDictionary<string, double> Milliseconds => milliseconds;

        public void Done(string part)
        {
            var now = Environment.CpuUsage.TotalTime;
            milliseconds.Add(part, (now - last).TotalMilliseconds);
            last = now;
        }
    }
}
