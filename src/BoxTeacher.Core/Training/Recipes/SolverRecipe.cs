using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>Which update rule turns gradients into steps.</summary>
/// <param name="LearningRate">Base rate, before the schedule's factor.</param>
/// <param name="WeightDecay">For all parameters alike, unless an optimizer has another one for norms.</param>
public abstract record OptimizerRecipe(double LearningRate, double WeightDecay)
{
    /// <summary>The optimizer over the parameters that learn.</summary>
    public abstract OptimizerHelper Build(nn.Module network);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Positive("learningRate", LearningRate), RecipeProblems.NotNegative("weightDecay", WeightDecay));

    /// <summary>The parameters that learn.</summary>
    protected static IEnumerable<Parameter> Learning(nn.Module network) => network.parameters().Where(parameter => parameter.requires_grad);
}

/// <summary>Stochastic gradient descent with momentum; published: 0.01, 1e-4, 0.9.</summary>
/// <param name="LearningRate">Base rate.</param>
/// <param name="WeightDecay">Added to the gradient.</param>
/// <param name="Momentum">0..1.</param>
/// <param name="NormWeightDecay">
/// That of normalization layers in the place of <paramref name="WeightDecay"/>; published for detectron2's CenterMask: 0. Null: alike.
/// </param>
[RecipeKind("sgd")]
public sealed record SgdRecipe(double LearningRate, double WeightDecay, double Momentum, double? NormWeightDecay = null)
    : OptimizerRecipe(LearningRate, WeightDecay)
{
    /// <inheritdoc/>
    public override OptimizerHelper Build(nn.Module network)
    {
        if (NormWeightDecay is not { } ofNorms)
        {
            return optim.SGD(Learning(network), LearningRate, Momentum, weight_decay: WeightDecay);
        }

        var norms = network.modules().Where(module => module is GroupNorm or BatchNorm2d or LayerNorm).SelectMany(Learning)
            .ToHashSet<Tensor>(ReferenceEqualityComparer.Instance);
        SGD.ParamGroup Group(IEnumerable<Parameter> parameters, double decay) =>
            new(parameters, LearningRate, Momentum, weight_decay: decay);
        SGD.ParamGroup[] groups =
        [
            Group(Learning(network).Where(parameter => !norms.Contains(parameter)), WeightDecay),
            Group(Learning(network).Where(norms.Contains), ofNorms),
        ];
        return optim.SGD(groups, LearningRate, Momentum);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Fraction("momentum", Momentum),
            NormWeightDecay is { } decay ? RecipeProblems.NotNegative("normWeightDecay", decay) : null),
    ];
}

/// <summary>AdamW (Loshchilov and Hutter 2019); published for Swin: 1e-4, 0.05.</summary>
/// <param name="LearningRate">Base rate.</param>
/// <param name="WeightDecay">Decoupled from the gradient.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
[RecipeKind("adamW")]
public sealed record AdamWRecipe(double LearningRate, double WeightDecay, double Beta1 = 0.9, double Beta2 = 0.999)
    : OptimizerRecipe(LearningRate, WeightDecay)
{
    /// <inheritdoc/>
    public override OptimizerHelper Build(nn.Module network) =>
        optim.AdamW(Learning(network), LearningRate, Beta1, Beta2, weight_decay: WeightDecay);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
        [.. base.Problems(), .. RecipeProblems.Of(RecipeProblems.Fraction("beta1", Beta1), RecipeProblems.Fraction("beta2", Beta2))];
}

/// <summary>The solver.</summary>
/// <param name="Optimizer">The update rule.</param>
/// <param name="Schedule">The learning rate's course.</param>
/// <param name="ClipNorm">Gradients are scaled down to this 2-norm over all parameters; null: never (published).</param>
public sealed record SolverRecipe(OptimizerRecipe Optimizer, LearningRateSchedule Schedule, double? ClipNorm)
{
    /// <summary>The learning rate of each step of a run of so many iterations.</summary>
    public LearningRate LearningRate(int iterations) => iteration => Optimizer.LearningRate * Schedule.Factor(iteration, iterations);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() =>
    [
        .. RecipeProblems.In(("optimizer", Optimizer.Problems()), ("schedule", Schedule.Problems())),
        .. RecipeProblems.Of(ClipNorm is { } limit ? RecipeProblems.Positive("clipNorm", limit) : null),
    ];
}

/// <summary>The learning rate of a step by its number, 0-based.</summary>
public delegate double LearningRate(long iteration);

/// <summary>A linear rise of the learning rate: factor(i) = start (1 - i / n) + i / n for i &lt; n, then 1 (detectron2).</summary>
/// <param name="Iterations">Length n of the rise; 0 for none.</param>
/// <param name="StartFactor">Factor of iteration 0, 0..1; published: 0.001.</param>
public sealed record LearningRateWarmUp(int Iterations, double StartFactor)
{
    /// <summary>The factor of a 0-based iteration.</summary>
    public double Factor(long iteration)
    {
        if (iteration >= Iterations)
        {
            return 1;
        }
        var done = (double)iteration / Iterations;
        return StartFactor * (1 - done) + done;
    }
}

/// <summary>The learning rate as a pure function of the iteration: warm-up times decay, both factors of the base rate.</summary>
/// <param name="WarmUp">The rise at the beginning.</param>
public abstract record LearningRateSchedule(LearningRateWarmUp WarmUp)
{
    /// <summary>Factor of the base rate in a 0-based iteration of a run of <paramref name="total"/> iterations.</summary>
    public double Factor(long iteration, int total) => WarmUp.Factor(iteration) * Decay(iteration, total);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.NotNegative("warmUp.iterations", WarmUp.Iterations),
        RecipeProblems.Fraction("warmUp.startFactor", WarmUp.StartFactor));

    /// <summary>The factor without the warm-up.</summary>
    protected abstract double Decay(long iteration, int total);
}

/// <summary>Multiplied by gamma from each step on (detectron2's WarmupMultiStepLR, all published configurations).</summary>
/// <param name="WarmUp">The rise at the beginning.</param>
/// <param name="Steps">0-based iterations, ascending; published 1x: 60,000 and 80,000.</param>
/// <param name="Gamma">Factor of each step; published: 0.1.</param>
[RecipeKind("multiStep")]
public sealed record MultiStepSchedule(LearningRateWarmUp WarmUp, IReadOnlyList<int> Steps, double Gamma) : LearningRateSchedule(WarmUp)
{
    /// <inheritdoc/>
    protected override double Decay(long iteration, int total) => Math.Pow(Gamma, Steps.Count(step => step <= iteration));

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("gamma", Gamma),
            Steps.Zip(Steps.Skip(1)).All(pair => pair.First < pair.Second) ? null : "steps: must ascend"),
    ];
}

/// <summary>Half a cosine from 1 at the first iteration to 0 after the last (SGDR, Loshchilov and Hutter 2017, without restarts).</summary>
/// <param name="WarmUp">The rise at the beginning.</param>
[RecipeKind("cosine")]
public sealed record CosineSchedule(LearningRateWarmUp WarmUp) : LearningRateSchedule(WarmUp)
{
    /// <inheritdoc/>
    protected override double Decay(long iteration, int total) => 0.5 * (1 + Math.Cos(Math.PI * iteration / total));
}
