using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

public sealed class PoliteTeacherTests
{
    private const int Side = 64;

    private static readonly string[] Labelled = ["loss_fcos_cls", "loss_fcos_loc", "loss_fcos_ctr", "loss_mask", "loss_maskiou"];
    private static readonly string[] Pseudo = ["loss_fcos_cls_pseudo", "loss_mask_pseudo", "loss_maskiou_pseudo"];

    /// <summary>What an untrained teacher finds is believed.</summary>
    private static PoliteTeacherSettings Credulous => new() { Boxes = PseudoLabelFilters.Score(0.1), Masks = PseudoLabelFilters.All };

    public static TheoryData<string> Forms => ["published", "all switches", "equalized", "boxes alone"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_learning_parameter_gets_a_gradient(string form)
    {
        using var scope = NewDisposeScope();
        using var method = Create(Of(form));
        var losses = Losses(method, BatchOf(2));
        Assert.Equal([.. Labelled, .. form == "boxes alone" ? Pseudo[..1] : Pseudo], losses.Select(term => term.Name));
        Assert.All(losses, term => Assert.True(term.Value().item<float>() > 0, $"{term.Name} is {term.Value().item<float>()}"));
        losses.Total().backward();
        Assert.All(
            method.Student.named_parameters().Where(entry => entry.parameter.requires_grad),
            entry => Assert.True(entry.parameter.grad?.isfinite().all().item<bool>(), $"{entry.name} has no gradient."));
        Assert.All(method.Teacher.Network.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_batch_in_which_the_teacher_finds_nothing_is_background_or_does_not_count(bool drops, bool slips)
    {
        using var scope = NewDisposeScope();
        using var method = Create(
            Credulous with { Boxes = PseudoLabelFilters.Score(1), DropsEmptyImages = drops, Flags = Slip(slips) });
        var losses = Losses(method, BatchOf(2));
        losses.Total().backward();

        Assert.True(losses.Total().isfinite().item<bool>());
        Assert.All(Pseudo[1..], name => Assert.Equal(0, losses[name].Value().item<float>()));
        Assert.Equal(!drops, losses["loss_fcos_cls_pseudo"].Value().item<float>() > 0);
        Assert.All(
            method.Student.parameters().Where(parameter => parameter.requires_grad),
            parameter => Assert.True(parameter.grad?.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Images_without_objects_are_left_out_if_that_is_wanted()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous with { DropsEmptyImages = true }, Subset.First);
        var (labels, strong) = Taught(method);
        var full = labels[1];
        Assert.True(full.Instances.Count > 0);

        var dropped = Values(method.PseudoLosses(strong, [Nothing(labels[0]), full], At(0)));
        var alone = Values(method.PseudoLosses(strong.Select([1]), [full], At(0)));
        Assert.Equal(alone, dropped);

        using var keeping = Create(Credulous, Subset.First);
        Taught(keeping);
        var kept = Values(keeping.PseudoLosses(strong, [Nothing(labels[0]), full], At(0)));
        Assert.True(kept["loss_fcos_cls"] > dropped["loss_fcos_cls"]);
        Assert.Equal(dropped["loss_mask"], kept["loss_mask"], 1e-5);
    }

    [Fact]
    public void A_mask_of_low_quality_teaches_no_mask_but_counts_and_its_object_teaches_classes()
    {
        using var scope = NewDisposeScope();
        using var strict = Create(Credulous with { Masks = PseudoLabelFilters.MaskQuality(0.9) }, Subset.First);
        using var all = Create(Credulous, Subset.First);
        var (labels, strong) = Taught(strict);
        Taught(all);
        var bad = labels.Select(image => image with { MaskQuality = full_like(image.Scores, 0.9) }).ToArray();
        var (none, every) = (Terms(strict, bad), Terms(all, bad));

        Assert.Equal(0, none["loss_mask"].Sum.item<float>());
        Assert.True(every["loss_mask"].Sum.item<float>() > 0);
        Assert.Equal(every["loss_mask"].Normalizer.item<float>(), none["loss_mask"].Normalizer.item<float>());
        Assert.All(
            new[] { "loss_fcos_cls", "loss_maskiou" },
            name => Assert.Equal(every[name].Value().item<float>(), none[name].Value().item<float>()));
        none["loss_mask"].Value().backward(retain_graph: true);
        var predictor = Named(strict.Student, "mask_head.predictor.weight");
        Assert.Equal(0, predictor.grad!.abs().max().item<float>());
        none["loss_fcos_cls"].Value().backward();
        Assert.True(Named(strict.Student, "cls_logits.weight").grad!.abs().max().item<float>() > 0);

        // The first image's masks are good, so that its samples' share of the whole is left.
        var half = Terms(strict, [bad[0] with { MaskQuality = full_like(bad[0].Scores, 0.91) }, bad[1]]);
        Assert.InRange(half["loss_mask"].Sum.item<float>(), 1e-3f, every["loss_mask"].Sum.item<float>() * 0.99f);
        Assert.Equal(every["loss_mask"].Normalizer.item<float>(), half["loss_mask"].Normalizer.item<float>());

        Dictionary<string, LossTerm> Terms(PoliteTeacherMethod method, IReadOnlyList<PseudoLabels> given) =>
            method.PseudoLosses(strong, given, At(0)).ToDictionary(term => term.Name);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void With_the_slip_an_empty_last_image_lets_all_masks_teach(bool slips, bool lastIsEmpty, bool teaches)
    {
        using var scope = NewDisposeScope();
        using var method = Create(
            Credulous with { Masks = PseudoLabelFilters.MaskQuality(0.9), Flags = Slip(slips) }, Subset.First);
        var (labels, strong) = Taught(method);
        var bad = labels[0] with { MaskQuality = zeros_like(labels[0].Scores) };
        PseudoLabels[] batch = lastIsEmpty ? [bad, Nothing(bad)] : [Nothing(bad), bad];

        var loss = method.PseudoLosses(strong, batch, At(0)).Single(term => term.Name == "loss_mask");
        Assert.Equal(teaches, loss.Value().item<float>() > 0);
        Assert.True(loss.Normalizer.item<float>() > 0);
    }

    [Fact]
    public void What_the_strong_view_erased_is_taken_out_of_masks_alone()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous with { ErasesMasks = true });
        using var blind = Create(Credulous);
        var strong = BatchOf(2).Unlabelled!.Strong with { Erased = [[new(0, 0, Side - 4, 30)], []] };
        var labels = Asked(method).Labels;
        var (erased, whole) = (method.Teach(labels, strong), blind.Teach(labels, strong));

        Assert.True(labels[0].Instances.Masks!.narrow(2, 0, 30).sum().item<long>() > 0);
        Assert.True(labels[0].Instances.Masks!.narrow(2, 30, Side - 30).sum().item<long>() > 0);
        Assert.Equal(0, erased[0].Instances.Masks!.narrow(2, 0, 30).sum().item<long>());
        GoldenAssert.Equal(
            labels[0].Instances.Masks!.narrow(2, 30, Side - 30), erased[0].Instances.Masks!.narrow(2, 30, Side - 30), "beside the patch");
        GoldenAssert.Equal(labels[0].Instances.Boxes, erased[0].Instances.Boxes, "boxes");
        GoldenAssert.Equal(labels[1].Instances.Masks!, erased[1].Instances.Masks!, "image without a patch");
        GoldenAssert.Equal(labels[0].Instances.Masks!, whole[0].Instances.Masks!, "masks that are not erased");
        Assert.True(method.PseudoLosses(strong, erased, At(0)).All(term => term.Value().isfinite().item<bool>()));
    }

    [Fact]
    public void Contours_are_handed_on_with_the_masks_that_they_paint()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous with { MaskForm = PseudoMaskForms.Contours });
        var (asked, strong) = Asked(method);
        var taught = method.Teach(asked, strong)[0].Instances;
        Assert.Equal(taught.Count, taught.Outlines!.Count);
        Assert.Equal(asked[0].Instances.Masks!.shape, taught.Masks!.shape);
        Assert.Equal(uint8, taught.Masks.dtype);
        Assert.All(method.PseudoLosses(strong, method.Teach(asked, strong), At(0)), term => Assert.True(term.Value().isfinite().item<bool>()));
    }

    [Fact]
    public void The_weight_scales_pseudo_losses_alone_and_a_factor_of_zero_leaves_one_out()
    {
        using var scope = NewDisposeScope();
        var batch = BatchOf(1);
        var (one, three) = (Of(1), Of(3));
        Assert.Equal([.. Labelled, .. Labelled.Select(name => name + "_pseudo")], one.Keys);
        Assert.All(Labelled, name => Assert.Equal(one[name], three[name]));
        Assert.All(Labelled, name => Assert.Equal(3 * one[name + "_pseudo"], three[name + "_pseudo"], 1e-4f * three[name + "_pseudo"]));
        var without = Of(1, new() { ["loss_mask"] = 0, ["loss_fcos_ctr"] = 0, ["loss_maskiou"] = 2 });
        Assert.Equal([.. one.Keys.Where(name => name is not ("loss_mask_pseudo" or "loss_fcos_ctr_pseudo"))], without.Keys);
        Assert.Equal(2 * one["loss_maskiou_pseudo"], without["loss_maskiou_pseudo"], 1e-5f);

        Dictionary<string, float> Of(double weight, Dictionary<string, double>? factors = null)
        {
            using var method = Create(Credulous with { Weight = UnlabelledWeights.Constant(weight), Factors = factors ?? [] }, Subset.First);
            return Values(Losses(method, batch));
        }
    }

    [Fact]
    public void Both_views_of_labelled_images_reach_the_student()
    {
        using var scope = NewDisposeScope();
        var batch = BatchOf(1);
        manual_seed(11);
        var other = ViewOf(2, Homography.Identity, [20, 16, 52, 50]);
        batch = batch with { Labelled = new ViewPair(batch.Labelled.Weak, other) };
        var (weak, strong, both) = (Of(LabelledViews.Weak), Of(LabelledViews.Strong), Of(LabelledViews.Both));
        Assert.All(new[] { "loss_fcos_cls", "loss_fcos_loc", "loss_fcos_ctr" }, name =>
        {
            Assert.NotEqual(weak[name].Sum.item<float>(), strong[name].Sum.item<float>());
            Assert.Equal(weak[name].Sum.item<float>() + strong[name].Sum.item<float>(), both[name].Sum.item<float>(), 1e-3);
            Assert.Equal(weak[name].Normalizer.item<float>() + strong[name].Normalizer.item<float>(), both[name].Normalizer.item<float>(), 1e-4);
        });

        LossTerms Of(LabelledViews views)
        {
            using var method = Create(Credulous with { LabelledViews = views });
            method.Student.eval();
            return Losses(method, batch);
        }
    }

    [Fact]
    public void Views_of_different_geometry_and_batches_without_unlabelled_images_are_refused()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        var batch = BatchOf(1);
        var moved = batch.Unlabelled!.Strong with { FromOriginal = [Homography.Translate(1, 0)] };
        var error = Assert.Throws<ArgumentException>(() => Losses(method, batch with { Unlabelled = batch.Unlabelled with { Strong = moved } }));
        Assert.Contains("geometry", error.Message, StringComparison.Ordinal);
        var lacking = Assert.Throws<InvalidDataException>(() => Losses(method, batch with { Unlabelled = null }));
        Assert.Contains("unlabelled", lacking.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_for_a_report_cover_the_padded_view_and_repeat()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        var (asked, _) = Asked(method);
        var weak = BatchOf(2).Unlabelled!.Weak;
        var (labels, again) = (method.Label(weak), method.Label(weak));
        Assert.Equal(2, labels.Count);
        for (var image = 0; image < 2; image++)
        {
            var masks = labels[image].Instances.Masks!;
            Assert.True(labels[image].Instances.Count > 0);
            Assert.Equal([labels[image].Instances.Count, Side, Side], masks.shape);
            Assert.Equal(0, masks.narrow(1, Side - 4, 4).sum().item<long>());
            GoldenAssert.Equal(asked[image].Instances.Masks!, masks.narrow(1, 0, Side - 4), "masks of training");
            GoldenAssert.Equal(asked[image].Quality, labels[image].Quality, "quality");
            GoldenAssert.Equal(masks, again[image].Instances.Masks!, "masks once more");
        }
    }

    [Fact]
    public void Losses_are_a_function_of_weights_batch_and_step()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        method.Student.eval();
        ((ITrainingMethod)method).BeforeStep(0);
        var batch = BatchOf(2);
        var (first, again, later) = (Of(3), Of(3), Of(4));
        Assert.Equal(first, again);
        Assert.NotEqual(first, later);

        Dictionary<string, float> Of(long iteration) => Values(method.Losses(batch, At(iteration)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Steps_leave_no_tensor_behind(string form)
    {
        using var outer = NewDisposeScope();
        using var method = Create(Of(form));
        var batch = BatchOf(2);
        LiveTensors.StayAfter(iteration =>
        {
            ((ITrainingMethod)method).BeforeStep(iteration);
            method.Losses(batch, At(iteration)).Total().backward();
            method.Label(batch.Unlabelled!.Weak);
            method.AfterStep(iteration);
            method.Student.zero_grad();
        });
    }

    [Fact]
    public void Means_of_losses_move_when_a_step_is_done_and_not_before()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Of("equalized"));
        var running = method.State["losses"];
        Assert.Contains(((ITrainingMethod)method).Moving(0), tensor => ReferenceEquals(tensor, running));
        var losses = Losses(method, BatchOf(1));
        Assert.All(HostValues.Floats(running), mean => Assert.Equal(-1, mean));
        method.AfterStep(0);

        var means = HostValues.Floats(running);
        Assert.Equal(3 * losses["loss_mask"].Value().item<float>(), means[3], 1e-4);
        // Weight 2 of 1 + 2.
        Assert.All(Pseudo, name => Assert.Equal(
            2 * losses[name[..^"_pseudo".Length]].Value().item<float>(), losses[name].Value().item<float>(), 1e-3));
        Assert.Empty(Create(Credulous).State);
    }

    [Fact]
    public void A_mean_of_losses_begins_with_the_first_that_is_not_zero()
    {
        using var scope = NewDisposeScope();
        using var equalizer = new LossEqualizer(["loss"], CPU);
        Assert.Equal(0, Equalized(4, 0));
        equalizer.Commit();
        Assert.Equal(2, Equalized(4, 0.5f), 1e-6);
        equalizer.Commit();
        // From here on it moves slowly.
        Assert.Equal(4, Equalized(4, 1), 1e-2);

        float Equalized(float labelled, float pseudo) => equalizer.Apply([Term(labelled)], [Term(pseudo)], 1).Pseudo[0].Value().item<float>();

        static LossTerm Term(float value) => new("loss", tensor(value), 1);
    }

    private static MaskFlagRule Slip(bool slips) => slips ? MaskFlags.AskedOfLastImage : MaskFlags.OfEachMask;

    private static PoliteTeacherSettings Of(string form) => form switch
    {
        "published" => Credulous,
        "boxes alone" => Credulous with
        {
            Factors = new Dictionary<string, double>
            {
                ["loss_fcos_loc"] = 0, ["loss_fcos_ctr"] = 0, ["loss_mask"] = 0, ["loss_maskiou"] = 0,
            },
        },
        "equalized" => Credulous with { Equalizer = new LossEqualizer(Labelled, CPU) },
        _ => Credulous with
        {
            MaskForm = PseudoMaskForms.Contours, ErasesMasks = true, DropsEmptyImages = true, Flags = Slip(true),
            TeacherLimits = stages => stages.InferenceDecoder, LabelledViews = LabelledViews.Weak,
        },
    };

    private static LossTerms Losses(PoliteTeacherMethod method, Batch batch)
    {
        ((ITrainingMethod)method).BeforeStep(0);
        return method.Losses(batch, At(0));
    }

    /// <summary>What the teacher says of the first batch's weak views, and the strong ones.</summary>
    private static (IReadOnlyList<PseudoLabels> Labels, View Strong) Asked(PoliteTeacherMethod method)
    {
        method.Student.eval();
        ((ITrainingMethod)method).BeforeStep(0);
        var (weak, strong) = BatchOf(2).Unlabelled!;
        return (method.Ask(weak), strong);
    }

    private static (IReadOnlyList<PseudoLabels> Labels, View Strong) Taught(PoliteTeacherMethod method)
    {
        var (labels, strong) = Asked(method);
        return (method.Teach(labels, strong), strong);
    }

    private static PseudoLabels Nothing(PseudoLabels labels) => labels.Select(zeros(0, int64));

    private static Dictionary<string, float> Values(IEnumerable<LossTerm> terms) =>
        terms.ToDictionary(term => term.Name, term => term.Value().item<float>());

    private static PoliteTeacherMethod Create(PoliteTeacherSettings settings, SubsetSampler? sampler = null)
    {
        manual_seed(5);
        var (student, teacher) = (Network(), Network());
        return new PoliteTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Constant(0.9996), TeacherBuffers.Averaged), settings);

