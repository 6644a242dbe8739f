using System.Text.Json.Serialization;

namespace BoxTeacher.Training;

/// <summary>A linear rise of the learning rate: factor(i) = start (1 - i / n) + i / n for i &lt; n, then 1 (detectron2).</summary>
/// <param name="Iterations">Length n of the rise; 0 for none.</param>
/// <param name="StartFactor">Factor of iteration 0, 0..1; published: 0.001.</param>
public sealed record LearningRateWarmUp(int Iterations, double StartFactor)
{
    /// <summary>The factor of a 0-based iteration.</summary>
    public double Factor(int iteration)
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
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(MultiStepSchedule), "multiStep")]
[JsonDerivedType(typeof(CosineSchedule), "cosine")]
public abstract record LearningRateSchedule(LearningRateWarmUp WarmUp)
{
    /// <summary>Factor of the base rate in a 0-based iteration of a run of <paramref name="total"/> iterations.</summary>
    public double Factor(int iteration, int total) => WarmUp.Factor(iteration) * Decay(iteration, total);

    /// <summary>The factor without the warm-up.</summary>
    protected abstract double Decay(int iteration, int total);
}

/// <summary>Multiplied by gamma from each step on (detectron2's WarmupMultiStepLR, all published configurations).</summary>
/// <param name="WarmUp">The rise at the beginning.</param>
/// <param name="Steps">0-based iterations, ascending; published 1x: 60,000 and 80,000.</param>
/// <param name="Gamma">Factor of each step; published: 0.1.</param>
public sealed record MultiStepSchedule(LearningRateWarmUp WarmUp, IReadOnlyList<int> Steps, double Gamma) : LearningRateSchedule(WarmUp)
{
    /// <inheritdoc/>
    protected override double Decay(int iteration, int total) => Math.Pow(Gamma, Steps.Count(step => step <= iteration));
}

/// <summary>Half a cosine from 1 at the first iteration to 0 after the last (SGDR, Loshchilov and Hutter 2017, without restarts).</summary>
/// <param name="WarmUp">The rise at the beginning.</param>
public sealed record CosineSchedule(LearningRateWarmUp WarmUp) : LearningRateSchedule(WarmUp)
{
    /// <inheritdoc/>
    protected override double Decay(int iteration, int total) => 0.5 * (1 + Math.Cos(Math.PI * iteration / total));
}
