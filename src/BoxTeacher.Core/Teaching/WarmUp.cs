namespace BoxTeacher.Teaching;

/// <summary>
/// Factors that let a loss come in late, as functions of k, the number of the training step (the first is 1).
/// </summary>
public static class WarmUp
{
    /// <summary>k / steps, then 1. The published recipes use 10,000 steps for the pairwise and the pseudo losses alike.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static Func<long, double> Linear(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return k => double.Min(1, (double)k / steps);
    }

    /// <summary>1 from the first step on.</summary>
    public static double None(long k) => 1;
}
