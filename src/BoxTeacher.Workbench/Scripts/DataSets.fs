namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Training

/// The data sets of an experiment, made when they are not there.
[<RequireQualifiedAccess>]
module DataSets =

    // The scenes are the same on every machine and in every experiment.
    let private shapesSeed = 1L

    /// Makes the data set under the root, unless it is there. Raises IOException when a source is missing.
    let prepare (root: string) choice =
        match choice with
        | DataChoice.Shapes ->
            let folder = Path.Combine(root, "shapes")

            if not (Directory.Exists folder) then
                ShapesGenerator.Write(folder, ShapesOptions(), shapesSeed)
        | DataChoice.PennFudan source ->
            let folder = Path.Combine(root, "pennfudan")

            if not (Directory.Exists folder) then
                if not (Directory.Exists source) then
                    raise (
                        DirectoryNotFoundException(
                            $"{source}: there is no such folder; --source names the unpacked archive PennFudanPed (https://www.cis.upenn.edu/~jshi/ped_html)"
                        )
                    )

                PennFudan.Import(source, folder)
        | DataChoice.Files _
        | DataChoice.Own _ -> ()

    /// Makes the labelled and the unlabelled part of a data set that a recipe names, unless they are there, from the whole beside them.
    let private split (root: string) (dataset: DatasetRecipe) =
        let labelled = Path.Combine(root, dataset.TrainAnnotations)

        match Option.ofObj (SemiSupervisedSplit.Origin labelled) with
        | Some origin when not (File.Exists labelled) ->
            let folder = Path.GetDirectoryName labelled |> Option.ofObj |> Option.defaultValue root
            let whole = Path.Combine(folder, origin.Whole)

            if File.Exists whole then
                let dataset = SemiSupervisedSplit.ReadWhole whole
                SemiSupervisedSplit.SoftTeacher(dataset, origin.Percent, origin.Fold).Write folder |> ignore
        | _ -> ()

    /// Makes what data sets of recipes need of a choice: no scenes where none of them reads scenes, and the parts of those that are split.
    let internal prepareFor root choice (datasets: DatasetRecipe list) =
        let readsScenes (dataset: DatasetRecipe) =
            [ Some dataset.TrainAnnotations; Option.ofObj dataset.ValidationAnnotations
              Some dataset.TrainImages; Option.ofObj dataset.ValidationImages ]
            |> List.choose id
            |> List.exists _.StartsWith("shapes/", StringComparison.Ordinal)

        if choice <> DataChoice.Shapes || List.exists readsScenes datasets then prepare root choice
        List.iter (split root) datasets

/// Training and validation data of a recipe, read once and shared by its runs.
type internal LoadedData =
    { Data: RecipeData
      /// Without images where the recipe names none to evaluate on.
      Validation: InstanceDataset }

    member loaded.Training = loaded.Data.Training

    /// Number of images without labels that are learned from as well.
    member loaded.Unlabelled =
        match loaded.Data.Unlabelled with
        | null -> 0
        | images -> images.Images.Count

    /// Of the labels, and of the pictures' names and lengths.
    member loaded.Fingerprint = RunStore.Fingerprint [ string loaded.Data.Fingerprints ]

module internal LoadedData =

    /// Reads and checks it. Classes stand for the run's categories, if one is given.
    let read root (recipe: Recipe) (run: RunFolder option) =
        let data = RecipeData.Read(recipe, root, DataNews.tell, Option.toObj run)
        let nothing = InstanceDataset("", data.Training.Categories, [||])
        { Data = data; Validation = data.Validation |> Option.ofObj |> Option.defaultValue nothing }

    /// The names of annotation files, as reports say them.
    let fileNames (training: string) (validation: string | null) =
        [ training; yield! Option.toList (Option.ofObj validation) ] |> List.map (Path.GetFileName >> string) |> String.concat " and "

    /// How reports describe it, with so many images without labels that some variant learns from.
    let describe choice (data: LoadedData) unlabelled =
        let name =
            match choice with
            | DataChoice.Shapes -> "Shapes"
            | DataChoice.PennFudan _ -> "Penn-Fudan pedestrians"
            | DataChoice.Files name -> name
            | DataChoice.Own(own, _) -> fileNames own.TrainAnnotations own.ValidationAnnotations

        let objects (set: InstanceDataset) = set.Images |> Seq.sumBy _.Annotations.Count

        let evaluated =
            if data.Validation.Images.Count = 0 then
                "not evaluated"
            else
                $"{data.Validation.Images.Count} with {objects data.Validation} to evaluate on"

        let others = if unlabelled = 0 then "" else $" and {unlabelled} without labels"
        $"{name}: {data.Training.Images.Count} images with {objects data.Training} objects to learn from{others}, {evaluated}"
