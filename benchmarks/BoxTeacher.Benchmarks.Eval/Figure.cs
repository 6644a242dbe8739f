namespace BoxTeacher.Benchmarks.Eval;

/// <summary>One measured figure beside its target; the ratio is at most 1 where the target is met.</summary>
internal sealed record Figure(string Name, double Value, double Target, double Ratio)
{
    public static Figure AtMost(string name, double value, double target) => new(name, value, target, value / target);

    public static Figure AtLeast(string name, double value, double target) => new(name, value, target, target / value);
}
