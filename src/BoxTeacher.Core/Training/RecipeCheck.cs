namespace BoxTeacher.Training;

/// <summary>The ranges that JSON types cannot state, in one list.</summary>
internal static class RecipeCheck
{
    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="RecipeException">The first key that is out of range, with its source.</exception>
    public static void Check(Recipe recipe, string source)
    {
        if (Problems(recipe).FirstOrDefault() is { } problem)
        {
            throw new RecipeException($"{source}: {problem}");
        }
    }

    private static IEnumerable<string> Problems(Recipe recipe) =>
        new[]
        {
            Budget(recipe.Budget), Solver(recipe.Solver), Augmentation(recipe.Augmentation), Detector(recipe.Detector), Teaching(recipe.Teaching),
        }
        .SelectMany(problems => problems)
        .OfType<string>();

    private static IEnumerable<string?> Budget(BudgetRecipe budget)
    {
        yield return Positive("budget.iterations", budget.Iterations);
        yield return Positive("budget.batchSize", budget.BatchSize);
        yield return Positive("budget.evaluateEvery", budget.EvaluateEvery);
        yield return Positive("budget.checkpointEvery", budget.CheckpointEvery);
    }

    private static IEnumerable<string?> Solver(SolverRecipe solver)
    {
        yield return Positive("solver.optimizer.learningRate", solver.Optimizer.LearningRate);
        yield return NotNegative("solver.optimizer.weightDecay", solver.Optimizer.WeightDecay);
        yield return NotNegative("solver.schedule.warmUp.iterations", solver.Schedule.WarmUp.Iterations);
        yield return Fraction("solver.schedule.warmUp.startFactor", solver.Schedule.WarmUp.StartFactor);
        yield return solver.ClipNorm is { } limit ? Positive("solver.clipNorm", limit) : null;
        if (solver.Optimizer is SgdRecipe sgd)
        {
            yield return Fraction("solver.optimizer.momentum", sgd.Momentum);
        }
        if (solver.Optimizer is AdamWRecipe adamW)
        {
            yield return Fraction("solver.optimizer.beta1", adamW.Beta1);
            yield return Fraction("solver.optimizer.beta2", adamW.Beta2);
        }
        if (solver.Schedule is MultiStepSchedule steps)
        {
            yield return Positive("solver.schedule.gamma", steps.Gamma);
            yield return steps.Steps.Zip(steps.Steps.Skip(1)).All(pair => pair.First < pair.Second) ? null : "solver.schedule.steps: must ascend";
        }
    }

    private static IEnumerable<string?> Augmentation(AugmentationRecipe augmentation)
    {
        yield return augmentation.Geometry.ShortEdges.Count > 0 && augmentation.Geometry.ShortEdges.All(edge => edge > 0)
            ? null
            : "augmentation.geometry.shortEdges: needs at least one length, all positive";
        yield return Positive("augmentation.geometry.maxSize", augmentation.Geometry.MaxSize);
        yield return Fraction("augmentation.geometry.flipProbability", augmentation.Geometry.FlipProbability);
        yield return Positive("augmentation.testShortEdge", augmentation.TestShortEdge);
        yield return Positive("augmentation.testMaxSize", augmentation.TestMaxSize);
        if (augmentation.Strong is { } strong)
        {
            yield return Fraction("augmentation.strong.jitter.probability", strong.Jitter.Probability);
            yield return NotNegative("augmentation.strong.jitter.brightness", strong.Jitter.Brightness);
            yield return NotNegative("augmentation.strong.jitter.contrast", strong.Jitter.Contrast);
            yield return NotNegative("augmentation.strong.jitter.saturation", strong.Jitter.Saturation);
            yield return strong.Jitter.Hue is >= 0 and <= 0.5 ? null : $"augmentation.strong.jitter.hue: must be in 0..0.5, not {strong.Jitter.Hue}";
            yield return Fraction("augmentation.strong.grayscale", strong.Grayscale);
        }
        if (augmentation.Strong?.Blur is { } blur)
        {
            yield return Fraction("augmentation.strong.blur.probability", blur.Probability);
            yield return blur.Kernel > 0 && blur.Kernel % 2 == 1 ? null : $"augmentation.strong.blur.kernel: must be odd, not {blur.Kernel}";
            yield return Positive("augmentation.strong.blur.minSigma", blur.MinSigma);
            yield return blur.MaxSigma >= blur.MinSigma ? null : "augmentation.strong.blur.maxSigma: must not be below minSigma";
        }
    }

