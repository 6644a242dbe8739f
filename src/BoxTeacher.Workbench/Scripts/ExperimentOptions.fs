namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Files
open BoxTeacher.Training

/// Files of one's own in COCO's format, as full paths.
type OwnData =
    { TrainAnnotations: string
      TrainImages: string
      ValidationAnnotations: string
      ValidationImages: string
      /// A file that lists unlabelled images, and their folder; None: there are none.
      Unlabelled: (string * string) option }

/// A command line is wrong; the message names the option.
type CommandLineException(message: string) =
    inherit Exception(message)

/// What an experiment trains and evaluates on.
[<RequireQualifiedAccess>]
type DataChoice =
    /// Generated scenes of overlapping shapes.
    | Shapes
    /// The Penn-Fudan photos of pedestrians, from the folder of the unpacked archive.
    | PennFudan of source: string
    /// Files in COCO's format that the recipe names, under a name for reports. They are there already.
    | Files of name: string
    /// Files of one's own, by the recipe of another choice.
    | Own of data: OwnData * like: DataChoice

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
      /// File of weights that all networks begin with; None: the recipe's own, or random ones.
      Weights: string option
      /// How long the work of a process that is heard of no more stays its own; the same for all that share the runs.
      Takeover: TimeSpan
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
  --train-json FILE --train-images DIR --val-json FILE --val-images DIR
                     data of your own in COCO's format, all four; learned from by the recipe of --data
  --unlabelled-json FILE --unlabelled-images DIR
                     unlabelled images beside them, both (boxteacher data split makes the files)
  --seeds N          train every variant with seeds 1 to N
  --iterations N     optimizer steps of a run; evaluations and the rate's steps keep their share, warm-ups stay
  --parallel N       runs that train side by side in this process; default: one per processor core that it has
  --threads N        threads of each run; default: all cores, shared among the processes that mpirun or srun
                     started here and their runs side by side
  --device NAME      cpu, cuda or cuda:N
  --weights FILE     weights that all variants begin with, such as a run's model.safetensors
  --takeover N       seconds without a heartbeat after which the run of another process is taken over; default 60
  --out DIR          where report, results and runs go; default runs/<name of the script>; processes that are started with the
                     same one, on any machines, share the runs
  --data-root DIR    where data sets are made; default data
  --help             this text; say `dotnet fsi SCRIPT -- --help`
An experiment that was interrupted goes on where it stopped when it is started again with the same options."""

    let private wrong message = raise (CommandLineException message)

    let private count (option: string) (value: string) =
        match Int32.TryParse value with
        | true, number when number > 0 -> number
        | _ -> wrong $"{option} takes a whole number above zero, not '{value}'"

    let private device (value: string) =
        try
            DeviceName.Parse value
        with :? FormatException as error ->
            wrong $"--device: {error.Message}"

    let private ownFiles = [ "--train-json"; "--train-images"; "--val-json"; "--val-images" ]
    let private unlabelledFiles = [ "--unlabelled-json"; "--unlabelled-images" ]

    // Options that take a value.
    let private valued =
        [ "--data"; "--source"; "--seeds"; "--iterations"; "--parallel"; "--threads"; "--device"; "--weights"; "--takeover"; "--out"; "--data-root" ] @ ownFiles @ unlabelledFiles

    let rec private read (given: Map<string, string>) arguments =
        match arguments with
        | [] -> given
        | "--quick" :: rest -> read (given.Add("--quick", "")) rest
        | option :: value :: rest when List.contains option valued -> read (given.Add(option, value)) rest
        | [ option ] when List.contains option valued -> wrong $"{option} needs a value"
        | other :: _ -> wrong $"'{other}' is no option of this script"

    let private made root data source =
        match data, source with
        | (None | Some "shapes"), None -> DataChoice.Shapes
        | Some "pennfudan", source ->
            DataChoice.PennFudan(source |> Option.defaultWith (fun () -> Path.Combine(root, "PennFudanPed")))
        | (None | Some "shapes"), Some _ -> wrong "--source goes with --data pennfudan; shapes are generated"
        | Some other, _ -> wrong $"--data takes shapes or pennfudan, not '{other}'"

    // The files of some options, all of which are given or none.
    let private together (value: string -> string option) options =
        match options |> List.tryFind (value >> Option.isNone) with
        | None -> Some [ for option in options -> Path.GetFullPath (value option).Value ]
        | Some _ when options |> List.forall (value >> Option.isNone) -> None
        | Some missing -> wrong $"""{missing} is missing; data of your own are named by {String.Join(", ", options)} together"""

    let private ownOr (like: DataChoice) (value: string -> string option) =
        match together value ownFiles, together value unlabelledFiles with
        | Some [ trainJson; trainImages; valJson; valImages ], unlabelled ->
            let data =
                { TrainAnnotations = trainJson
                  TrainImages = trainImages
                  ValidationAnnotations = valJson
                  ValidationImages = valImages
                  Unlabelled = unlabelled |> Option.map (fun files -> files[0], files[1]) }

            DataChoice.Own(data, like)
        | _, Some _ -> wrong $"""{unlabelledFiles.Head} goes with {String.Join(", ", ownFiles)}"""
        | _ -> like

    /// The options of a script, from its own name and what follows it on the command line.
    /// Raises CommandLineException that names the option.
    let parse (script: string) (arguments: string list) =
        let given = read Map.empty arguments
        let value option = given.TryFind option
        let number option = value option |> Option.map (count option)
        let root = value "--data-root" |> Option.defaultValue "data"

        { Data = value |> ownOr (made root (value "--data") (value "--source"))
          Quick = (value "--quick").IsSome
          Seeds = number "--seeds"
          Iterations = number "--iterations"
          Parallel = number "--parallel" |> Option.defaultValue Peers.own.Value.Cores
          Threads = number "--threads"
          Device = value "--device" |> Option.map device
          Weights = value "--weights" |> Option.map Path.GetFullPath
          Takeover = number "--takeover" |> Option.map (float >> TimeSpan.FromSeconds) |> Option.defaultValue Claims.DefaultTakeover
          Out = value "--out" |> Option.defaultValue (Path.Combine("runs", string (Path.GetFileNameWithoutExtension script)))
          DataRoot = root
          Command = CommandText.ofWords ("dotnet" :: "fsi" :: script :: arguments) }

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
          Weights = None
          Takeover = Claims.DefaultTakeover
          Out = Path.Combine("..", "runs", "notebooks", (if steps.IsSome then "check" else "full"), name)
          DataRoot = variable "NOTEBOOK_DATA" |> Option.defaultValue (Path.Combine("..", "data"))
          Command = $"jupyter nbconvert --to notebook --execute {name}.ipynb" }
