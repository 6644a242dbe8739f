using BoxTeacher.Backbones;
using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Teaching;
using BoxTeacher.Teaching.Affinity;
using BoxTeacher.Teaching.Ema;
using BoxTeacher.Teaching.Methods;
using BoxTeacher.Teaching.PseudoMasks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>From a recipe's data to objects: one plain function per part.</summary>
public static class Build
{
    /// <summary>The data set to learn from.</summary>
    /// <param name="recipe">Its paths.</param>
    /// <param name="root">The folder that they are relative to.</param>
    public static InstanceDataset TrainingData(DatasetRecipe recipe, string root) =>
        CocoReader.Read(Path.Combine(root, recipe.TrainAnnotations), Path.Combine(root, recipe.TrainImages));

    /// <summary>The data set to evaluate on.</summary>
    /// <param name="recipe">Its paths.</param>
    /// <param name="root">The folder that they are relative to.</param>
    public static InstanceDataset ValidationData(DatasetRecipe recipe, string root) =>
        CocoReader.Read(Path.Combine(root, recipe.ValidationAnnotations), Path.Combine(root, recipe.ValidationImages));

    /// <summary>A detector with random weights that depend on the seed alone, also when other threads build theirs.</summary>
    /// <param name="recipe">Which one.</param>
    /// <param name="classes">Number of categories.</param>
    /// <param name="seed">Of the initial weights.</param>
    public static CondInst Detector(DetectorRecipe recipe, int classes, long seed) => ModelInitialization.Run(seed, () => recipe switch
    {
        SmallCondInst => CondInst.Small(classes),
        PublishedCondInst published => CondInst.Published(
            Backbone(published.Backbone), classes, maskFeatures: published.MaskFeatures, instancesPerImage: published.InstancesPerImage),
        _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "unknown detector"),
    });

    private static Backbone Backbone(BackboneRecipe recipe) => recipe switch
    {
        ResNetRecipe net => ResNet.Bottleneck(
            net.Depth, net.StrideInFirst, net.Frozen, deformable: [.. Enumerable.Range(2, 4).Select(net.DeformableStages.Contains)]),
        SwinRecipe swin => new SwinTransformer(swin.Channels, swin.Depths, swin.Heads, dropPath: swin.DropPath, frozen: swin.Frozen),
        _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "unknown backbone"),
    };

    /// <summary>The batches of a run.</summary>
    /// <param name="recipe">Augmentation, batch size, seed, and which labels may be seen.</param>
    /// <param name="dataset">Images without any usable label are left out, as published.</param>
    /// <exception cref="RecipeException">No image has a label.</exception>
    public static BatchLoader Loader(Recipe recipe, InstanceDataset dataset)
    {
        var images = dataset.Images.Where(image => image.Annotations.Any(annotation => !annotation.IsCrowd)).ToList();
        if (images.Count == 0)
        {
            throw new RecipeException($"{recipe.Dataset.TrainAnnotations}: no image has a label to learn from");
        }
        var seed = new RandomStream((ulong)recipe.Seed);
        var order = seed.Split(0).NextBits();
        return new BatchLoader(
            images,
            recipe.Dataset.GroupByAspect
                ? BatchOrder.GroupedByAspect([.. images.Select(image => image.Width > image.Height)], recipe.Budget.BatchSize, order)
                : BatchOrder.Shuffled(images.Count, recipe.Budget.BatchSize, order),
            new SampleMaker(recipe.Augmentation.Geometry, recipe.Augmentation.Strong, recipe.Teaching.Supervision),
            recipe.Detector.Pixels,
            seed.Split(1).NextBits());
    }

    /// <summary>What layers with random numbers draw from, to be split by step and layer.</summary>
    internal static RandomStream LayerRandom(Recipe recipe) => new RandomStream((ulong)recipe.Seed).Split(2);

    /// <summary>The optimizer over the parameters that learn, one group, the same weight decay for all.</summary>
    public static OptimizerHelper Optimizer(OptimizerRecipe recipe, nn.Module network)
    {
        var parameters = network.parameters().Where(parameter => parameter.requires_grad);
        return recipe switch
        {
            SgdRecipe sgd => optim.SGD(parameters, sgd.LearningRate, sgd.Momentum, weight_decay: sgd.WeightDecay),
            AdamWRecipe adam => optim.AdamW(parameters, adam.LearningRate, adam.Beta1, adam.Beta2, weight_decay: adam.WeightDecay),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "unknown optimizer"),
        };
    }

    /// <summary>The method with its networks; the caller disposes it.</summary>
    /// <param name="recipe">Detector, teaching and seed.</param>
    /// <param name="classes">Number of categories.</param>
    /// <param name="root">The folder that a weights file of the recipe is relative to.</param>
    /// <param name="parts">Parts that take the place of the recipe's; null: none.</param>
    /// <param name="began">Told what came of the recipe's weights file, if it names one.</param>
    /// <exception cref="ArgumentException">A part is given that the teaching has no place for.</exception>
    /// <exception cref="InvalidDataException">The weights file is damaged, or holds nothing for this network.</exception>
    /// <exception cref="IOException">The weights file is missing or cannot be read.</exception>
    public static ITeachingMethod Method(Recipe recipe, int classes, string root = ".", MethodParts? parts = null, Action<WeightsReport>? began = null)
    {
        parts ??= MethodParts.None;
        parts.Check(recipe.Teaching);
        var student = Detector(recipe.Detector, classes, recipe.Seed);
        if (recipe.Detector is PublishedCondInst { Weights: { } weights })
        {
            var report = ModelFile.Begin(Path.Combine(root, weights), student);
            began?.Invoke(report);
        }
        return recipe.Teaching switch
        {
            CondInstTeaching => new CondInstMethod(student, FcosLoss.Published, Proposals(recipe)),
            BoxInstTeaching boxes => new BoxInstMethod(
                student, FcosLoss.Published, BoxSupervision(boxes.Pairwise, parts), Pairs(boxes.Pairwise), boxes.Pairwise.BottomRows,
                Proposals(recipe)),
            BoxTeacherTeaching boxes => BoxTeacher(boxes, student, Detector(recipe.Detector, classes, recipe.Seed), parts, Proposals(recipe)),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe.Teaching, "unknown method"),
        };
    }

    private static BoxTeacherMethod BoxTeacher(BoxTeacherTeaching recipe, CondInst student, CondInst teacher, MethodParts parts, ProposalLimit? proposals)
    {
        var (masks, ema) = (recipe.PseudoMasks, recipe.Teacher);
        return new BoxTeacherMethod(
            student,
            teacher,
            new EmaTeacher(teacher, student, parts.Momentum ?? Schedule(ema), ema.Buffers),
            new PseudoLabeller(parts.Assignment ?? Assignment(masks), parts.Confidence ?? Confidence(masks.Confidence), masks.MaskThreshold, ema.InputSize),
            FcosLoss.Published,
            BoxSupervision(recipe.Pairwise, parts),
            new PseudoMaskSupervision(
                parts.MaskAffinity ?? Affinity(masks),
                masks.MaskWeight,
                masks.AffinityWeight,
                masks.AverageWeight,
                Rise(masks.WarmUpIterations),
                masks.Normaliser == NormaliserForm.Count ? ConfidenceNormaliser.Count : ConfidenceNormaliser.Sum),
            Pairs(recipe.Pairwise),
            ema.Mode,
            recipe.Pairwise.BottomRows,
            proposals);
    }

    private static ProposalLimit? Proposals(Recipe recipe) => recipe.Teaching.MaxProposals is { } most ? new ProposalLimit(most, recipe.Seed) : null;

    private static IMomentumSchedule Schedule(TeacherRecipe recipe) =>
        recipe.Momentum == MomentumForm.Rising ? Momentum.Capped(recipe.MomentumCap) : Momentum.Constant(recipe.MomentumCap);

    private static IAffinitySource Affinity(PseudoMaskRecipe recipe)
    {
        IAffinitySource affinity = new MaskAffinity(MaskSmoothing.Mean3x3);
        return recipe.AffinityThreshold is { } threshold ? affinity.AtLeast(threshold) : affinity;
    }

    private static GreedyAssignment Assignment(PseudoMaskRecipe recipe) => recipe.Assignment == AssignmentForm.Published
        ? GreedyAssignment.Published(recipe.IouThreshold, recipe.ScoreThreshold)
        : GreedyAssignment.OneToOne(recipe.IouThreshold, recipe.ScoreThreshold);

    private static IConfidenceScore Confidence(ConfidenceForm form) => form switch
    {
        ConfidenceForm.Published => ConfidenceScore.Published,
        ConfidenceForm.Paper => ConfidenceScore.Paper,
        _ => ConfidenceScore.Off,
    };

    private static BoxSupervision BoxSupervision(PairwiseRecipe recipe, MethodParts parts) =>
        new(parts.ColorAffinity ?? new ColourAffinity().AtLeast(recipe.ColorThreshold), Rise(recipe.WarmUpIterations));

    private static PixelPairs Pairs(PairwiseRecipe recipe) => new(dilation: recipe.Dilation);

    private static Func<long, double> Rise(int iterations) => iterations == 0 ? WarmUp.None : WarmUp.Linear(iterations);
}
