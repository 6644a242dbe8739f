using Xunit;

namespace BoxTeacher.Tests.Processes;

/// <summary>A test that starts processes with mpirun; skipped, and not passed, where Open MPI is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpirunFactAttribute : FactAttribute
{
    public MpirunFactAttribute() =>
        Skip = Array.Exists(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Combine(folder, "mpirun")))
            ? null
            : "mpirun is not there; scripts/setup.sh mpi installs it";
}
