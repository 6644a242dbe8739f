namespace BoxTeacher.Tests;

/// <summary>A property of 100 inputs, the same ones in every run; FSCHECK_REPLAY begins elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PropertyAttribute : FsCheck.Xunit.PropertyAttribute
{
    public PropertyAttribute() =>
        (QuietOnSuccess, Replay) = (true, Environment.GetEnvironmentVariable("FSCHECK_REPLAY") is { Length: > 0 } start ? start : "(7,1)");
}
