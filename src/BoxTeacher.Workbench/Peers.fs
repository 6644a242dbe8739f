namespace BoxTeacher.Workbench

open System
open BoxTeacher.Processes

/// The processes that mpirun or srun started together with this one, as their environment says. Processes that were started one by one
/// know nothing of each other.
type Peers =
    { /// 0 for the first of them, and for a process by itself.
      Rank: int
      /// How many they are, on all machines.
      Count: int
      /// This process's share of the machine's cores, at least one.
      Cores: int }

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Peers =

    /// The peers of an environment, on a machine with so many cores: what Slurm gave this process of a step, or else an equal share.
    let ofEnvironment (variable: string -> string option) cores =
        let launch = Launch.Of(variable >> Option.toObj)

        let share =
            match variable "SLURM_STEP_ID", variable "SLURM_CPUS_PER_TASK" |> Option.map Int32.TryParse with
            | Some _, Some(true, given) -> min given cores
            | _ -> cores / max 1 launch.LocalSize

        { Rank = launch.Rank; Count = launch.Size; Cores = max 1 share }

    /// This process's peers.
    let own =
        lazy (ofEnvironment (Environment.GetEnvironmentVariable >> Option.ofObj) Environment.ProcessorCount)
