namespace BoxTeacher.Workbench

open System.Collections.Generic
open TorchSharp
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Detectors
open BoxTeacher.Evaluation
open BoxTeacher.Masks
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training

/// Images as a network sees them in tests: resized, neither flipped nor recolored, both views the same.
module internal PlainBatches =

    /// Batches of so many images, in order, on a device. Tensors belong to the dispose scope in which a batch is asked for.
    let ofImages (recipe: Recipe) supervision (device: torch.Device) size (images: ImageRecord list) =
        let geometry = GeometryAugmentation([| recipe.Augmentation.TestShortEdge |], recipe.Augmentation.TestMaxSize, 0.0)

        let order: IReadOnlyList<SampleKey> list =
            [ for chunk in List.chunkBySize size (List.indexed images) -> [| for index, _ in chunk -> SampleKey(index, 0) |] ]

        let maker = SampleMakers.SharedGeometry(geometry, null)

        ViewLoader(Array.ofList images, order, maker, supervision, recipe.Detector.Pixels, RandomStream 0UL, device).Views(0L)
        |> Seq.map Batch
        |> Seq.zip (List.chunkBySize size images)

/// What networks see in images.
module internal Looking =

    let private batchSize = 8

    /// A detection as pictures show it.
    let toFound (result: DetectionResult) =
        { Category = result.Category
          Score = result.Score
          Box = result.Box
          Mask = Option.ofObj result.Mask }

    /// What a detector finds in images, surest first.
    let detect (detector: Detector) (recipe: Recipe) (images: ImageRecord list) =
        let results = Inference(detector, recipe).Detect [| for image in images -> struct (image.Id, ImageFile.Read image.FileName) |]
        [ for image in images -> image, [ for result in results do if result.ImageId = image.Id then toFound result ] ]

    /// A mask of a view's grid at the size of the image's file.
    let private enlarged (grid: float32 array) gridWidth stride (view: ImageSize) (record: ImageRecord) =
        let bits =
            [| for y in 0 .. record.Height - 1 do
                   for x in 0 .. record.Width - 1 do
                       let row, column = y * view.Height / record.Height / stride, x * view.Width / record.Width / stride
                       if grid[row * gridWidth + column] > 0.5f then 1uy else 0uy |]

        RunLengthMask.Encode(bits, record.Height, record.Width)

    /// The pseudo-labels of images with their confidences as scores; none without a teacher. The teacher runs as it does in training, so
    /// its running statistics move.
    let pseudoLabels (recipe: Recipe) (method: ITrainingMethod) (images: ImageRecord list) =
        match method.PseudoLabelling with
        | null -> []
        | labelling ->
            [ use scope = torch.NewDisposeScope()

              for chunk, batch in PlainBatches.ofImages recipe Supervision.Boxes method.Student.Device batchSize images do
                  use _ = torch.NewDisposeScope()
                  let weak = batch.Labelled.Weak

                  for index, (record, labels) in List.indexed (List.zip chunk (List.ofSeq (labelling.Label weak))) do
                      let found = labels.Instances
                      let view = weak.Images.Sizes[index]
                      let original = weak.FromOriginal[index].Inverse()
                      let boxes, classes = HostValues.Floats found.Boxes, HostValues.Longs found.Classes
                      let scores = found.Scores |> Option.ofObj |> Option.map HostValues.Floats

                      let maskOf =
                          match found.Masks with
                          | null -> fun _ -> None
                          | masks ->
                              let height, width = int (masks.size 1), int (masks.size 2)
                              let values = HostValues.Floats masks
                              let stride = weak.Images.PaddedSize.Height / height
                              fun at -> Some(enlarged values[at * height * width .. (at + 1) * height * width - 1] width stride view record)

                      record,
                      [ for at in 0 .. classes.Length - 1 ->
                            let side k = float boxes[4 * at + k]

                            { Category = int classes[at]
                              Score = scores |> Option.map (fun scores -> float scores[at]) |> Option.defaultValue 1.0
                              Box = original.Apply(Box.FromCorners(side 0, side 1, side 2, side 3))
                              Mask = maskOf at } ] ]

    /// How far each pseudo-label is trusted and how good it is: its confidence, and its IoU with the truth. A pseudo mask is compared with
    /// the true mask of its box, and left out where that is not known; a pseudo box with the nearest box of its class, and is worth 0
    /// where there is none.
    let quality (labels: (ImageRecord * FoundObject list) list) =
        [ for image, found in labels do
              let truths = [ for annotation in image.Annotations do if not annotation.IsCrowd then annotation ]
              let overlap (label: FoundObject) (truth: Annotation) = Box.IoU(label.Box, truth.Box)

              for label in found do
                  match label.Mask with
                  | Some drawn when not truths.IsEmpty ->
                      // A pseudo mask has the box that it was made for, but for rounding.
                      let owner = truths |> List.maxBy (overlap label)
                      match Option.ofObj (owner.MaskIn image.Size) with
                      | Some truth -> label.Score, RunLengthMask.IoU(drawn, truth, false)
                      | None -> ()
                  | _ ->
                      let own = truths |> List.filter (fun truth -> truth.Category = label.Category)
                      label.Score, (0.0, own) ||> List.fold (fun best truth -> max best (overlap label truth)) ]
