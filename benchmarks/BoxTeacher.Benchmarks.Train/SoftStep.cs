using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>A Soft Teacher step: two labelled and two unlabelled images of 320 pixels.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Stem">Channels of the ResNet-50's stem.</param>
/// <param name="Res2">Output channels of its first stage.</param>
/// <param name="Width">Inner channels of its first stage.</param>
/// <param name="Channels">Channels of the pyramid.</param>
/// <param name="Hidden">Width of the box head.</param>
/// <param name="Classes">Number of classes.</param>
internal sealed record SoftCase(string Name, int Stem, int Res2, int Width, int Channels, int Hidden, int Classes)
{
    public const int Side = 320;

    public const int Images = 2;

    public static IReadOnlyList<SoftCase> All { get; } =
        [new("soft-tiny", 8, 16, 4, 32, 64, 3), new("soft-r50", 64, 256, 64, 256, 1024, 80)];

    public FasterRcnn Network() => FasterRcnn.Published(
        ResNet.Bottleneck(50, stemChannels: Stem, channels: Res2, width: Width, outputs: 4), Classes, Channels, Hidden);
}

/// <summary>
/// One Soft Teacher iteration of the training loop on a fixed batch. Weights are random, scaled so that features, proposals and scores spread
/// as those of a trained detector do; pseudo boxes are the teacher's best, whatever their scores, so that all branches have work.
/// </summary>
internal sealed class SoftStep : IMeasuredStep
{
    // Late in a run.
    private const int Iteration = 20_000;

    private readonly FasterRcnn student;
    private readonly FasterRcnn teacher;
    private readonly SoftTeacherMethod method;
    private readonly SGD optimizer;
    private readonly Batch batch;
    private readonly LayerCalls calls = new();
    private readonly Tensor[] kept;

