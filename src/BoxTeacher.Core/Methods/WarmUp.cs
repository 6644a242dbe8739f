namespace BoxTeacher.Methods;

/// <summary>A factor that lets a loss come in late, by the number of the step, 0-based.</summary>
public delegate double WarmUpSchedule(long iteration);

/// <summary>The courses of the published recipes.</summary>
public static class WarmUp
{
    /// <summary>(t + 1) / steps, then 1. The published recipes use 10,000 steps for the pairwise and the pseudo losses alike.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static WarmUpSchedule Linear(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return t => double.Min(1, (t + 1.0) / steps);
    }

    /// <summary>1 from the first step on.</summary>
    public static double None(long iteration) => 1;
}
