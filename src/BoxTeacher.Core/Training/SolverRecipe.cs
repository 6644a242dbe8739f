using System.Text.Json.Serialization;

namespace BoxTeacher.Training;

/// <summary>Which update rule turns gradients into steps. Weight decay is the same for all parameters, as published.</summary>
/// <param name="LearningRate">Base rate, before the schedule's factor.</param>
/// <param name="WeightDecay">For all parameters alike, norms and biases included.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SgdRecipe), "sgd")]
[JsonDerivedType(typeof(AdamWRecipe), "adamW")]
public abstract record OptimizerRecipe(double LearningRate, double WeightDecay);

/// <summary>Stochastic gradient descent with momentum; published: 0.01, 1e-4, 0.9.</summary>
/// <param name="LearningRate">Base rate.</param>
/// <param name="WeightDecay">Added to the gradient.</param>
/// <param name="Momentum">0..1.</param>
public sealed record SgdRecipe(double LearningRate, double WeightDecay, double Momentum) : OptimizerRecipe(LearningRate, WeightDecay);

/// <summary>AdamW (Loshchilov and Hutter 2019); published for Swin: 1e-4, 0.05.</summary>
/// <param name="LearningRate">Base rate.</param>
/// <param name="WeightDecay">Decoupled from the gradient.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
public sealed record AdamWRecipe(double LearningRate, double WeightDecay, double Beta1 = 0.9, double Beta2 = 0.999)
    : OptimizerRecipe(LearningRate, WeightDecay);

/// <summary>The solver.</summary>
/// <param name="Optimizer">The update rule.</param>
/// <param name="Schedule">The learning rate's course.</param>
/// <param name="ClipNorm">Gradients are scaled down to this 2-norm over all parameters; null: never (published).</param>
public sealed record SolverRecipe(OptimizerRecipe Optimizer, LearningRateSchedule Schedule, double? ClipNorm);
