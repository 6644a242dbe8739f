using System.Text.Json;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Soft Teacher's parts against reference values.</summary>
internal static class SoftTeacherReference
{
    public static Dictionary<string, Action<ReferenceCase>> Checks { get; } = new()
    {
        ["st.jitter."] = Jitter,
        ["st.jitter.statistics"] = JitterStatistics,
        ["st.variance."] = Variance,
        ["st.filter."] = Filter,
        ["st.geo."] = Geometry,
        ["st.geo.rotation_matrix"] = Rotation,
        ["st.transmat"] = BetweenViews,
        ["st.transform_bboxes."] = Transport,
        ["st.transform_bboxes.roundtrip"] = ThereAndBack,
        ["st.cls_loss."] = ClassLoss,
        ["st.indicators."] = Indicators,
        ["st.weighted_loss"] = WeightedLosses,
        ["st.weighted_loss.warmup"] = RisingWeight,
        ["st.ema."] = Average,
        ["st.ema.momentum_table"] = Momenta,
        ["mmdet3.ema"] = AverageAfterSteps,
    };

    public static void Jitter(ReferenceCase c)
    {
        var (boxes, expected) = (c.In("boxes"), c.Out("jittered"));
        var jittered = BoxJitter.Apply(boxes.narrow(1, 0, 4), c.In("noise"), c.Number("jitter_scale"));
        GoldenAssert.Close(expected.narrow(2, 0, 4), jittered, c.Absolute, c.Relative, "jittered");
    }

    public static void JitterStatistics(ReferenceCase c)
    {
        var (box, scale, times) = (c.In("box"), c.Number("jitter_scale"), c.Int("jitter_times"));
        var sides = (box.narrow(1, 2, 2) - box.narrow(1, 0, 2)).repeat(1, 2);
        var noise = BoxJitter.Noise(0, times, 1, new RandomStream(3));
        var offsets = ((BoxJitter.Apply(box, noise, scale) - box) / sides).squeeze(1);
        var like = ones(4);
        GoldenAssert.Close(like * c.Number("expected_mean"), offsets.mean([0]), c.Absolute, 0, "mean");
        GoldenAssert.Close(like * c.Number("expected_std"), offsets.std(0), c.Absolute, 0, "deviation");
        var far = (offsets.abs() > 2 * scale).to(float32).mean([0]);
        GoldenAssert.Close(like * c.Number("expected_fraction_above_2_scale"), far, c.Absolute, 0, "far moves");
        GoldenAssert.Close(eye(4), offsets.T.corrcoef(), 0.03, 0, "correlation");
    }

    public static void Variance(ReferenceCase c)
    {
        var (boxes, labels, refined) = (c.In("candidate_boxes").narrow(1, 0, 4), c.In("labels"), c.In("refined_boxes"));
        var (times, count) = (c.Int("jitter_times"), boxes.size(0));
        var columns = refined.size(1) / 4;
        var own = columns == 1 ? zeros_like(labels) : labels;
        var copies = refined.view(times, count, columns, 4)
            .gather(2, own.view(1, count, 1, 1).expand(times, count, 1, 4)).squeeze(2);
        var deviation = BoxJitter.OverMeanSides(copies, boxes);
        c.Close("uncertainty", deviation);
        c.Close("uncertainty_mean", deviation.mean([1]));
        c.Close("paper_variance", BoxJitter.OverHalfSides(copies, boxes).mean([1]));

        var found = new PseudoLabels(new Instances(tensor(new float[] { 0, 0, 9, 9 }).repeat(count, 1), labels, zeros(count)), deviation);
        c.Equal("reg_keep_mask", Mask(PseudoLabelFilters.Deviation(c.Number("reg_threshold"))(found), count));
    }

