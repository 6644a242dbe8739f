using BoxTeacher.Augmentation;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The default device belongs to the process: whoever changes it is alone.</summary>
[CollectionDefinition(nameof(DefaultDevice), DisableParallelization = true)]
public sealed class DefaultDevice;

/// <summary>
/// Every tensor is made on the device of those that it meets. Here these are on the CPU, while what is made without a device lands on META,
/// which has no values: the first operation that joins the two fails.
/// </summary>
[Collection(nameof(DefaultDevice))]
public sealed class DeviceTests : IDisposable
{
    private readonly SceneFolder scenes = new(4);

    public static TheoryData<string> Methods => ["boxTeacher", "boxTeacher, all switches", "boxInst", "supervised", "staged", "random masks", "faster R-CNN", "mask R-CNN", "softTeacher", "softTeacher, all switches", "politeTeacher", "politeTeacher, all switches"];

    public static TheoryData<string> Backbones => ["resNet", "deformable", "swin"];

    public void Dispose() => scenes.Dispose();

    [Fact]
    public void A_tensor_without_a_device_is_found()
    {
        using var scope = NewDisposeScope();
        var here = ones(2);

        Elsewhere(() =>
        {
            Assert.ThrowsAny<Exception>(() => HostValues.Floats(here + ones(2)));
            Tensor[] made =
            [
                zeros(1), ones([1]), full(1, 2f), empty(1), arange(3), linspace(0, 1, 3), rand(2), randn(2), tensor(1f), tensor(new[] { 1f }),
                tensor(new long[] { 1 }, [1]), tensor([1.0], dtype: float32),
            ];
            Assert.All(made, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        });
        Assert.Equal([2f, 2f], HostValues.Floats(here + ones(2)));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_step_stays_where_its_networks_are(string kind)
    {
        var recipe = Small(kind);
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        FindEverything(method.Student);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        Elsewhere(() =>
        {
            var batches = TrainingRun.Batches(recipe, scenes.Dataset, CPU, recipe.Dataset.Unlabelled is null ? null : scenes.Dataset)(0);
            // The second step of the staged method is of its second stage.
            foreach (var (iteration, batch) in batches.Take(2).Index())
            {
                Learn(method, optimizer, batch, iteration);
            }

            if (method.PseudoLabelling is { } labelling)
            {
                var batch = batches.First();
                labelling.Label((batch.Unlabelled ?? batch.Labelled).Weak);
            }
        });
    }

    /// <summary>One wait per stage, however many images there are; those of fused kernels are no waits, since the CPU has them alone.</summary>
    [Theory]
    [InlineData("supervised", 2, 1)]
    [InlineData("boxInst", 4, 1)]
    [InlineData("boxTeacher", 2, 4)]
    [InlineData("boxTeacher", 4, 4)]
    [InlineData("faster R-CNN", 2, 4)]
    [InlineData("faster R-CNN", 4, 4)]
    public void A_step_waits_for_the_device_once_per_stage(string kind, int images, int most)
    {
        var recipe = Small(kind) with { Budget = new BudgetRecipe(2, images, 100, 100) };
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        FindEverything(method.Student);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        var batch = TrainingRun.Batches(recipe, scenes.Dataset, CPU)(0).First();
        var waits = new List<string>();
        using (HostValues.Listen(copy =>
        {
            if (copy.Direction == CopyDirection.ToHost && !copy.Place.StartsWith("FusedKernels", StringComparison.Ordinal))
            {
                waits.Add(copy.Place);
            }
        }))
        {
            Learn(method, optimizer, batch, 0);
        }

        Assert.True(waits.Count <= most, string.Join(", ", waits));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_step_of_a_lower_precision_stays_there_and_teaches_the_same_weights(string kind)
    {
        var taught = Taught(kind, Precision.Float32);

        Assert.All([Precision.Bfloat16, Precision.Float16], precision => Assert.Equal(taught, Taught(kind, precision)));
    }

    [Theory]
    [MemberData(nameof(Backbones))]
    public void A_step_on_other_backbones_stays_there_too(string kind)
    {
        var recipe = Small("boxTeacher");
        using var scope = NewDisposeScope();
        var (student, teacher) = (Tiny(kind), Tiny(kind));
        FindEverything(student);
        var supervision = new BoxSupervision(Affinity.Color.AtLeast(0.3), WarmUp.None, new PixelPairs());
        using var method = new BoxTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()),
            new PseudoLabeller(Assignment.OneToOne(0.1), Confidence.Published, 0.1), supervision, PseudoMaskSupervision.Published);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        Elsewhere(() =>
        {
            foreach (var (iteration, batch) in TrainingRun.Batches(recipe, scenes.Dataset, CPU)(0).Take(2).Index())
            {
                Learn(method, optimizer, batch, iteration);
                method.Teacher.Precision = Precision.Bfloat16;
                Learn(method, optimizer, batch, iteration, Precision.Bfloat16);
            }
        });
    }

    [Theory]
    [InlineData("small")]
    [InlineData("faster R-CNN")]
    [InlineData("mask R-CNN")]
    [InlineData("centerMask")]
    [MemberData(nameof(Backbones))]
    public void Detections_stay_where_the_network_is(string kind)
    {
        using var scope = NewDisposeScope();
        using Detector network = kind switch
        {
            "small" => CondInst.Small(2),
            "centerMask" => CenterMask.Small(2),
            "faster R-CNN" or "mask R-CNN" => FasterRcnn.Small(2, masks: kind == "mask R-CNN"),
            _ => Tiny(kind),
        };
        FindEverything(network);
        Elsewhere(() =>
        {
            // Half the size of the files, so that masks are enlarged.
            var inference = new Inference(network, PixelNormalization.CaffeBgrUnitScale, 32, 32);
            Assert.NotEmpty(inference.Detect(scenes.Dataset));
            Assert.Equal(network.HasMasks, inference.Evaluate(scenes.Dataset).Mask is not null);
            var batch = TrainingRun.Batches(Small("supervised"), scenes.Dataset, CPU)(0).First().Labelled.Weak.Images;
            Assert.All(network.Detect(batch), Assert.NotEmpty);
            using var reduced = Precision.Bfloat16.On(CPU);
            Assert.All(network.Detect(batch), Assert.NotEmpty);
        });
    }

    [Fact]
    public void Instances_stay_where_they_are()
    {
        using var scope = NewDisposeScope();
        var instances = new Instances(tensor(new float[] { 1, 1, 5, 5 }, [1, 4]), zeros(1, int64), ones(1), ones(1, 8, 8));

        Elsewhere(() =>
        {
            var moved = instances.Transport(Homography.HorizontalFlip(8), new ImageSize(8, 8));
            Assert.Equal([3f, 1f, 7f, 5f], HostValues.Floats(moved.Boxes));
        });
    }

    [Fact]
    public void Masks_within_boxes_and_erased_patches_stay_where_they_are()
    {
        using var scope = NewDisposeScope();
        var boxes = tensor(new float[] { 1, 1, 5, 5, 2, 2, 6, 6 }, [2, 4]);
        Outline square = new([[1, 1, 5, 1, 5, 5, 1, 5]]);
        var (truth, index) = (new Instances(boxes, arange(2), Masks: ones(2, 8, 8), Outlines: [square, null]), arange(2));

        Elsewhere(() =>
        {
            Assert.Equal([1, 0.25f], HostValues.Floats(RoiMaskForms.Outlines(truth, boxes, index, 4).Visible));
            Assert.Empty(HostValues.Floats(RoiMaskForms.Outlines(truth, boxes[..0], index[..0], 4).Targets));
            Assert.Same(square, Assert.Single(truth.Select(index[..1]).Outlines!));
            Assert.Equal(6, HostValues.Longs(PixelRectangle.Union([new(1, 2, 2, 3)], new(4, 5), CPU)).Sum());
        });
    }

    // The parameters that have gradients after two steps.
    private HashSet<string> Taught(string kind, Precision precision)
    {
        var recipe = Small(kind) with { Precision = PrecisionRecipe.Of(precision) };
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        FindEverything(method.Student);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        Elsewhere(() =>
        {
            var batches = TrainingRun.Batches(recipe, scenes.Dataset, CPU, recipe.Dataset.Unlabelled is null ? null : scenes.Dataset)(0);
            foreach (var (iteration, batch) in batches.Take(2).Index())
            {
                Learn(method, optimizer, batch, iteration, precision);
            }
        });
        var gradients = method.Student.named_parameters().Where(entry => entry.parameter.grad is not null).ToList();
        Assert.All(gradients, entry => Assert.Equal(float32, entry.parameter.grad!.dtype));
        Assert.All(gradients, entry => Assert.True(entry.parameter.grad!.isfinite().all().item<bool>(), entry.name));
        return [.. gradients.Select(entry => entry.name)];
    }

    private static void Learn(
        ITrainingMethod method, TorchSharp.Modules.OptimizerHelper optimizer, Batch batch, long iteration,
        Precision precision = Precision.Float32)
    {
        method.Student.zero_grad();
        method.BeforeStep(iteration);
        Tensor total;
        using (precision.On(CPU))
        {
            total = method.Losses(batch, Step.Of(iteration, new RandomStream(1))).Total();
        }

        total.backward();
        nn.utils.clip_grad_norm_(method.Student.parameters(), 5);
        optimizer.step();
        method.AfterStep(iteration);
        Assert.True(float.IsFinite(total.item<float>()));
    }

    /// <summary>Sure of itself everywhere, so that there are masks.</summary>
    private static void FindEverything(Detector network)
    {
        using var gradients = no_grad();
        var bias = network.named_parameters().Single(entry => entry.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)
            || entry.name.EndsWith("cls_score.bias", StringComparison.Ordinal)).parameter;
        // The last class of a softmax is background.
        (network is FasterRcnn ? bias.narrow(0, 0, bias.size(0) - 1) : bias).fill_(1);
    }

