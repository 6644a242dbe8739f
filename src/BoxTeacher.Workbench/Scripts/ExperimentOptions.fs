namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Training

/// What an experiment trains and evaluates on.
[<RequireQualifiedAccess>]
type DataChoice =
    /// Generated scenes of overlapping shapes.
    | Shapes
    /// The Penn-Fudan photos of pedestrians, from the folder of the unpacked archive.
    | PennFudan of source: string
    /// Files in COCO's format that the recipe names, under a name for reports. They are there already.
    | Files of name: string

/// What a person says on the command line of an experiment.
type ExperimentOptions =
    { Data: DataChoice
      /// Small budget and one seed unless they are given.
      Quick: bool
      /// None: the experiment's own number.
      Seeds: int option
      /// None: the recipe's own number.
      Iterations: int option
      /// Runs that train at a time.
      Parallel: int
      /// Threads of each run; None: the cores, shared among the runs side by side.
      Threads: int option
      /// None: the recipe's own.
      Device: DeviceName option
      /// The folder of report, results and runs.
      Out: string
      /// The folder that data sets are made in.
      DataRoot: string
      /// The command that was given, for the report.
      Command: string }

/// Reads the command lines of experiments.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ExperimentOptions =

    /// What --help prints.
    let help =
        """Options:
  --quick            a small budget and one seed, to see how it goes
  --data NAME        shapes (generated, the default) or pennfudan (photos)
  --source DIR       the unpacked archive PennFudanPed; default data/PennFudanPed
  --seeds N          train every variant with seeds 1 to N
  --iterations N     optimizer steps of a run; the learning rate and evaluations are scaled along
  --parallel N       runs that train side by side; default: one a processor core
  --threads N        threads of each run; default: all cores, shared among the runs side by side
  --device NAME      cpu, cuda or cuda:N
  --out DIR          where report, results and runs go; default runs/<name of the script>
  --data-root DIR    where data sets are made; default data
  --help             this text; say `dotnet fsi SCRIPT -- --help`
An experiment that was interrupted goes on where it stopped when it is started again with the same options."""

    let private count (option: string) (value: string) =
        match Int32.TryParse value with
        | true, number when number > 0 -> number
        | _ -> invalidArg option $"{option} takes a whole number above zero, not '{value}'"

    let private device (value: string) =
        try
            DeviceName.Parse value
        with :? FormatException as error ->
            invalidArg "--device" $"--device: {error.Message}"

    /// The options of a script, from its own name and what follows it on the command line.
    /// Raises ArgumentException that names the option.
    let parse (script: string) (arguments: string list) =
        let name = string (Path.GetFileNameWithoutExtension script)

        let quote (argument: string) = if argument.Contains ' ' then $"\"{argument}\"" else argument

        let start =
            { Data = DataChoice.Shapes
              Quick = false
              Seeds = None
              Iterations = None
              Parallel = Environment.ProcessorCount
              Threads = None
              Device = None
              Out = Path.Combine("runs", name)
              DataRoot = "data"
              Command = String.Join(' ', "dotnet fsi" :: script :: List.map quote arguments) }

        let rec read options data source rest =
            match rest with
            | [] ->
                match data, source with
                | None, None
                | Some "shapes", None -> options
                | Some "pennfudan", _ ->
                    let source = source |> Option.defaultWith (fun () -> Path.Combine(options.DataRoot, "PennFudanPed"))
                    { options with Data = DataChoice.PennFudan source }
                | Some other, _ when other <> "shapes" -> invalidArg "--data" $"--data takes shapes or pennfudan, not '{other}'"
                | _, Some _ -> invalidArg "--source" "--source goes with --data pennfudan; shapes are generated"
                | _ -> options
            | "--quick" :: rest -> read { options with Quick = true } data source rest
            | "--data" :: value :: rest -> read options (Some value) source rest
            | "--source" :: value :: rest -> read options data (Some value) rest
            | "--seeds" :: value :: rest -> read { options with Seeds = Some(count "--seeds" value) } data source rest
            | "--iterations" :: value :: rest -> read { options with Iterations = Some(count "--iterations" value) } data source rest
            | "--parallel" :: value :: rest -> read { options with Parallel = count "--parallel" value } data source rest
            | "--threads" :: value :: rest -> read { options with Threads = Some(count "--threads" value) } data source rest
            | "--device" :: value :: rest -> read { options with Device = Some(device value) } data source rest
            | "--out" :: value :: rest -> read { options with Out = value } data source rest
            | "--data-root" :: value :: rest -> read { options with DataRoot = value } data source rest
            | [ ("--data" | "--source" | "--seeds" | "--iterations" | "--parallel" | "--threads" | "--device" | "--out" | "--data-root") as option ] ->
                invalidArg option $"{option} needs a value"
            | other :: _ -> invalidArg other $"'{other}' is no option of this script"

        read start None None arguments

    /// The options of a notebook: results beside those of the experiments, under its name; the given seeds and iterations. The
    /// environment variable NOTEBOOK_STEPS takes the place of the iterations, with one seed, for a quick check that all of it
    /// runs; NOTEBOOK_DATA is another folder for data sets.
    let ofNotebook (name: string) seeds iterations =
        let variable (name: string) = Environment.GetEnvironmentVariable name |> Option.ofObj |> Option.filter (fun value -> value <> "")
        let steps = variable "NOTEBOOK_STEPS" |> Option.map (count "NOTEBOOK_STEPS")

        { Data = DataChoice.Shapes
          Quick = steps.IsSome
          Seeds = Some(if steps.IsSome then 1 else seeds)
          Iterations = Some(steps |> Option.defaultValue iterations)
          Parallel = Environment.ProcessorCount
          Threads = None
          Device = None
          Out = Path.Combine("..", "runs", "notebooks", (if steps.IsSome then "check" else "full"), name)
          DataRoot = variable "NOTEBOOK_DATA" |> Option.defaultValue (Path.Combine("..", "data"))
          Command = $"jupyter nbconvert --to notebook --execute {name}.ipynb" }