    public static void Filter(ReferenceCase c)
    {
        var (boxes, labels, scores) = (c.In("boxes"), c.In("labels"), c.In("scores"));
        var (threshold, side) = (c.Number("thr"), c.Number("min_size"));
        var found = new PseudoLabels(new Instances(boxes, labels, scores), (-scores).unsqueeze(1).repeat(1, 4));
        Kept(PseudoLabelFilters.Score(threshold, side));
        Kept(PseudoLabelFilters.Deviation(-threshold, side));

        void Kept(PseudoLabelFilter filter)
        {
            var rows = filter(found);
            var kept = found.Select(rows).Instances;
            c.Equal("kept_boxes", kept.Boxes);
            c.Equal("kept_labels", kept.Classes);
            c.Equal("mask", Mask(rows, boxes.size(0)));
        }
    }

    public static void Geometry(ReferenceCase c)
    {
        var all = Homography.Identity;
        foreach (var (index, step) in c.Attributes.GetProperty("steps").EnumerateArray().Index())
        {
            var map = StepOf(step[0].GetString()!, step[1]);
            GoldenAssert.Close(c.Out("step_matrices")[index], Matrix(map), c.Absolute, c.Relative, $"step {index}");
            all = all.Then(map);
        }

        c.Close("matrix", Matrix(all));
    }

    public static void Rotation(ReferenceCase c)
    {
        var (x, y) = ((c.Int("width") - 1) / 2.0, (c.Int("height") - 1) / 2.0);
        var map = Homography.Translate(-x, -y).Then(Homography.Rotate(c.Number("angle_deg"))).Then(Homography.Translate(x, y));
        c.Close("m", Matrix(map).narrow(0, 0, 2));
    }

    public static void BetweenViews(ReferenceCase c)
    {
        var (teacher, student) = (c.In("teacher"), c.In("student"));
        var maps = Enumerable.Range(0, (int)teacher.size(0)).Select(image => ViewOf(teacher[image]).To(ViewOf(student[image]), 0));
        c.Close("matrix", stack(maps.Select(Matrix)));

        static View ViewOf(Tensor matrix) =>
            new(new ImageBatch(zeros(1, 3, 1, 1), [new(1, 1)]), [MapOf(matrix)], [new(1, 1)], [new Instances(zeros(0, 4), zeros(0, dtype: int64))]);
    }

    public static void Transport(ReferenceCase c)
    {
        var all = c.In("boxes");
        var (boxes, rest) = (all.narrow(1, 0, 4), all.narrow(1, 4, all.size(1) - 4));
        var labels = Labels(boxes, rest);
        var moved = labels.Moved(MapOf(c.In("matrix")), new ImageSize(c.Int("out_height"), c.Int("out_width")));
        c.Close("boxes", cat([moved.Instances.Boxes, .. Rest(moved, rest.size(1))], 1));

        static PseudoLabels Labels(Tensor boxes, Tensor rest) => new(
            new Instances(boxes, zeros(boxes.size(0), dtype: int64), rest.size(1) > 0 ? rest.select(1, 0) : null),
            rest.size(1) == 5 ? rest.narrow(1, 1, 4) : null);

        // The score comes first, then the deviations.
        static IEnumerable<Tensor> Rest(PseudoLabels moved, long columns) =>
            [.. columns > 0 ? [moved.Instances.Scores!.unsqueeze(1)] : Array.Empty<Tensor>(), .. columns == 5 ? [moved.BoxDeviation!] : Array.Empty<Tensor>()];
    }

    public static void ThereAndBack(ReferenceCase c)
    {
        var (map, size) = (MapOf(c.In("matrix")), new ImageSize(c.Int("out_height"), c.Int("out_width")));
        var there = map.Apply(c.In("boxes"), size);
        c.Close("there", there);
        c.Close("back", map.Inverse().Apply(there, size));
    }

