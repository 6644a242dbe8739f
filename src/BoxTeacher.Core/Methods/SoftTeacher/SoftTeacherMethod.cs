using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>What a teacher says of a batch of weak views. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Pyramid">Its features, which are asked again for the reliability of background.</param>
/// <param name="Labels">The pseudo-labels of each image, in pixels of the weak view; masks cover the image without its padding.</param>
public sealed record TeacherAnswer(IReadOnlyList<Tensor> Pyramid, IReadOnlyList<PseudoLabels> Labels);

/// <summary>
/// Soft Teacher (Xu et al., ICCV 2021): a teacher that follows the student by an exponential moving average labels the weak views of
/// unlabelled images; the student learns from them on the strong views. Boxes of high score teach proposals and classes, where background
/// counts as far as the teacher holds it for background; boxes on which jittered copies agree teach the regression. With a mask head,
/// pseudo masks are trained as usual by the boxes that teach the classes; that part is ours, since the authors' was never released.
/// </summary>
/// <param name="student">The network that learns; disposed with the method.</param>
/// <param name="teacher">A network of the same structure; disposed with the method. Step 0 overwrites its weights.</param>
/// <param name="ema">Moves the teacher; made for these two networks.</param>
/// <param name="settings">What the tellings do differently.</param>
/// <param name="evaluated">Which network is evaluated; the student in the authors' code, the teacher in mmdetection 3.</param>
public sealed class SoftTeacherMethod(
    FasterRcnn student, FasterRcnn teacher, EmaTeacher ema, SoftTeacherSettings settings, Network evaluated = Network.Student)
    : ITrainingMethod, IPseudoLabelling
{
    // What each pass draws from: a stream of its own.
    private const ulong LabelledPass = 0;
    private const ulong TeacherPass = 1;
    private const ulong ProposalPass = 2;
    private const ulong ClassPass = 3;
    private const ulong BoxPass = 4;
    private const ulong ReportPass = 5;
    private const ulong ImagePass = 6;

    /// <inheritdoc/>
    public Detector Student => student;

    /// <inheritdoc/>
    public EmaTeacher Teacher => ema;

    /// <inheritdoc/>
    public Detector Evaluated => evaluated == Network.Student ? student : teacher;

    /// <summary>What this method does in its own way.</summary>
    public SoftTeacherSettings Settings => settings;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The batch has no unlabelled images.</exception>
    public LossTerms Losses(Batch batch, Step step)
    {
        using var scope = NewDisposeScope();
        var (weak, strong) = batch.Unlabelled
            ?? throw new InvalidDataException("Soft Teacher learns from unlabelled images too; this batch has none.");

        var labelled = LabelledLosses(batch.Labelled.Of(settings.LabelledViews), Pass(step, LabelledPass));
        var answer = Ask(weak, step.Random.Split(TeacherPass));
        var labels = Transport(answer.Labels, weak, strong);
        var lesson = new Lesson(weak, strong, answer.Pyramid, labels, Look(strong));
        var boxes = (int)step.Sum(lesson.Truth(settings.Classes).Sum(image => image.Count));
        var unlabelled = UnlabelledLosses(lesson, step);

        var weight = settings.Weight(step.Iteration, boxes);
        return new LossTerms(
        [
            .. labelled.Select(term => term.As("sup_")),
            .. unlabelled.Select(term => term.As("unsup_", weight * Factor(term.Name))),
        ]).MoveToOuterDisposeScope();
    }

    /// <summary>The teacher's pass over the weak views, without gradients: features, and pseudo-labels with their deviations.</summary>
    /// <param name="weak">The weak views.</param>
    /// <param name="random">What the jitter draws from.</param>
    public TeacherAnswer Ask(View weak, RandomStream random)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var precision = ema.InItsPrecision();
        teacher.eval();
        var sizes = weak.Images.Sizes;
        var pyramid = teacher.Features(weak.Images.Images);
        var proposals = teacher.Propose(teacher.Rpn(pyramid), sizes, settings.TeacherLimits(teacher));
        var detections = teacher.Detections(teacher.BoxHead(pyramid, proposals), proposals, sizes);
        var labels = detections.Select(found => new PseudoLabels(found)).Select(found => found.Select(settings.Initial(found))).ToArray();
        labels = settings.JitterTimes > 0 ? Measure(pyramid, labels, weak, random) : labels;
        labels = teacher.HasMasks ? Draw(pyramid, labels, sizes) : labels;
        return new TeacherAnswer(
            [.. pyramid.Select(level => level.MoveToOuterDisposeScope())], [.. labels.Select(image => image.MoveToOuterDisposeScope())]);
    }

    /// <summary>The pseudo-labels of each image in the student's view.</summary>
    public IReadOnlyList<PseudoLabels> Transport(IReadOnlyList<PseudoLabels> labels, View weak, View strong)
    {
        using var gradients = no_grad();
        return [.. labels.Select((image, index) => settings.Transport(image, weak, strong, index))];
    }

    /// <summary>
    /// The weights of samples in the class loss: 1 for foreground, the reliability for background. [M], without gradient.
    /// </summary>
    /// <param name="answer">The teacher's pass.</param>
    /// <param name="weak">The teacher's views.</param>
    /// <param name="strong">The student's.</param>
    /// <param name="samples">The student's samples.</param>
    /// <param name="outputs">What the student says of them.</param>
    /// <param name="truth">The pseudo boxes of each image that they were sampled for, in the student's view.</param>
    public Tensor Weights(
        TeacherAnswer answer, View weak, View strong, RoiSamples samples, BoxOutputs outputs, IReadOnlyList<Instances> truth)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var weights = ones_like(samples.Labels, dtype: outputs.Logits.dtype);
        if (ReferenceEquals(settings.Reliability, Reliability.None))
        {
            return weights.MoveToOuterDisposeScope();
        }

        using var precision = ema.InItsPrecision();
        teacher.eval();
        Tensor[] boxes = [.. samples.Boxes.Zip(samples.Positives, (all, objects) => all.narrow(0, objects, all.size(0) - objects))];
        Tensor[] seen = [.. boxes.Select((image, index) => strong.To(weak, index).Apply(image, weak.Images.Sizes[index]))];
        var rows = samples.Rows(ofObjects: false);
        var scores = new BackgroundScores(
            teacher.BoxHead(answer.Pyramid, seen).Logits.softmax(1),
            outputs.Logits.detach().index_select(0, rows).softmax(1),
            cat(boxes),
            cat(seen),
            cat([.. boxes.Zip(truth, Overlap)]));
        return weights.index_copy(0, rows, settings.Reliability(scores).to(weights.dtype)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IReadOnlyList<PseudoLabels> Label(View weak)
    {
        using var scope = NewDisposeScope();
        var labels = Ask(weak, new RandomStream(ReportPass)).Labels;
        return [.. labels.Select(image => image.Padded(weak.Images.PaddedSize).MoveToOuterDisposeScope())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        student.Dispose();
        teacher.Dispose();
    }

    private static Step Pass(Step step, ulong label) => step with { Random = step.Random.Split(label) };

    private static Tensor Overlap(Tensor boxes, Instances truth) => truth.Count == 0
        ? boxes.new_zeros([boxes.size(0)])
        : BoxOverlaps.Iou(boxes, truth.Boxes).amax(1);

    private double Factor(string term) => settings.Factors.GetValueOrDefault(term, 1);

    private StudentAnswer Look(View strong)
    {
        var pyramid = student.Features(strong.Images.Images);
        var rpn = student.Rpn(pyramid);
        return new StudentAnswer(pyramid, rpn, student.Propose(rpn, strong.Images.Sizes, student.TrainingLimits));
    }

    private IReadOnlyList<LossTerm> LabelledLosses(View view, Step step) => settings.NormalizesPerImage
        ? Means(view.Count, image => student.Losses(view.Image(image), OfImage(step.For(view), image)))
        : student.Losses(view, step);

    private IReadOnlyList<LossTerm> UnlabelledLosses(Lesson lesson, Step step)
    {
        step = step.For(lesson.Strong);
        return settings.NormalizesPerImage
            ? Means(lesson.Strong.Count, image => LossesOf(lesson.Image(image), OfImage(Pass(step, ImagePass), image)))
            : LossesOf(lesson, step);
    }

    // An image by itself is no share of a batch.
    private static Step OfImage(Step step, int image) => new(step.Iteration, step.Random.Split((ulong)step.PlaceOf(image)));

    private static IReadOnlyList<LossTerm> Means(int images, Func<int, IReadOnlyList<LossTerm>> losses)
    {
        var all = Enumerable.Range(0, images).Select(losses).ToList();
        return [.. all[0].Select((_, term) => LossTerm.Mean([.. all.Select(image => image[term])]))];
    }

    private List<LossTerm> LossesOf(Lesson lesson, Step step)
    {
        var terms = new List<LossTerm>();
        terms.AddRange(ProposalLosses(lesson, Pass(step, ProposalPass)));
        terms.AddRange(ClassLosses(lesson, Pass(step, ClassPass)));
        if (settings.Boxes is { } filter)
        {
            terms.Add(BoxLoss(lesson, lesson.Truth(filter), Pass(step, BoxPass)));
        }

        return [.. terms.Where(term => Factor(term.Name) != 0)];
    }

    private IReadOnlyList<LossTerm> ProposalLosses(Lesson lesson, Step step)
    {
        var rpn = lesson.Student.Rpn;
        var boxes = lesson.Truth(settings.Rpn).Select(image => image.Boxes);
        var targets = student.AssignAnchors(rpn, [.. boxes], step, lesson.Strong.Images.Sizes);
        return student.RpnLosses(rpn, targets);
    }

    private IEnumerable<LossTerm> ClassLosses(Lesson lesson, Step step)
    {
        var (pyramid, truth) = (lesson.Student.Pyramid, lesson.Truth(settings.Classes));
        var samples = student.Sample(lesson.Student.Proposals, truth, step);
        var outputs = student.BoxHead(pyramid, samples.Boxes);
        var weights = Weights(lesson.Answer, lesson.Weak, lesson.Strong, samples, outputs, truth);
        yield return settings.ClassLoss(
            WeightedSamples.Of(student.Stages.RoiLoss.OfSample, outputs.Logits, samples.Labels, weights) with { Sum = step.Sum });
        if (student.HasMasks)
        {
            yield return student.MaskLoss(pyramid, samples, truth);
        }
    }

    // Only positives have a box to learn, but all samples are counted.
    private LossTerm BoxLoss(Lesson lesson, IReadOnlyList<Instances> truth, Step step)
    {
        var samples = student.Sample(lesson.Student.Proposals, truth, step);
        var positives = samples.OfObjects();
        var term = student.BoxLoss(student.BoxHead(lesson.Student.Pyramid, positives.Boxes), positives);
        return new LossTerm(term.Name, term.Sum, samples.Count, term.Factor, term.Floor);
    }

    private PseudoLabels[] Measure(IReadOnlyList<Tensor> pyramid, PseudoLabels[] labels, View weak, RandomStream random)
    {
        var (times, step) = (settings.JitterTimes, new Step(0, random).For(weak));
        if (labels.All(image => image.Instances.Count == 0))
        {
            return [.. labels.Select(image => image with { BoxDeviation = zeros_like(image.Instances.Boxes) })];
        }

        Tensor[] copies = [.. labels.Select((image, index) =>
        {
            var boxes = image.Instances.Boxes;
            var place = step.PlaceOf(index);
            var noise = settings.Noise(place, times, image.Instances.Count, random.Split((ulong)place));
            return BoxJitter.Apply(boxes, DeviceValues.Of(noise.to(boxes.dtype, CPU), boxes.device), settings.JitterScale).view(-1, 4);
        })];
        var classes = cat([.. labels.Select(image => image.Instances.Classes.repeat(times))]);
        var refined = teacher.Refine(teacher.BoxHead(pyramid, copies), copies, classes, weak.Images.Sizes);
        return [.. labels.Zip(refined, (image, boxes) => image with
        {
            BoxDeviation = image.Instances.Count == 0
                ? zeros_like(image.Instances.Boxes)
                : settings.Variance(boxes.view(times, -1, 4), image.Instances.Boxes),
        })];
    }

    private PseudoLabels[] Draw(IReadOnlyList<Tensor> pyramid, PseudoLabels[] labels, IReadOnlyList<ImageSize> sizes) =>
    [
        .. teacher.WithMasks(pyramid, [.. labels.Select(image => image.Instances)], sizes).Zip(labels, (drawn, image) => image with
        {
            Instances = new Instances(
                drawn.Boxes, drawn.Classes, drawn.Scores, (drawn.Masks! >= settings.MaskThreshold).to(uint8)),
        }),
    ];

    /// <summary>What the student sees in the strong views.</summary>
    private sealed record StudentAnswer(IReadOnlyList<Tensor> Pyramid, RpnOutputs Rpn, IReadOnlyList<Tensor> Proposals)
    {
        public StudentAnswer Image(int image) => new(
            [.. Pyramid.Select(level => level.narrow(0, image, 1))],
            new RpnOutputs(
                [.. Rpn.Logits.Select(level => level.narrow(0, image, 1))],
                [.. Rpn.Deltas.Select(level => level.narrow(0, image, 1))],
                Rpn.Anchors),
            [Proposals[image]]);
    }

    /// <summary>Unlabelled images as both networks see them, with pseudo-labels in the student's view.</summary>
    private sealed record Lesson(
        View Weak, View Strong, IReadOnlyList<Tensor> TeacherPyramid, IReadOnlyList<PseudoLabels> Labels, StudentAnswer Student)
    {
        public TeacherAnswer Answer => new(TeacherPyramid, Labels);

        // A filter is asked once: the host waits for each answer's length.
        private Dictionary<PseudoLabelFilter, IReadOnlyList<Instances>> Chosen { get; init; } = [];

        public IReadOnlyList<Instances> Truth(PseudoLabelFilter filter)
        {
            if (!Chosen.TryGetValue(filter, out var chosen))
            {
                Chosen[filter] = chosen = [.. Labels.Select(image => image.Instances.Select(filter(image)))];
            }

            return chosen;
        }

        public Lesson Image(int image) => new(
            Weak.Image(image), Strong.Image(image), [.. TeacherPyramid.Select(level => level.narrow(0, image, 1))], [Labels[image]],
            Student.Image(image))
        {
            Chosen = Chosen.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<Instances>)[entry.Value[image]]),
        };
    }
}
