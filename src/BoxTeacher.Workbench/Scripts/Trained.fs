namespace BoxTeacher.Workbench

open System
open System.IO
open TorchSharp
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training

/// An image with what its loss consists of.
type ImageLoss =
    { Image: ImageRecord
      /// The sum of the terms.
      Total: float
      /// Value of each term by its name.
      Terms: (string * float) list }

/// The networks of a finished run, read from its folder. Disposing it disposes them.
type Trained internal (recipe: Recipe, method: ITrainingMethod, validation: InstanceDataset) =

    /// The data set that the run was evaluated on.
    member _.Validation = validation

    /// The run's recipe.
    member _.Recipe = recipe

    /// The method with its networks.
    member _.Method = method

    /// What the evaluated network finds in images, surest first.
    member _.Detect(images: ImageRecord list) = Looking.detect method.Evaluated recipe images

    /// What the student finds in images, surest first.
    member _.DetectByStudent(images: ImageRecord list) = Looking.detect method.Student recipe images

    /// The pseudo-labels of images, for BoxTeacher the teacher's masks of true boxes, with their confidences as scores; no image without a
    /// teacher.
    member _.PseudoLabels(images: ImageRecord list) = Looking.pseudoLabels recipe method images

    /// How far each pseudo-label is trusted and how good it is: its confidence, and its IoU with the truth. A pseudo mask is compared with
    /// the true mask of its box, and left out where that is not known; a pseudo box with the nearest box of its class, and is worth 0
    /// where there is none.
    member trained.PseudoLabelQuality(images: ImageRecord list) = Looking.quality (trained.PseudoLabels images)

    /// The loss of each image on its own, the largest first: with inference statistics, without augmentation, and with the
    /// factors that the terms have at the end of training.
    member _.Losses(images: ImageRecord list) =
        use _ = torch.no_grad ()
        let training = method.Student.training
        method.Student.eval () |> ignore

        try
            [ use _ = torch.NewDisposeScope()
              let step = Step.Of(int64 recipe.Budget.Iterations, RandomStream(uint64 recipe.Seed))

              for chunk, batch in PlainBatches.ofImages recipe recipe.Method.Supervision method.Student.Device 1 images do
                  use _ = torch.NewDisposeScope()
                  let terms = [ for term in method.Losses(batch, step) -> term.Name, float (term.Value().item<float32> ()) ]
                  { Image = chunk.Head; Total = List.sumBy snd terms; Terms = terms } ]
            |> List.sortByDescending _.Total
        finally
            method.Student.train training |> ignore

    interface IDisposable with
        member _.Dispose() = method.Dispose()

/// Looking into finished runs.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Trained =

    /// The networks of a variant's first finished run. Raises ArgumentException when there is none.
    let ofVariant (options: ExperimentOptions) (ablation: Ablation) (result: AblationResult) name =
        match ablation.Variants |> List.tryFind (fun variant -> variant.Name = name), AblationResult.runsOf name result with
        | Some variant, run :: _ ->
            let recipe = RecipeJson.Parse(run.Run.Recipe, name)
            let folder = RunFolder(RunStore(Path.Combine(options.Out, "runs")).Folder run.Run)
            let validation = RecipeData.ReadValidation(recipe, options.DataRoot, DataNews.tell, folder)
            let method = variant.Method recipe validation.Categories.Count options.DataRoot
            ModelFile.Read(folder.ModelFile, method)
            new Trained(recipe, method, validation)
        | _ -> invalidArg (nameof name) $"there is no finished run of a variant '{name}'"