        CenterMask Network()
        {
            var network = CenterMask.Small(3, CenterMaskStages.Small(sampler ?? Subset.Random));
            using var gradients = no_grad();
            // Sure of objects everywhere, of boxes that reach the objects of the scenes, and of masks that fill them.
            Named(network, "cls_logits.bias").fill_(0.5);
            Named(network, "bbox_pred.bias").fill_(3);
            Named(network, "mask_head.predictor.bias").fill_(1);
            return network;
        }
    }

    private static TorchSharp.Modules.Parameter Named(nn.Module network, string name) =>
        network.named_parameters().Single(entry => entry.name.EndsWith(name, StringComparison.Ordinal)).parameter;

    private static Step At(long iteration) => Step.Of(iteration, new RandomStream(1));

    private static Batch BatchOf(int unlabelled)
    {
        manual_seed(7);
        var known = ViewOf(2, Homography.Identity, [10, 12, 40, 44]);
        return new Batch(
            new ViewPair(known, known),
            new ViewPair(ViewOf(unlabelled, Homography.Identity, []), ViewOf(unlabelled, Homography.Identity, [])));
    }

    private static View ViewOf(int count, Homography map, float[] box)
    {
        ImageSize[] sizes = [.. Enumerable.Repeat(new ImageSize(Side - 4, Side), count)];
        return new View(
            new ImageBatch(randn(count, 3, Side, Side), sizes), [.. sizes.Select(_ => map)], sizes, [.. sizes.Select(_ => Truth(box))]);
    }

    // An object that fills its box.
    private static Instances Truth(float[] box)
    {
        var count = box.Length / 4;
        var masks = zeros([count, Side, Side], uint8);
        if (count > 0)
        {
            masks[0, (int)box[1]..(int)box[3], (int)box[0]..(int)box[2]] = 1;
        }

        return new Instances(tensor(box, [count, 4]), zeros(count, dtype: int64), Masks: masks);
    }
}
