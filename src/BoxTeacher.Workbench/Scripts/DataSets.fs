namespace BoxTeacher.Workbench

open System
open System.IO
open System.Security.Cryptography
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
        | DataChoice.Files _ -> ()

/// Training and validation data of a recipe, read once and shared by its runs.
type internal LoadedData =
    { Training: InstanceDataset
      Validation: InstanceDataset
      /// Of the annotation files' bytes and the images' names and sizes.
      Fingerprint: string }

module internal LoadedData =

    let read root (recipe: DatasetRecipe) =
        let bytes (file: string) = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, file))))

        // Every byte of a large data set would take minutes to read.
        let images (set: InstanceDataset) =
            RunStore.Fingerprint(
                seq {
                    for image in set.Images do
                        string (Path.GetFileName image.FileName)
                        string (FileInfo(image.FileName).Length)
                }
            )

        let training, validation = recipe.ReadTraining root, recipe.ReadValidation root
        let annotations = nonNull recipe.ValidationAnnotations

        { Training = training
          Validation = validation
          Fingerprint =
            RunStore.Fingerprint [ bytes recipe.TrainAnnotations; bytes annotations; images training; images validation ] }

    /// Of a run without an evaluation: there are no images to evaluate on.
    let notEvaluated root (recipe: DatasetRecipe) =
        let data = read root (DatasetRecipe(recipe.TrainAnnotations, recipe.TrainImages, recipe.TrainAnnotations, recipe.TrainImages))
        { data with Validation = InstanceDataset(data.Validation.Name, data.Validation.Categories, [||]) }

    /// How reports describe it.
    let describe choice (data: LoadedData) =
        let name =
            match choice with
            | DataChoice.Shapes -> "Shapes"
            | DataChoice.PennFudan _ -> "Penn-Fudan pedestrians"
            | DataChoice.Files name -> name

        let objects (set: InstanceDataset) = set.Images |> Seq.sumBy _.Annotations.Count


        let evaluated =
            if data.Validation.Images.Count = 0 then
                "not evaluated"
            else
                $"{data.Validation.Images.Count} with {objects data.Validation} to evaluate on"

        $"{name}: {data.Training.Images.Count} images with {objects data.Training} objects to learn from, {evaluated}"
