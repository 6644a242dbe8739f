using System.Collections.ObjectModel;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// Polite Teacher (Filipiak et al., IEEE Access 2024), its stage of mutual learning: a teacher that follows the student by an exponential
/// moving average labels the weak views of unlabelled images with boxes of high score and their masks; the student learns from them on the
/// strong views of the same geometry. Masks whose predicted IoU is low teach no masks, but their objects teach classes. Pseudo boxes teach
/// neither boxes nor center-ness. The stage before it is <see cref="Supervised"/> on the labelled images.
/// </summary>
public sealed class PoliteTeacherMethod : ITrainingMethod, IPseudoLabelling
{
    // What each pass draws from: a stream of its own.
    private const ulong LabelledPass = 0;
    private const ulong PseudoPass = 1;

    private readonly CenterMask _student;
    private readonly CenterMask _teacher;

    /// <summary>The method over two networks, which are disposed with it.</summary>
    /// <param name="student">The network that learns.</param>
    /// <param name="teacher">A network of the same structure. Step 0 overwrites its weights.</param>
    /// <param name="ema">Moves the teacher; made for these two networks.</param>
    /// <param name="settings">What the configurations do differently.</param>
    /// <param name="evaluated">Which network is evaluated; the teacher as published.</param>
    /// <exception cref="ArgumentException">The settings have a factor of a loss that there is not.</exception>
    public PoliteTeacherMethod(
        CenterMask student, CenterMask teacher, EmaTeacher ema, PoliteTeacherSettings settings, Network evaluated = Network.Teacher)
    {
        if (settings.Factors.Keys.Except(CenterMask.LossNames).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"There is no loss {unknown}; there are {string.Join(", ", CenterMask.LossNames)}.", nameof(settings));
        }

