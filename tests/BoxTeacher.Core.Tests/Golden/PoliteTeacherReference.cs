using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Pseudo-labels, factors, moving average and schedules of Polite Teacher, and a whole iteration.</summary>
internal static class PoliteTeacherReference
{
    private static readonly double[] Mean = [103.53, 116.28, 123.675];

    /// <summary>Of a case of mask losses: each mask's weight; null where the case has no flags.</summary>
    public static Tensor? MaskWeights(ReferenceCase c) => c.InputNames.Contains("keep_flags")
        ? cat([.. MaskFlags.AskedOfLastImage(c.In("keep_flags").split(HostValues.Longs(c.In("per_image"))))])
        : null;

    public static void Threshold(ReferenceCase c)
    {
        var settings = new PoliteTeacherSettings
        {
            Boxes = PseudoLabelFilters.Score(c.Number("bbox_threshold")),
            Masks = PseudoLabelFilters.MaskQuality(c.Number("mask_iou_threshold")),
            MaskThreshold = c.Number("mask_threshold"),
            MaskForm = PseudoMaskForms.Contours,
        };
        using var method = Method(settings);
        var size = new ImageSize(c.Int("height"), c.Int("width"));
        var found = new Instances(c.In("boxes"), c.In("classes"), c.In("scores"));
        c.Equal("valid", zeros_like(found.Classes).index_fill_(0, settings.Boxes(new PseudoLabels(found)), 1));
        var labels = method.Sure(found, new BoxMasks(c.In("masks").squeeze(1), c.In("maskiou")), size);
        c.Close("gt_boxes", labels.Instances.Boxes);
        c.Equal("gt_classes", labels.Instances.Classes);
        c.Close("maskiou", labels.Quality);
        c.Equal("mask_ok", zeros_like(labels.Instances.Classes).index_fill_(0, settings.Masks(labels), 1));
        c.Equal("pasted", labels.Instances.Masks!);

        var traced = settings.MaskForm(labels.Instances);
        c.Equal("repainted", traced.Masks!);
        CheckOutlines(c, traced, "", c.Tolerance("poly_abs"));
        c.Close("areas", tensor(traced.Outlines!.Select(outline => outline!.Area).ToArray()));
    }

    public static void Factors(ReferenceCase c)
    {
        string[] names = [.. c.Attributes.GetProperty("loss_names").EnumerateArray().Select(name => name.GetString()!)];
        var options = c.Attributes.GetProperty("settings");
        bool Is(string name, bool otherwise) => options.TryGetProperty(name, out var value) ? value.GetBoolean() : otherwise;
        var iteration = (long)c.Number("iteration");
        var burnIn = options.TryGetProperty("BURN_UP_STEP", out var steps) ? steps.GetInt64() : 0;
        var weight = options.TryGetProperty("UNSUP_LOSS_WEIGHT", out var given) ? given.GetDouble() : 2;
        var recipe = new PoliteLossRecipe(
            weight, LearnsMasks: Is("MASK_LOSS", true), LearnsMaskIou: !Is("WITHOUT_PSEUDO_IOU", false), LearnsBoxes: false,
            Equalizes: Is("NORM_LOSS", false));
        var (labelled, pseudo) = (c.In("sup_losses").requires_grad_(), c.In("pseudo_losses").requires_grad_());
        var images = c.Attributes.GetProperty("images_per_call").EnumerateArray().Select(count => count.GetInt32()).ToArray();

        if (iteration < burnIn)
        {
            // The first stage of a run: the labelled images in both views.
            var seen = new List<int>();
            using var student = new Constant(names, labelled, seen);
            using var supervised = new Supervised(student, LabelledViews.Both);
            using var staged = new Staged([new Stage(0, supervised), new Stage(burnIn, new Supervised(student))]);
            var view = Empty(images[0] / 2);
            staged.Losses(new Batch(new ViewPair(view, view)), Step.Of(iteration, new RandomStream(0))).Total().backward();
            Assert.Equal(images, seen);
        }
        else
        {
            using var method = Method(new PoliteTeacherSettings
            {
                Weight = UnlabelledWeights.Constant(weight), Factors = recipe.Factors,
                Equalizer = recipe.Equalizes ? new LossEqualizer(names, CPU) : null,
            });
            method.Total(Terms(names, labelled), Terms(names, pseudo), method.Settings.Weight(iteration, 1)).Total().backward();
        }

        c.Close("sup_weight", labelled.grad ?? zeros_like(labelled));
        c.Close("pseudo_weight", pseudo.grad ?? zeros_like(pseudo));
    }

