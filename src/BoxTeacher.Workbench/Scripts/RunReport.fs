namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Training

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
        let data = LoadedData.read dataRoot recipe.Dataset
        use method = recipe.BuildMethod(data.Training.Categories.Count, dataRoot)
        ModelFile.Read(files.ModelFile, method)
        let gallery = RunTraining.galleryImages RunTraining.galleryCount data.Validation
        let text = RecipeJson.Write recipe
        let recipeFile = Path.Combine(folder, "recipe.json")

        let run =
            { Variant = recipe.Name
              Seed = recipe.Seed
              Key = RunStore.Fingerprint [ text; data.Fingerprint ]
              Iterations = recipe.Budget.Iterations
              Recipe = text }

        let history = RunHistory()
        MetricsFile.Read files.MetricsFile |> Seq.iter history.Add
        let result = RunTraining.measure data gallery recipe method run history None

        { Question = recipe.Name
          Data = LoadedData.describe (DataChoice.Files(string (Path.GetFileName dataRoot))) data
          Variants = [ run.Variant ]
          Base = run.Variant
          Seeds = [ run.Seed ]
          Metrics = RunTraining.tableMetrics (List.map fst result.Metrics)
          Categories = [ for category in data.Training.Categories -> category.Name ]
          Runs = [ { result with PeakMemory = 0L } ]
          Gallery = gallery |> List.map RunTraining.galleryImage
          Provenance =
            { Command = $"boxteacher train --recipe {recipeFile} --data {dataRoot}"
              Finished = DateTimeOffset(File.GetLastWriteTimeUtc files.ModelFile, TimeSpan.Zero)
              Code = Origin.code
              Machine = Origin.machine.Value
              Degree = 1
              Threads = 0
              WallSeconds = result.Seconds } }