    public static void ClassLoss(ReferenceCase c)
    {
        var (logits, labels) = (c.In("student_logits").requires_grad_(), c.In("labels"));
        var teacher = c.In("teacher_logits").softmax(1);
        var isBackground = labels == c.Int("background_label");
        var rows = isBackground.nonzero().squeeze(1);
        var scores = new BackgroundScores(
            teacher.index_select(0, rows), logits.detach().softmax(1).index_select(0, rows), zeros(rows.size(0), 4), zeros(rows.size(0), 4), zeros(rows.size(0)));
        var isForced = c.Attributes.GetProperty("teacher_background_score").GetString()!.Contains("forced", StringComparison.Ordinal);
        var reliability = isForced ? c.Out("label_weights").index_select(0, rows) : Reliability.BackgroundOfTeacher(scores);
        var weights = ones(labels.size(0)).index_copy(0, rows, reliability);
        c.Close("label_weights", weights);

        var samples = WeightedSamples.Of(SoftmaxLosses.CrossEntropy, logits, labels, weights);
        c.Close("weighted_ce", samples.Losses * weights);
        var coded = ClassLosses.OverWeights(samples).Value();
        c.Close("loss_microsoft", coded);
        c.Close("loss_mmdet3", ClassLosses.OverCountAndWeights(samples).Value());
        c.Close("loss_paper_eq4", ClassLosses.OfTwoMeans(samples).Value());
        c.Close("loss_unweighted", ClassLosses.OverWeights(samples with { Weights = ones_like(weights) }).Value());
        c.Close("grad_student_logits", autograd.grad([coded], [logits])[0]);
    }

    public static void Indicators(ReferenceCase c)
    {
        var (student, teacher, overlap) = (c.In("student_bg"), c.In("teacher_bg"), c.In("max_iou_with_pseudo_gt"));
        var boxes = zeros(overlap.size(0), 4);
        var scores = new BackgroundScores(Probabilities(teacher), Probabilities(student), boxes, boxes, overlap);
        c.Close("bg_t", Reliability.BackgroundOfTeacher(scores));
        c.Close("bg_s", Reliability.BackgroundOfStudent(scores));
        c.Close("pred_diff", Reliability.PredictionDifference(scores));
        c.Close("iou", Reliability.Iou(scores));
        c.Close("reverse_iou", Reliability.ReverseIou(scores));
        GoldenAssert.Equal(ones(overlap.size(0)), Reliability.None(scores), "none");

        static Tensor Probabilities(Tensor background) => stack([1 - background, background], 1);
    }

    public static void WeightedLosses(ReferenceCase c)
    {
        foreach (var loss in c.Attributes.GetProperty("losses").EnumerateObject().Where(loss => loss.Name.Contains("loss", StringComparison.Ordinal)))
        {
            var isList = loss.Value.ValueKind == JsonValueKind.Array;
            var values = isList ? loss.Value.EnumerateArray().Select(value => value.GetDouble()).ToArray() : [loss.Value.GetDouble()];
            var weight = UnlabelledWeights.Constant(c.Number("weight"))(0, 0);
            var terms = values.Select(value => new LossTerm(loss.Name, tensor((float)value), normalizer: 1).As("unsup_", weight)).ToList();
            Assert.All(terms, term => Assert.Equal("unsup_" + loss.Name, term.Name));
            var weighted = stack(terms.Select(term => term.Value()));
            c.Close(loss.Name, isList ? weighted : weighted[0]);
        }
    }

    public static void RisingWeight(ReferenceCase c)
    {
        // The reference counts calls from 1.
        var weight = UnlabelledWeights.Rising(c.Number("weight"), c.Int("warmup"));
        var calls = c.Out("value_per_call").size(0);
        c.Close("value_per_call", tensor(Enumerable.Range(0, (int)calls).Select(call => (float)weight(call, 1)).ToArray()));
    }

    public static void Average(ReferenceCase c)
    {
        using var student = new Weights(c.In("teacher_a_init"), c.In("teacher_b_init"));
        using var teacher = new Weights(c.In("teacher_a_init"), c.In("teacher_b_init"));
        var momentum = Momentum.Capped(c.Number("momentum"), c.Int("warm_up")).Every(c.Int("interval"));
        var ema = new EmaTeacher(teacher, student, momentum);
        var expected = HostValues.Floats(c.Out("momentum"));
        for (var step = 0; step < c.Int("steps"); step++)
        {
            student.Set(c.In("student_a")[step], c.In("student_b")[step]);
            ema.Update(step);
            // Not a number: it does not move.
            Assert.Equal(float.IsNaN(expected[step]) ? 1 : expected[step], momentum(step), c.Absolute);
            GoldenAssert.Close(c.Out("teacher_a")[step], teacher.A, c.Absolute, c.Relative, $"first weight after step {step}");
            GoldenAssert.Close(c.Out("teacher_b")[step], teacher.B, c.Absolute, c.Relative, $"second weight after step {step}");
        }
    }