    public static void Average(ReferenceCase c)
    {
        string[] names = [.. c.InputNames.Where(name => name.StartsWith("student.", StringComparison.Ordinal)).Select(name => name["student.".Length..])];
        using var student = new Weights(names, name => c.In("student." + name));
        foreach (var (iteration, result) in ((long, string)[])[(1, "after"), (0, "copied")])
        {
            using var teacher = new Weights(names, name => c.In("teacher." + name));
            new EmaTeacher(teacher, student, Momentum.Constant(c.Number("keep_rate")), TeacherBuffers.Averaged).Update(iteration);
            foreach (var (name, value) in teacher.state_dict())
                c.Close($"{result}.{name}", value);
        }
    }

    public static void LearningRates(ReferenceCase c)
    {
        int[] steps = [.. c.Numbers("steps").Select(step => (int)step)];
        var schedule = new MultiStepSchedule(
            new LearningRateWarmUp(c.Int("warmup_iters"), c.Number("warmup_factor")), steps, c.Number("gamma"));
        var solver = new SolverRecipe(new SgdRecipe(c.Number("base_lr"), 1e-4, 0.9), schedule, null);
        var rate = solver.LearningRate(steps[^1] + 1);
        c.Close("lr", tensor(HostValues.Longs(c.In("iteration")).Select(iteration => rate(iteration)).ToArray()));
    }

    public static void FocalLoss(ReferenceCase c)
    {
        var logits = c.In("logits").requires_grad_();
        var loss = SoftmaxLosses.Focal(c.Number("gamma")).Sum(logits, c.In("labels")) / c.In("labels").size(0);
        c.Close("loss", loss);
        loss.backward();
        c.Close("grad", logits.grad!);
    }

    public static void Network(ReferenceCase c)
    {
        using var student = SharedNetworks.CenterMask(c.Group, "student.", CenterMaskStages.Published());
        using var gradients = no_grad();
        var features = student.Extract(Normalized(c.In("images"), c.Numbers("pixel_mean_bgr"), c.Numbers("pixel_std")));
        foreach (var (level, map) in features.Pyramid.Index())
            c.Close($"p{level + 3}", map);
        CenterMaskReference.CheckHead(c, features.Dense);
    }

