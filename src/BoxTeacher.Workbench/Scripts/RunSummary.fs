namespace BoxTeacher.Workbench

open BoxTeacher.Data
open BoxTeacher.Methods
open BoxTeacher.Training

/// What a run is about to do, in a line.
module internal RunSummary =

    let private millions (count: int64) = $"%.1f{float count / 1e6}M"

    /// Images, classes, parameters, floating-point operations (two per multiply-add) of the student's forward pass, where and how.
    let line (recipe: Recipe) (method: ITrainingMethod) (training: InstanceDataset) (validation: InstanceDataset option) threads folder =
        let size = ModelSize.Of method.Student
        let pixels = ModelSize.MeanPixels(recipe, training.Images |> Seq.map _.Size)

        let evaluated =
            match validation with
            | Some validation -> $"{validation.Images.Count} to evaluate on"
            | None -> "not evaluated"

        [ $"{training.Images.Count} images, {evaluated}"
          $"{training.Categories.Count} classes"
          $"{millions size.Parameters} parameters, {millions size.Learning} of them learn"
          $"%.2f{size.FlopsPerPixel * pixels / 1e9} GFLOPs per image"
          $"{recipe.Device}, {threads} threads"
          folder ]
        |> String.concat "; "
        |> sprintf "%s: %s" recipe.Name
