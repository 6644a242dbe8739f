namespace BoxTeacher.Workbench

open BoxTeacher.Methods
open BoxTeacher.Training

/// What a run is about to do, in a line.
module internal RunSummary =

    let private millions (count: int64) = $"%.1f{float count / 1e6}M"

    /// Images, classes, parameters, floating-point operations (two per multiply-add) of the student's forward pass, where and how.
    let line (recipe: Recipe) (method: ITrainingMethod) (data: RecipeData) processes threads folder =
        let size = ModelSize.Of method.Student
        let pixels = ModelSize.MeanPixels(recipe, data.Training.Images |> Seq.map _.Size)

        let evaluated =
            match Option.ofObj data.Validation with
            | Some validation -> $"{validation.Images.Count} to evaluate on"
            | None -> "not evaluated"

        let unlabelled =
            match Option.ofObj data.Unlabelled with
            | Some more -> $"{more.Images.Count} without labels, "
            | None -> ""

        let together = if processes = 1 then "" else $"{processes} processes of "

        [ $"""{CellText.Counted data.Training.Images.Count "image"}, {unlabelled}{evaluated}"""
          $"{data.Training.Categories.Count} classes"
          $"{millions size.Parameters} parameters, {millions size.Trainable} of them trainable"
          $"%.2f{size.FlopsPerPixel * pixels / 1e9} GFLOPs per image"
          $"""{recipe.Device}, {together}{CellText.Counted threads "thread"}"""
          folder ]
        |> String.concat "; "
        |> sprintf "%s: %s" recipe.Name