    public static void Iteration(ReferenceCase c)
    {
        var decoder = new FcosDecoder(
            c.Number("score_threshold"), c.Int("pre_nms_topk"), c.Number("nms"), c.Int("post_nms_topk"), thresholdWithCenterness: false);
        var stages = CenterMaskStages.Published(Subset.First) with { TrainingDecoder = decoder };
        var (student, teacher) = (SharedNetworks.CenterMask(c.Group, "student.", stages), SharedNetworks.CenterMask(c.Group, "teacher.", stages));
        var weight = c.Number("unsup_weight");
        // The teacher's weights are the case's own: it is not moved.
        using var method = new PoliteTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Constant(1)), new PoliteTeacherSettings
            {
                Boxes = PseudoLabelFilters.Score(c.Number("bbox_threshold")),
                Masks = PseudoLabelFilters.MaskQuality(c.Number("mask_iou_threshold")),
                MaskThreshold = c.Number("mask_threshold"),
                MaskForm = PseudoMaskForms.Contours,
                Flags = MaskFlags.AskedOfLastImage,
                Weight = UnlabelledWeights.Constant(weight),
            });
        var truth = new Instances(c.In("gt_boxes"), c.In("gt_classes"), Outlines: MaskTargetReference.OutlinesOf(c));
        var (weak, strong) = (ViewOf(c.In("unlabelled_weak")), ViewOf(c.In("unlabelled_strong")));
        var labelled = new ViewPair(ViewOf(c.In("labelled_weak").unsqueeze(0), truth), ViewOf(c.In("labelled_strong").unsqueeze(0), truth));
        var step = Step.Of(1, new RandomStream(0));

        Teacher(c, teacher, weak);
        var labels = method.Teach(method.Ask(weak), strong);
        foreach (var (i, image) in labels.Index())
        {
            GoldenAssert.Close(c.Out($"pseudo_boxes{i}"), image.Instances.Boxes, c.Tolerance("boxes_abs"), 0, $"pseudo_boxes{i}");
            c.Equal($"pseudo_classes{i}", image.Instances.Classes);
            c.Equal($"pseudo_mask_ok{i}", zeros_like(image.Instances.Classes).index_fill_(0, method.Settings.Masks(image), 1));
            CheckOutlines(c, image.Instances, $"{i}", c.Absolute, "pseudo_");
        }

        // The method leaves out what is multiplied by 0; the student itself has all five.
        var pseudo = new LossTerms(student.Losses(strong with { Truth = [.. labels.Select(image => image.Instances)] }, step));
        c.Close("loss_fcos_loc_pseudo", pseudo["loss_fcos_loc"].Value());
        c.Close("loss_fcos_ctr_pseudo", pseudo["loss_fcos_ctr"].Value());
        var losses = method.Losses(new Batch(labelled, new ViewPair(weak, strong)), step);
        foreach (var term in losses)
            GoldenAssert.Close(
                c.Out(term.Name), term.Value() / (term.Name.EndsWith("_pseudo", StringComparison.Ordinal) ? weight : 1), c.Absolute, c.Relative, term.Name);
        Assert.Equal(8, losses.Count);
        var total = losses.Total();
        c.Close("total", total);
        total.backward();
        SharedNetworks.CheckGradients(c, student, "");
    }

    private static void Teacher(ReferenceCase c, CenterMask teacher, View weak)
    {
        using var gradients = no_grad();
        var features = teacher.Extract(weak.Images);
        var found = teacher.Candidates(features, stages => stages.TrainingDecoder);
        var masks = teacher.Masks(features, found);
        foreach (var (i, image) in found.Index())
        {
            GoldenAssert.Close(c.Out($"teacher_boxes{i}"), image.Boxes, c.Tolerance("boxes_abs"), 0, $"teacher_boxes{i}");
            c.Close($"teacher_scores{i}", image.Scores!);
            c.Equal($"teacher_classes{i}", image.Classes);
            c.Close($"teacher_maskiou{i}", masks[i].Quality);
            c.Close($"teacher_masks{i}", masks[i].Probabilities.unsqueeze(1));
        }
    }

    private static void CheckOutlines(ReferenceCase c, Instances labels, string suffix, double absolute, string prefix = "")
    {
        var rings = labels.Outlines!.SelectMany(outline => outline!.Rings).ToList();
        GoldenAssert.Close(
            c.Out($"{prefix}poly_xy{suffix}"), tensor(rings.SelectMany(ring => ring).ToArray()), absolute, 0, $"{prefix}poly_xy{suffix}");
        c.Equal($"{prefix}poly_offset{suffix}", tensor(rings.Select(ring => (long)ring.Length).Prepend(0).ToArray()).cumsum(0));
        c.Equal($"{prefix}poly_instance{suffix}", tensor(
            labels.Outlines!.Index().SelectMany(one => one.Item!.Rings.Select(_ => (long)one.Index)).ToArray()));
    }

    private static PoliteTeacherMethod Method(PoliteTeacherSettings settings)
    {
        var (student, teacher) = (CenterMask.Small(2), CenterMask.Small(2));
        return new PoliteTeacherMethod(student, teacher, new EmaTeacher(teacher, student, Momentum.Constant(1)), settings);
    }

    private static LossTerm[] Terms(string[] names, Tensor values) => [.. names.Select((name, i) => new LossTerm(name, values[i], 1.0))];

    private static View Empty(int images) => ViewOf(zeros([images, 3, 32, 32], uint8));

    private static View ViewOf(Tensor images, Instances? truth = null)
    {
        var batch = Normalized(images, Mean, [1, 1, 1]);
        return new View(
            batch, [.. batch.Sizes.Select(_ => Homography.Identity)], batch.Sizes,
            [.. batch.Sizes.Select(_ => truth ?? new Instances(zeros(0, 4), zeros(0, dtype: int64)))]);
    }

    private static ImageBatch Normalized(Tensor images, double[] mean, double[] std)
    {
        var size = new ImageSize((int)images.size(2), (int)images.size(3));
        Tensor Channels(double[] values) => tensor(values, dtype: float32).view(1, 3, 1, 1);
        return new ImageBatch((images.to(float32) - Channels(mean)) / Channels(std), [.. Enumerable.Repeat(size, (int)images.size(0))]);
    }

    /// <summary>A detector whose losses are given, and which counts the images of each call.</summary>
    private sealed class Constant : Detector
    {
        private readonly string[] _names;
        private readonly Tensor _losses;
        private readonly List<int> _seen;

        public Constant(string[] names, Tensor losses, List<int> seen) : base(nameof(Constant))
        {
            (_names, _losses, _seen) = (names, losses, seen);
            register_parameter("none", new Parameter(zeros(1)));
        }

        public override bool HasMasks => true;

        public override LossTerms Losses(View view, Step step)
        {
            _seen.Add(view.Count);
            return new LossTerms(Terms(_names, _losses));
        }

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
            throw new NotSupportedException();
    }

    /// <summary>A detector of given parameters, and buffers where the name says running, which sees nothing.</summary>
    private sealed class Weights : Detector
    {
        public Weights(IEnumerable<string> names, Func<string, Tensor> value) : base(nameof(Weights))
        {
            foreach (var name in names)
            {
                if (name.StartsWith("running_", StringComparison.Ordinal))
                {
                    register_buffer(name, value(name));
                }
                else
                {
                    register_parameter(name, new Parameter(value(name)));
                }
            }
        }

        public override bool HasMasks => false;

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
            throw new NotSupportedException();
    }
}
