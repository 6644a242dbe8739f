namespace BoxTeacher.Workbench

open System

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

    // What Open MPI, MPICH with its kin, and Slurm's srun set.
    let private ranks = [ "OMPI_COMM_WORLD_RANK"; "PMI_RANK"; "SLURM_PROCID" ]
    let private counts = [ "OMPI_COMM_WORLD_SIZE"; "PMI_SIZE"; "SLURM_STEP_NUM_TASKS" ]
    let private onMachine = [ "OMPI_COMM_WORLD_LOCAL_SIZE"; "MPI_LOCALNRANKS"; "SLURM_STEP_TASKS_PER_NODE"; "SLURM_NTASKS_PER_NODE" ]

    /// The peers of an environment, on a machine with so many cores.
    let ofEnvironment (variable: string -> string option) cores =
        // Slurm says "4(x2),3" for machines with 4, 4 and 3 processes.
        let number name =
            variable name
            |> Option.bind (fun text ->
                match Int32.TryParse(text.Split('(', ',')[0]) with
                | true, number when number >= 0 -> Some number
                | _ -> None)

        // Slurm's variables of a batch script are there without srun as well, where one process has the machine.
        let isSet (name: string) = not (name.StartsWith "SLURM_") || (variable "SLURM_STEP_ID").IsSome
        let first names = names |> List.filter isSet |> List.tryPick number

        let share =
            match number "SLURM_CPUS_PER_TASK", first onMachine with
            | Some given, _ when (variable "SLURM_STEP_ID").IsSome -> min given cores
            | _, Some processes when processes > 0 -> cores / processes
            | _ -> cores

        { Rank = first ranks |> Option.defaultValue 0
          Count = first counts |> Option.defaultValue 1
          Cores = max 1 share }

    /// This process's peers.
    let own =
        lazy (ofEnvironment (Environment.GetEnvironmentVariable >> Option.ofObj) Environment.ProcessorCount)