    private static IEnumerable<string?> Detector(DetectorRecipe detector)
    {
        yield return detector.Pixels.Mean.Count == 3 ? null : "detector.pixels.mean: needs three numbers";
        yield return detector.Pixels.Std.Count == 3 && detector.Pixels.Std.All(value => value > 0)
            ? null
            : "detector.pixels.std: needs three positive numbers";
        if (detector is PublishedCondInst published)
        {
            yield return Positive("detector.maskFeatures", published.MaskFeatures);
            yield return Positive("detector.instancesPerImage", published.InstancesPerImage);
            foreach (var problem in Backbone(published.Backbone))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<string?> Backbone(BackboneRecipe backbone)
    {
        yield return backbone.Frozen is >= 0 and <= 5 ? null : $"detector.backbone.frozen: must be in 0..5, not {backbone.Frozen}";
        if (backbone is ResNetRecipe net)
        {
            yield return net.Depth is 50 or 101 ? null : $"detector.backbone.depth: must be 50 or 101, not {net.Depth}";
            yield return net.DeformableStages.All(stage => stage is >= 2 and <= 5) && net.DeformableStages.Distinct().Count() == net.DeformableStages.Count
                ? null
                : "detector.backbone.deformableStages: must be different numbers in 2..5";
        }
        if (backbone is SwinRecipe swin)
        {
            yield return Positive("detector.backbone.channels", swin.Channels);
            yield return swin.Depths.Count == 4 && swin.Depths.All(depth => depth > 0) ? null : "detector.backbone.depths: needs four positive numbers";
            yield return swin.Heads.Count == 4 && swin.Heads.Index().All(stage => stage.Item > 0 && (swin.Channels << stage.Index) % stage.Item == 0)
                ? null
                : "detector.backbone.heads: needs four positive numbers that divide the stages' channels";
            yield return swin.DropPath is >= 0 and < 1
                ? null
                : FormattableString.Invariant($"detector.backbone.dropPath: must be in 0..1 and below 1, not {swin.DropPath}");
        }
    }

    private static IEnumerable<string?> Teaching(TeachingRecipe teaching) => (teaching switch
    {
        BoxInstTeaching boxes => Pairwise(boxes.Pairwise),
        BoxTeacherTeaching boxes => Pairwise(boxes.Pairwise).Concat(PseudoMasks(boxes.PseudoMasks)).Concat(Teacher(boxes.Teacher)),
        _ => [],
    }).Append(teaching.MaxProposals is { } most ? Positive("teaching.maxProposals", most) : null);

    private static IEnumerable<string?> Pairwise(PairwiseRecipe pairwise)
    {
        yield return Positive("teaching.pairwise.dilation", pairwise.Dilation);
        yield return PositiveFraction("teaching.pairwise.colorThreshold", pairwise.ColorThreshold);
        yield return NotNegative("teaching.pairwise.warmUpIterations", pairwise.WarmUpIterations);
        yield return NotNegative("teaching.pairwise.bottomRows", pairwise.BottomRows);
    }

    private static IEnumerable<string?> PseudoMasks(PseudoMaskRecipe masks)
    {
        yield return Fraction("teaching.pseudoMasks.iouThreshold", masks.IouThreshold);
        yield return Fraction("teaching.pseudoMasks.scoreThreshold", masks.ScoreThreshold);
        yield return masks.MaskThreshold is { } threshold ? Fraction("teaching.pseudoMasks.maskThreshold", threshold) : null;
        yield return NotNegative("teaching.pseudoMasks.averageWeight", masks.AverageWeight);
        yield return NotNegative("teaching.pseudoMasks.maskWeight", masks.MaskWeight);
        yield return NotNegative("teaching.pseudoMasks.affinityWeight", masks.AffinityWeight);
        yield return masks.AffinityThreshold is { } affinity ? PositiveFraction("teaching.pseudoMasks.affinityThreshold", affinity) : null;
        yield return NotNegative("teaching.pseudoMasks.warmUpIterations", masks.WarmUpIterations);
    }

    private static IEnumerable<string?> Teacher(TeacherRecipe teacher)
    {
        yield return Fraction("teaching.teacher.momentumCap", teacher.MomentumCap);
        if (teacher.InputSize is { } size)
        {
            yield return Positive("teaching.teacher.inputSize.shortSide", size.ShortSide);
            yield return Positive("teaching.teacher.inputSize.longSide", size.LongSide);
        }
    }

    private static string? Positive(string key, double value) =>
        value > 0 && double.IsFinite(value) ? null : FormattableString.Invariant($"{key}: must be positive, not {value}");

    private static string? NotNegative(string key, double value) =>
        value >= 0 && double.IsFinite(value) ? null : FormattableString.Invariant($"{key}: must not be negative, is {value}");

    private static string? Fraction(string key, double value) =>
        value is >= 0 and <= 1 ? null : FormattableString.Invariant($"{key}: must be in 0..1, not {value}");

    private static string? PositiveFraction(string key, double value) =>
        value is > 0 and <= 1 ? null : FormattableString.Invariant($"{key}: must be above 0 and at most 1, not {value}");
}
