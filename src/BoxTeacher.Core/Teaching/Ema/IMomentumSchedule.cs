namespace BoxTeacher.Teaching.Ema;

/// <summary>How much of itself the teacher keeps at each step: teacher = m * teacher + (1 - m) * student.</summary>
public interface IMomentumSchedule
{
    /// <summary>m in [0, 1] before the step of that number (the first is 0).</summary>
    double At(long iteration);
}

/// <summary>The momentum schedules of the papers, and a way to bring one's own.</summary>
public static class Momentum
{
    /// <summary>
    /// min(cap, 1 - (1 + w) / (t + 1 + w)): the plain average of all students so far, until it becomes an exponential
    /// one. BoxTeacher uses cap 0.999 and w = 0, reaching the cap at t = 999.
    /// </summary>
    /// <param name="cap">Largest momentum.</param>
    /// <param name="warmUp">w: larger values let the teacher follow longer.</param>
    public static IMomentumSchedule Capped(double cap = 0.999, long warmUp = 0) =>
        From(t => double.Min(cap, 1 - (1.0 + warmUp) / (t + 1 + warmUp)));

    /// <summary>The same momentum at all steps.</summary>
    public static IMomentumSchedule Constant(double momentum) => From(_ => momentum);

    /// <summary>A schedule from a function of the step's number.</summary>
    public static IMomentumSchedule From(Func<long, double> momentum) => new Function(momentum);

    private sealed class Function(Func<long, double> momentum) : IMomentumSchedule
    {
        public double At(long iteration) => momentum(iteration);
    }
}
