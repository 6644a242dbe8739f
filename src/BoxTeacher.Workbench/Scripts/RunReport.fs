namespace BoxTeacher.Workbench

open System
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open System.Security.Cryptography
open BoxTeacher.Torch
open BoxTeacher.Training

/// What the code and the machine are.
module internal Origin =

    let private core = typeof<Recipe>.Assembly

    /// The version that reports state.
    let code =
        core.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        |> Option.ofObj
        |> Option.map _.InformationalVersion
        |> Option.defaultValue "unknown"

    /// A fingerprint of everything that computes: workbench, core, TorchSharp, libtorch's version and, where the user chose one, its
    /// folder.
    let codeFingerprint =
        lazy
            (RunStore.Fingerprint
                [ string (Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId)
                  string core.ManifestModule.ModuleVersionId
                  string typeof<TorchSharp.torch.Tensor>.Assembly.ManifestModule.ModuleVersionId
                  TorchSharp.torch.__version__
                  Environment.GetEnvironmentVariable TorchRuntime.FolderVariable |> Option.ofObj |> Option.defaultValue "" ])

    /// A fingerprint of the weights that a recipe begins with; empty without such, or where the file is missing.
    let weights (root: string) (recipe: Recipe) =
        match recipe.Detector.Weights |> Option.ofObj |> Option.map (fun file -> Path.Combine(root, file)) with
        | Some file when File.Exists file ->
            use stream = File.OpenRead file
            Convert.ToHexString(SHA256.HashData stream)
        | _ -> ""

    /// A fingerprint of the code of a recipe's detector, method, augmentation, optimizer and schedule, which need not be the core's. A
    /// script's own types are new in each process: of these a version has to tell (Variant.Of).
    let kinds (recipe: Recipe) =
        let parts: obj list = [ recipe.Detector; recipe.Method; recipe.Augmentation; recipe.Solver.Optimizer; recipe.Solver.Schedule ]
        let isCompiled (kind: Type) = not kind.Assembly.IsDynamic && kind.Assembly.Location <> ""
        RunStore.Fingerprint [ for part in parts do if isCompiled (part.GetType()) then string (part.GetType().Module.ModuleVersionId) ]

    /// Processor, cores, memory, system and runtime.
    let machine =
        lazy
            (let processor =
                if File.Exists "/proc/cpuinfo" then
                    File.ReadLines "/proc/cpuinfo"
                    |> Seq.tryFind _.StartsWith("model name")
                    |> Option.map (fun line -> line.Substring(line.IndexOf ':' + 1).Trim())
                else
                    None
                |> Option.defaultValue (string RuntimeInformation.ProcessArchitecture)

             let memory = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1e9

             $"{processor}, {Environment.ProcessorCount} cores, %.0f{memory} GB; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}")

/// Reports of single runs, such as those of `boxteacher train`.
[<RequireQualifiedAccess>]
module RunReport =

    /// What the finished run in a folder measured, its last weights evaluated once more, as an ablation of one variant. Its data
    /// are found under the data root. Raises IOException or InvalidDataException naming the file that is missing or damaged.
    let ofFolder (dataRoot: string) (folder: string) : AblationResult =
        let files = RunFolder folder

        if not (File.Exists files.ModelFile) then
            raise (FileNotFoundException $"{files.ModelFile}: there are no final weights; the run is not finished, or the folder is none of a run")

        let recipe = files.ReadRecipe()
        let data = LoadedData.read dataRoot recipe (Some files)
        use method = recipe.BuildMethod(data.Training.Categories.Count, dataRoot)
        ModelFile.Read(files.ModelFile, method)
        let shown = if recipe.Dataset.HasValidation then data.Validation else data.Training
        let gallery = RunTraining.galleryImages RunTraining.galleryCount shown
        let text = RecipeJson.Write recipe
        let fileNames = LoadedData.fileNames recipe.Dataset.TrainAnnotations recipe.Dataset.ValidationAnnotations
        let recipeFile = Path.Combine(folder, "recipe.json")

        let run =
            { Variant = recipe.Name
              Seed = recipe.Seed
              Key = RunStore.Fingerprint [ text; data.Fingerprint ]
              Iterations = recipe.Budget.Iterations
              Recipe = text }

        let history = RunHistory()
        MetricsFile.Read files.MetricsFile |> Seq.iter history.Add
        let maskMetrics = if method.Student.HasMasks then [ "mask AP" ] else []
        let result = RunTraining.measure data gallery recipe method run history None

        { Question = recipe.Name
          Data = LoadedData.describe (DataChoice.Files fileNames) data data.Unlabelled
          Variants = [ run.Variant ]
          Base = run.Variant
          Seeds = [ run.Seed ]
          Metrics = if result.Metrics.IsEmpty then maskMetrics @ [ "box AP" ] else RunTraining.tableMetrics (List.map fst result.Metrics)
          Categories = [ for category in data.Training.Categories -> category.Name ]
          Runs = [ { result with PeakMemory = 0L } ]
          Gallery = gallery |> List.map RunTraining.galleryImage
          Provenance =
            { Command = CommandText.ofWords [ "boxteacher"; "train"; "--recipe"; recipeFile; "--data"; dataRoot ]
              Finished = DateTimeOffset(File.GetLastWriteTimeUtc files.ModelFile, TimeSpan.Zero)
              Code = Origin.code
              Machine = Origin.machine.Value
              Degree = 1
              Threads = 0
              WallSeconds = result.Seconds } }