        (_student, _teacher, Teacher, Settings) = (student, teacher, ema, settings);
        Evaluated = evaluated == Network.Student ? student : teacher;
        State = settings.Equalizer is { } equalizer
            ? new Dictionary<string, Tensor> { ["losses"] = equalizer.Running }
            : ReadOnlyDictionary<string, Tensor>.Empty;
    }

    /// <inheritdoc/>
    public Detector Student => _student;

    /// <inheritdoc/>
    public EmaTeacher Teacher { get; }

    /// <inheritdoc/>
    public Detector Evaluated { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State { get; }

    /// <summary>What this method does in its own way.</summary>
    public PoliteTeacherSettings Settings { get; }

    /// <inheritdoc/>
    public void AfterStep(long iteration)
    {
        Teacher.UpdateAfter(iteration);
        Settings.Equalizer?.Commit();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The batch has no unlabelled images.</exception>
    /// <exception cref="ArgumentException">The two views of an unlabelled image differ in geometry.</exception>
    public LossTerms Losses(Batch batch, Step step)
    {
        using var scope = NewDisposeScope();
        var (weak, strong) = batch.Unlabelled?.OfOneGeometry()
            ?? throw new InvalidDataException("Polite Teacher learns from unlabelled images too; this batch has none.");

        var labelled = _student.Losses(batch.Labelled.Of(Settings.LabelledViews), Pass(step, LabelledPass));
        var labels = Teach(Ask(weak), strong);
        var pseudo = PseudoLosses(strong, labels, Pass(step, PseudoPass));

        var boxes = (int)step.Sum(labels.Sum(image => image.Instances.Count));
        return Total(labelled, pseudo, Settings.Weight(step.Iteration, boxes), step.Sum).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The teacher's pass over the weak views, without gradients: its sure detections with their masks, and the masks' quality.
    /// </summary>
    /// <returns>For each image, in pixels of the weak view; boxes are not clipped, masks cover the image without its padding.</returns>
    public IReadOnlyList<PseudoLabels> Ask(View weak)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var precision = Teacher.InItsPrecision();
        _teacher.eval();
        var features = _teacher.Extract(weak.Images);
        var found = _teacher.Candidates(features, Settings.TeacherLimits).ToArray();
        return [.. found.Zip(_teacher.Masks(features, found)).Select((image, i) =>
            Sure(image.First, image.Second, weak.Images.Sizes[i]).MoveToOuterDisposeScope())];
    }

    /// <summary>The sure ones of a teacher's detections in an image, with masks on the image's grid and their quality.</summary>
    /// <param name="found">In pixels of the image.</param>
    /// <param name="masks">Over their boxes.</param>
    /// <param name="size">Of the image.</param>
    public PseudoLabels Sure(Instances found, BoxMasks masks, ImageSize size)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var rows = Settings.Boxes(new PseudoLabels(found, MaskQuality: masks.Quality));
        var sure = found.Select(rows);
        var pixels = MaskPaste.Soft(masks.Probabilities.index_select(0, rows), sure.Boxes, size) >= Settings.MaskThreshold;
        return new PseudoLabels(
            new Instances(sure.Boxes, sure.Classes, sure.Scores, pixels.to(uint8)),
            MaskQuality: masks.Quality.index_select(0, rows)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The labels as the student gets them: what the strong view erased is taken out, if that is wanted, and masks get their form.
    /// </summary>
    /// <param name="labels">Of each image, as from <see cref="Ask"/>.</param>
    /// <param name="strong">The student's view.</param>
    public IReadOnlyList<PseudoLabels> Teach(IReadOnlyList<PseudoLabels> labels, View strong)
    {
        using var gradients = no_grad();
        return [.. labels.Select((image, i) => image with { Instances = Settings.MaskForm(Visible(image.Instances, strong, i)) })];
    }

    /// <summary>The student's losses on pseudo-labels, not yet weighed; those of factor 0 are left out.</summary>
    /// <param name="strong">The student's view.</param>
    /// <param name="labels">Of each image, as from <see cref="Teach"/>.</param>
    /// <param name="step">What may be drawn from.</param>
    public IReadOnlyList<LossTerm> PseudoLosses(View strong, IReadOnlyList<PseudoLabels> labels, Step step)
    {
        using var scope = NewDisposeScope();
        if (Settings.DropsEmptyImages)
        {
            int[] kept = [.. labels.Index().Where(image => image.Item.Instances.Count > 0).Select(image => image.Index)];
            if (kept.Length == 0)
            {
                // The least floor of all terms: another process may have a little of each.
                return [.. CenterMask.LossNames.Where(IsWanted).Select(name =>
                    new LossTerm(name, zeros(1, float32, _student.Device).squeeze(), normalizer: 0, floor: 1e-6)
                        .MoveToOuterDisposeScope())];
            }

            (strong, labels) = (strong.Select(kept), [.. kept.Select(image => labels[image])]);
        }

        Instances[] truth = [.. labels.Select(image => image.Instances)];
        var features = _student.Extract(strong.Images);
        List<LossTerm> terms = [.. _student.DenseLosses(features, truth)];
        if (IsWanted("loss_mask") || IsWanted("loss_maskiou"))
        {
            var samples = _student.Sample(_student.Candidates(features, stages => stages.TrainingDecoder), truth, step.For(strong));
            terms.AddRange(_student.MaskLosses(
                _student.Pool(features, samples.Boxes), samples.Labels, _student.MaskTargets(samples, truth),
                MaskWeights(samples, labels)));
        }

        return [.. terms.Where(term => IsWanted(term.Name)).Select(term => term.MoveToOuterDisposeScope())];

        bool IsWanted(string term) => Settings.FactorOf(term) != 0;
    }

    /// <summary>All losses of a step: the labelled ones, and the pseudo ones, weighed and with the ending <c>_pseudo</c>.</summary>
    /// <param name="labelled">Of the labelled images.</param>
    /// <param name="pseudo">As from <see cref="PseudoLosses"/>.</param>
    /// <param name="weight">Factor of all pseudo losses.</param>
    /// <param name="sum">Adds over the shares of the batch; null: the losses are those of the whole batch.</param>
    public LossTerms Total(
        IReadOnlyList<LossTerm> labelled, IReadOnlyList<LossTerm> pseudo, double weight, Func<Tensor, Tensor>? sum = null)
    {
        (labelled, pseudo) = Settings.Equalizer?.Apply(labelled, pseudo, weight, sum)
            ?? (labelled, [.. pseudo.Select(term => term.As("", weight))]);
        return new LossTerms(
        [
            .. labelled,
            .. pseudo.Select(term => term with { Name = term.Name + "_pseudo", Factor = term.Factor * Settings.FactorOf(term.Name) }),
        ]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<PseudoLabels> Label(View weak)
    {
        using var scope = NewDisposeScope();
        return [.. Teach(Ask(weak), weak).Select(image => image.Padded(weak.Images.PaddedSize).MoveToOuterDisposeScope())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _student.Dispose();
        _teacher.Dispose();
        Settings.Equalizer?.Dispose();
    }

    private static Step Pass(Step step, ulong label) => step with { Random = step.Random.Split(label) };

    private Instances Visible(Instances labels, View strong, int image) => Settings.ErasesMasks && strong.Erased is { } erased
        ? new Instances(
            labels.Boxes, labels.Classes, labels.Scores,
            labels.Masks! * PixelRectangle.Union(erased[image], strong.Images.Sizes[image], labels.Boxes.device).logical_not())
        : labels;

    // [M] bool: whether the mask of a sample's object is learned from.
    private Tensor MaskWeights(RoiSamples samples, IReadOnlyList<PseudoLabels> labels)
    {
        using var scope = NewDisposeScope();
        var index = samples.BoxIndex.split([.. samples.Boxes.Select(boxes => boxes.size(0))]);
        var flags = Settings.Flags([.. labels.Select(image =>
            zeros_like(image.Instances.Classes, dtype: @bool).index_fill(0, Settings.Masks(image), 1))]);
        return cat([.. flags.Zip(index, (image, own) => image.index_select(0, own))]).MoveToOuterDisposeScope();
    }
}
