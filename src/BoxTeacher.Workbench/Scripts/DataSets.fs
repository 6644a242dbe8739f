namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Files
open BoxTeacher.Training

/// The data sets of an experiment, made when they are not there.
[<RequireQualifiedAccess>]
module DataSets =

    // The scenes are the same on every machine and in every experiment.
    let private shapesSeed = 1L

    // What one process makes others wait for, and find done.
    let private once takeover root isDone make =
        if not (isDone ()) then
            use claims = new Claims(takeover)
            let wait (holder: Holder) = eprintfn $"{holder} is making data sets in {root}"
            use _ = claims.Take(Path.Combine(root, "making"), Action<Holder> wait)
            if not (isDone ()) then make ()

    let private nameOf = function DataChoice.Shapes -> Some "shapes" | DataChoice.PennFudan _ -> Some "pennfudan" | _ -> None

    let private isThere (root: string) choice =
        match nameOf choice with Some name -> Directory.Exists(Path.Combine(root, name)) | None -> true

    let private make (root: string) choice =
        match choice with
        | DataChoice.Shapes -> ShapesGenerator.Write(Path.Combine(root, "shapes"), ShapesOptions(), shapesSeed)
        | DataChoice.PennFudan source ->
            if not (Directory.Exists source) then
                raise (
                    DirectoryNotFoundException(
                        $"{source}: there is no such folder; --source names the unpacked archive PennFudanPed (https://www.cis.upenn.edu/~jshi/ped_html)"
                    )
                )

            PennFudan.Import(source, Path.Combine(root, "pennfudan"))
        | DataChoice.Files _
        | DataChoice.Own _ -> ()

    let private prepareIn takeover root choice =
        once takeover root (fun () -> isThere root choice) (fun () -> make root choice)

    /// Makes the data set under the root, unless it is there; of several processes, one does. Raises IOException when a source is missing.
    let prepare (root: string) choice = prepareIn Claims.DefaultTakeover root choice

    /// Makes the labelled and the unlabelled part of a data set that a recipe names, unless they are there, from the whole beside them.
    let private split takeover (root: string) (dataset: DatasetRecipe) =
        let labelled = Path.Combine(root, dataset.TrainAnnotations)

        match Option.ofObj (SemiSupervisedSplit.Origin labelled) with
        | Some origin ->
            let folder = Path.GetDirectoryName labelled |> Option.ofObj |> Option.defaultValue root
            let whole = Path.Combine(folder, origin.Whole)

            once takeover folder (fun () -> File.Exists labelled || not (File.Exists whole)) (fun () ->
                let dataset = SemiSupervisedSplit.ReadWhole whole
                SemiSupervisedSplit.SoftTeacher(dataset, origin.Percent, origin.Fold).Write folder |> ignore)
        | None -> ()

    /// Makes what data sets of recipes need of a choice: no scenes where none of them reads scenes, and the parts of those that are split.
    let internal prepareFor takeover root choice (datasets: DatasetRecipe list) =
        let readsScenes (dataset: DatasetRecipe) =
            [ Some dataset.TrainAnnotations; Option.ofObj dataset.ValidationAnnotations
              Some dataset.TrainImages; Option.ofObj dataset.ValidationImages ]
            |> List.choose id
            |> List.exists _.StartsWith("shapes/", StringComparison.Ordinal)

        if choice <> DataChoice.Shapes || List.exists readsScenes datasets then prepareIn takeover root choice
        List.iter (split takeover root) datasets

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
        // Of processes that were started together, one tells.
        let tell = if Peers.own.Value.Rank = 0 then DataNews.tell else Action<DataEvent>(ignore)
        let data = RecipeData.Read(recipe, root, tell, Option.toObj run)
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