    public static void AverageAfterSteps(ReferenceCase c)
    {
        var (values, interval) = (c.In("student"), c.Int("interval"));
        using var student = new Weights(values[0], values[0]);
        using var teacher = new Weights(zeros_like(values[0]), zeros_like(values[0]));
        var ema = new EmaTeacher(
            teacher, student, before: null, after: Momentum.Constant(1 - c.Number("momentum")).Every(interval, first: interval - 1));
        ema.Update(0);
        GoldenAssert.Close(c.Out("teacher")[0], teacher.A, c.Absolute, c.Relative, "copy");
        for (var done = 1; done < values.size(0); done++)
        {
            student.Set(values[done], values[done]);
            ema.UpdateAfter(done - 1);
            ema.Update(done);
            GoldenAssert.Close(c.Out("teacher")[done], teacher.A, c.Absolute, c.Relative, $"after {done} steps");
        }
    }

    public static void Momenta(ReferenceCase c)
    {
        foreach (var (name, warmUp) in c.OutputNames.Select(name => (name, int.Parse(name["warm".Length..], System.Globalization.CultureInfo.InvariantCulture))))
        {
            var momentum = Momentum.Capped(c.Number("momentum"), warmUp);
            c.Close(name, tensor(HostValues.Longs(c.In("iteration")).Select(step => momentum(step)).ToArray()));
        }
    }

    /// <summary>A matrix [3, 3] as a map.</summary>
    public static Homography MapOf(Tensor matrix)
    {
        using var values = matrix.to(float64).contiguous().data<double>();
        var m = values.ToArray();
        return new(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]);
    }

    private static Tensor Matrix(Homography map) => tensor(
        [map.M00, map.M01, map.M02, map.M10, map.M11, map.M12, map.M20, map.M21, map.M22], [3, 3], dtype: float64);

    private static Tensor Mask(Tensor rows, long count) => zeros(count, dtype: @bool).index_fill(0, rows, 1);

    private static Homography StepOf(string name, JsonElement values)
    {
        var isHorizontal = !values.TryGetProperty("direction", out var direction) || direction.GetString() == "horizontal";
        switch (name)
        {
            case "scale":
                return new(values.GetProperty("sx").GetDouble(), 0, 0, 0, values.GetProperty("sy").GetDouble(), 0);
            case "flip":
                Assert.True(isHorizontal);
                return Homography.HorizontalFlip(values.GetProperty("shape")[1].GetInt32());
            case "shift":
                return Homography.Translate(values.GetProperty("dx").GetDouble(), values.GetProperty("dy").GetDouble());
            case "shear":
                var magnitude = values.GetProperty("magnitude").GetDouble();
                return isHorizontal ? Homography.Shear(magnitude, 0) : Homography.Shear(0, magnitude);
            case "rotate":
                var m = values.GetProperty("cv2_rotation_matrix").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble()).ToArray();
                return new(m[0], m[1], m[2], m[3], m[4], m[5]);
            default:
                throw new InvalidDataException($"there is no step {name}");
        }
    }

    /// <summary>A detector of two weights, which sees nothing.</summary>
    private sealed class Weights : Detector
    {
        public Weights(Tensor a, Tensor b) : base(nameof(Weights))
        {
            (A, B) = (new Parameter(a.clone()), new Parameter(b.clone()));
            register_parameter("a", A);
            register_parameter("b", B);
        }

        public Parameter A { get; }

        public Parameter B { get; }

        public override bool HasMasks => false;

        public void Set(Tensor a, Tensor b)
        {
            using var gradients = no_grad();
            A.copy_(a);
            B.copy_(b);
        }

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
            throw new NotSupportedException();
    }
}