    public SoftStep(SoftCase wanted)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        (student, teacher) = (wanted.Network(), wanted.Network());
        batch = new Batch(Pair(), Pair());
        Calibrate(student, batch.Labelled.Strong.Images);
        teacher.load_state_dict(student.state_dict());
        method = new SoftTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), SoftTeacherSettings.Published with
            {
                Initial = First(10), Rpn = First(5), Classes = First(5), Boxes = First(8),
            });
        // So small that all steps are alike.
        optimizer = optim.SGD(student.parameters().Where(parameter => parameter.requires_grad), 1e-12, 0.9, weight_decay: 1e-4);
        kept = [.. Views.SelectMany(view => (Tensor[])[view.Images.Images, .. view.Truth.SelectMany(truth => (Tensor[])[truth.Boxes, truth.Classes])])
            .Distinct(ReferenceEqualityComparer.Instance).Cast<Tensor>()];
        Array.ForEach(kept, tensor => tensor.DetachFromDisposeScope());
    }

    private IEnumerable<View> Views => [batch.Labelled.Strong, batch.Unlabelled!.Weak, batch.Unlabelled.Strong];

    public StepReport Run()
    {
        using var scope = NewDisposeScope();
        var parts = new PartTimes();
        student.zero_grad();
        ((ITrainingMethod)method).BeforeStep(Iteration);
        parts.Done("EMA");
        var losses = method.Losses(batch, Now());
        parts.Done("forward");
        using var total = losses.Total();
        total.backward();
        parts.Done("backward");
        optimizer.step();
        parts.Done("SGD");
        return new StepReport(parts.Milliseconds, losses.ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>()));
    }

    /// <summary>
    /// Milliseconds of processor time of what a step consists of, each by itself, and of its convolutions and fully connected layers alone:
    /// the same sizes, forward and backward where the step goes backward. With them their GFLOP.
    /// </summary>
    public IReadOnlyDictionary<string, double> Pieces()
    {
        using var scope = NewDisposeScope();
        var pieces = new Dictionary<string, double>();
        Record();
        void Add(string name, double milliseconds) => pieces[name] = pieces.GetValueOrDefault(name) + milliseconds;
        var (labelled, weak) = (batch.Labelled.Strong, batch.Unlabelled!.Weak);
        Add("supervised", Clock(() => student.Losses(labelled, Now())));
        Add("teacher", Clock(() => method.Ask(weak, new RandomStream(2))));

        using var gradients = no_grad();
        var sizes = labelled.Images.Sizes;
        var pyramid = student.Features(labelled.Images.Images);
        var rpn = student.Rpn(pyramid);
        Tensor[] truth = [.. labelled.Truth.Select(image => image.Boxes)];
        Add("assignment", 2 * Clock(() => student.AssignAnchors(rpn, truth, Now(), sizes)));
        var proposals = student.Propose(rpn, sizes, student.TrainingLimits);
        Add("proposals and NMS", 3 * Clock(() => student.Propose(rpn, sizes, student.TrainingLimits)));
        Add("assignment", 3 * Clock(() => student.Sample(proposals, labelled.Truth, Now())));
        var outputs = student.BoxHead(pyramid, proposals);
        Add("proposals and NMS", Clock(() => student.Detections(outputs, proposals, sizes)));
        var samples = student.Sample(proposals, labelled.Truth, Now());
        Tensor[] copies = [.. proposals.Select(boxes => boxes.narrow(0, 0, Math.Min(100, boxes.size(0))))];
        Add("RoIAlign", 2 * Clock(() => Pool(pyramid, samples.Boxes, isLearned: true)));
        Add("RoIAlign", Clock(() => Pool(pyramid, samples.Boxes, false)) + Clock(() => Pool(pyramid, proposals, false)) + Clock(() => Pool(pyramid, copies, false)));

        pieces["convolutions alone"] = calls.Replay(4);
        pieces["fully connected alone"] = calls.Replay(2);
        pieces["GFLOP of convolutions"] = calls.Gigaflop(4);
        pieces["GFLOP of fully connected"] = calls.Gigaflop(2);
        return pieces;
    }

    public void Dispose()
    {
        optimizer.Dispose();
        method.Dispose();
        Array.ForEach(kept, tensor => tensor.Dispose());
    }

    private static Step Now() => Step.Of(Iteration, new RandomStream(1));

    private static PseudoLabelFilter First(int count) => labels => arange(Math.Min(count, labels.Instances.Count), int64, CPU);

    private static double Clock(Action work)
    {
        using var scope = NewDisposeScope();
        var start = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    }

    // Pooling of boxes, with its gradient where the student learns from them.
    private static void Pool(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes, bool isLearned)
    {
        var pooler = new RoiPooler(7, [4, 8, 16, 32], RoiLevels.MmDetection);
        if (!isLearned)
        {
            pooler.Pool(pyramid, boxes);
            return;
        }

        using var gradients = enable_grad();
        var pooled = pooler.Pool([.. pyramid.Select(level => level.detach().requires_grad_())], boxes);
        pooled.backward([pooled.detach()]);
    }

    // One more step, to see the sizes of its layers.
    private void Record()
    {
        if (calls.Count > 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var student1 = calls.Listen(student);
        using var teacher1 = calls.Listen(teacher);
        method.Losses(batch, Now());
    }

    private static ViewPair Pair()
    {
        var side = SoftCase.Side;
        var clouds = F.interpolate(
            rand(SoftCase.Images, 3, side / 16, side / 16), [side, side], mode: InterpolationMode.Bilinear, align_corners: false);
        var pixels = (clouds * 230 + rand_like(clouds) * 20).to(uint8);
        ImageSize[] originals = [.. Enumerable.Repeat(new ImageSize(2 * side, 2 * side), SoftCase.Images)];
        Homography[] maps = [.. originals.Select(original => Homography.Resize(original, new ImageSize(side, side)))];
        Instances[] truth = [.. originals.Select(_ =>
        {
            var corners = rand(4, 2) * 200;
            return new Instances(cat([corners, corners + 30 + rand(4, 2) * 90], 1), arange(4, int64) % 3);
        })];
        return new ViewPair(
            new View(CaseReader.Normalized(pixels), maps, originals, truth),
            new View(CaseReader.Normalized((pixels.to(float32) * 0.8 + 20).to(uint8)), maps, originals, truth));
    }

    private static void Calibrate(FasterRcnn network, ImageBatch images)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var state = network.state_dict();
        foreach (var (_, value) in state.Where(entry => entry.Key.EndsWith("conv3.norm.weight", StringComparison.Ordinal)))
        {
            value.fill_(0.2);
        }

        foreach (var (level, features) in network.Features(images.Images).SkipLast(1).Index())
        {
            state[$"backbone.fpn_output{level + 2}.weight"].div_(features.std());
        }

        var pyramid = network.Features(images.Images);
        var proposals = network.Propose(network.Rpn(pyramid), images.Sizes, network.TrainingLimits);
        var foreground = network.BoxHead(pyramid, proposals).Logits.narrow(1, 0, network.Classes);
        // Spread of the logits of a trained detector, and background for all boxes but a tenth.
        state["roi_heads.box_predictor.cls_score.weight"].mul_(2.5 / foreground.std());
        var logits = network.BoxHead(pyramid, proposals).Logits;
        var margins = HostValues.Floats(logits.narrow(1, 0, network.Classes).logsumexp(1) - logits.select(1, network.Classes)).Order().ToArray();
        state["roi_heads.box_predictor.cls_score.bias"][network.Classes].fill_(margins[margins.Length * 9 / 10]);
    }
}

