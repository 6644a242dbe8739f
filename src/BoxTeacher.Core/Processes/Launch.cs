using System.Globalization;
using System.Runtime.InteropServices;

namespace BoxTeacher.Processes;

/// <summary>How this process was started beside others, as mpirun and srun tell in its environment.</summary>
/// <param name="Rank">Its number, from 0.</param>
/// <param name="Size">How many were started, on all machines.</param>
/// <param name="LocalRank">Its number on this machine, from 0.</param>
/// <param name="LocalSize">How many were started on this machine; all of them where the launcher does not tell.</param>
public readonly partial record struct Launch(int Rank, int Size, int LocalRank, int LocalSize)
{
    /// <summary>Started by itself.</summary>
    public static Launch Alone { get; } = new(0, 1, 0, 1);

    // Open MPI's mpirun; launchers by PMI (MPICH, Intel MPI); Slurm's srun, whose variables a batch script itself lacks.
    private static readonly (string Rank, string Size, string LocalRank, string LocalSize)[] Launchers =
    [
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
        ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
        ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", ""),
    ];

    /// <summary>Reads an environment.</summary>
    /// <param name="variable">The value of a variable; null: there is none.</param>
    public static Launch Of(Func<string, string?> variable)
    {
        foreach (var launcher in Launchers)
        {
            if (Number(launcher.Size) is { } size && Number(launcher.Rank) is { } rank && rank < size)
            {
                return new Launch(rank, size, Number(launcher.LocalRank) ?? rank, Number(launcher.LocalSize) ?? OfSlurm() ?? size);
            }
        }

        return Alone;

        int? Number(string name) =>
            int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        // "2(x3),1": two processes on each of three nodes, one on the fourth.
        int? OfSlurm() =>
            int.TryParse(
                variable("SLURM_STEP_TASKS_PER_NODE")?.Split('(', ',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
    }

    /// <summary>
    /// Gives each process of a machine a GPU of its own, as its only one and so as <c>cuda</c>, by CUDA_VISIBLE_DEVICES before CUDA begins.
    /// A variable that names one GPU already is left alone.
    /// </summary>
    public void ChooseGpu()
    {
        var visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")?.Split(',');
        if (Size > 1 && visible is not { Length: 1 })
        {
            // .NET's own SetEnvironmentVariable does not reach native libraries.
            var own = visible is null ? LocalRank.ToString(CultureInfo.InvariantCulture) : visible.ElementAtOrDefault(LocalRank) ?? "";
            _ = SetVariable("CUDA_VISIBLE_DEVICES", own, 1);
        }
    }

    /// <summary>The group of the processes that were started together; MPI is not touched where there is but one.</summary>
    /// <exception cref="IOException">Open MPI's library is missing, or is not the one that started the processes.</exception>
    public IProcessGroup Join() => Size == 1 ? ProcessGroups.One : new MpiGroup(this);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