    private static CondInst Tiny(string kind) => CondInst.Published(
        kind switch
        {
            "resNet" => ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1),
            "deformable" => ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1, deformable: [false, true, true, true]),
            _ => new SwinTransformer(4, [1, 2, 1, 1], [1, 1, 2, 2], window: 3, dropPath: 0.5),
        },
        classes: 2, channels: 32, maskChannels: 2, maskFeatures: 2, convolutions: 1);

    private static Recipe Small(string kind)
    {
        if (kind.StartsWith("softTeacher", StringComparison.Ordinal))
        {
            return SoftTeacherScenes.Small(2) with
            {
                Method = kind == "softTeacher" ? SoftTeacherScenes.Method : SoftTeacherScenes.OtherMethod,
                Detector = new SmallFasterRcnn(PixelNormalization.CaffeBgrUnitScale) { Masks = kind != "softTeacher" },
            };
        }

        if (kind.StartsWith("politeTeacher", StringComparison.Ordinal))
        {
            // The second step of two is of the second stage.
            return kind == "politeTeacher"
                ? PoliteTeacherScenes.Staged(2, PoliteTeacherScenes.Method)
                : PoliteTeacherScenes.Mutual(2) with { Method = PoliteTeacherScenes.OtherMethod };
        }

        var boxTeacher = (BoxTeacherRecipe)Recipes.ShapesBoxTeacher.Method;
        // Overlap is hardly asked for, so that the untrained teacher's masks are assigned.
        boxTeacher = boxTeacher with { PseudoMasks = boxTeacher.PseudoMasks with { IouThreshold = 0.05 } };
        MethodRecipe method = kind switch
        {
            "boxTeacher" => boxTeacher,
            "boxTeacher, all switches" => boxTeacher with
            {
                PseudoMasks = boxTeacher.PseudoMasks with
                {
                    Confidence = ConfidenceForm.Paper, Assignment = AssignmentForm.OneToOne, MaskThreshold = null, AffinityThreshold = null,
                    AverageWeight = 0.1, Normalizer = NormalizerForm.Confidence,
                },
                Teacher = boxTeacher.Teacher with
                {
                    Mode = TeacherMode.Inference, Buffers = TeacherBuffers.Averaged, InputSize = new TeacherSize(96, 96),
                },
            },
            "supervised" or "mask R-CNN" => new SupervisedRecipe(Supervision.Masks),
            "faster R-CNN" => new SupervisedRecipe(Supervision.Boxes),
            "staged" => new StagedRecipe([new StageRecipe(0, Recipes.ShapesBoxInst.Method), new StageRecipe(0.5, boxTeacher, RestartsStudent: true)]),
            _ => Recipes.ShapesBoxInst.Method,
        };
        var recipe = Recipes.ShapesBoxTeacher with
        {
            Method = method,
            Augmentation = (SharedGeometryViews)Recipes.ShapesBoxTeacher.Augmentation with { Geometry = new GeometryAugmentation([48, 64], 64, 0.5) },
            Budget = new BudgetRecipe(2, 2, 100, 100),
        };
        if (kind is "faster R-CNN" or "mask R-CNN")
        {
            return recipe with { Detector = new SmallFasterRcnn(PixelNormalization.CaffeBgrUnitScale) { Masks = kind == "mask R-CNN" } };
        }

        return kind == "random masks" ? recipe.With(recipe => ((CondInstRecipe)recipe.Detector).MaxProposals, 3) : recipe;
    }

    private static void Elsewhere(Action work)
    {
        set_default_device(META);
        try
        {
            work();
        }
        finally
        {
            set_default_device(CPU);
        }
    }
}