/// <summary>The convolutions and fully connected layers that were called, by their sizes.</summary>
internal sealed class LayerCalls
{
    private readonly List<Call> calls = [];

    public int Count => calls.Count;

    /// <summary>Notes the calls of a network's layers until it is disposed.</summary>
    public IDisposable Listen(nn.Module network)
    {
        var removals = new List<Action>();
        foreach (var module in network.modules())
        {
            var weight = module.named_parameters(recurse: false).Where(entry => entry is { name: "weight", parameter.Dimensions: 2 or 4 })
                .Select(entry => entry.parameter).FirstOrDefault();
            if (weight is not null && module is nn.Module<Tensor, Tensor> layer)
            {
                removals.Add(layer.register_forward_hook((_, input, output) =>
                {
                    var learns = is_grad_enabled();
                    calls.Add(new Call(input.shape, weight.shape, output.shape, learns && input.requires_grad, learns && weight.requires_grad));
                    return output;
                }).remove);
            }
        }

        return new Removal(removals);
    }

    /// <summary>Floating-point operations of the layers with weights of so many dimensions, two per multiply-add, in billions.</summary>
    public double Gigaflop(int dimensions) => calls.Where(call => call.Weight.Length == dimensions).Sum(call => call.Flop) / 1e9;

    /// <summary>Milliseconds of processor time of the same layers on random numbers.</summary>
    public double Replay(int dimensions)
    {
        var total = TimeSpan.Zero;
        foreach (var call in calls.Where(call => call.Weight.Length == dimensions && call.Output[0] > 0))
        {
            using var scope = NewDisposeScope();
            using var gradients = enable_grad();
            var input = rand(call.Input).requires_grad_(call.IsInputLearned);
            var weight = rand(call.Weight).requires_grad_(call.IsWeightLearned);
            var gradient = rand(call.Output);
            var start = Environment.CpuUsage.TotalTime;
            var output = dimensions == 2 ? F.linear(input, weight) : F.conv2d(input, weight, null, call.Stride, call.Padding);
            if (output.requires_grad)
            {
                output.backward([gradient]);
            }

            total += Environment.CpuUsage.TotalTime - start;
        }

        return total.TotalMilliseconds;
    }

    private sealed record Call(long[] Input, long[] Weight, long[] Output, bool IsInputLearned, bool IsWeightLearned)
    {
        public long[] Padding => [Weight[2] / 2, Weight[3] / 2];

        public long[] Stride => [(Input[2] + Output[2] - 1) / Output[2], (Input[3] + Output[3] - 1) / Output[3]];

        public double Flop => 2.0 * Weight.Aggregate(1L, (product, side) => product * side) / Weight[0]
            * Output.Aggregate(1L, (product, side) => product * side) * (1 + (IsInputLearned ? 1 : 0) + (IsWeightLearned ? 1 : 0));
    }

    private sealed class Removal(List<Action> removals) : IDisposable
    {
        public void Dispose() => removals.ForEach(remove => remove());
    }
}
