using Xunit;

namespace BoxTeacher.Tests.Processes;

/// <summary>A test that starts processes by <c>mpirun</c>; skipped where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpirunFactAttribute : FactAttribute
{
    public MpirunFactAttribute() => Skip = Missing;

    /// <summary>Why such tests are skipped, or null.</summary>
    internal static string? Missing { get; } =
        Array.Exists(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Combine(folder, "mpirun")))
            ? null
            : "mpirun is not there; scripts/setup.sh mpi installs it";
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpirunTheoryAttribute : TheoryAttribute
{
    public MpirunTheoryAttribute() => Skip = MpirunFactAttribute.Missing;
}
