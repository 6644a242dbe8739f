namespace BoxTeacher.Workbench

open TorchSharp
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Masks
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Training

/// A method that stands on BoxTeacher's.
type IBoxTeacherBased =
    /// The method whose teacher makes the pseudo masks.
    abstract BoxTeacher: BoxTeacherMethod

/// What a teacher makes of images whose boxes are known.
module internal PseudoMasks =

    let private batchSize = 8

    /// The method whose teacher makes pseudo masks, if there is one.
    let tryTeacher (method: ITeachingMethod) =
        match method with
        | :? BoxTeacherMethod as method -> Some method
        | :? IBoxTeacherBased as method -> Some method.BoxTeacher
        | _ -> None

    /// A mask of the grid at the size of the image's file.
    let private enlarged (grid: float32 array) gridWidth stride (view: ImageSize) (record: ImageRecord) =
        let bits =
            [| for y in 0 .. record.Height - 1 do
                   for x in 0 .. record.Width - 1 do
                       let row, column = y * view.Height / record.Height / stride, x * view.Width / record.Width / stride
                       if grid[row * gridWidth + column] > 0.5f then 1uy else 0uy |]

        RunLengthMask.Encode(bits, record.Height, record.Width)

    /// The teacher's masks of the images' true boxes, with their confidences as scores; boxes without a mask are left out. The
    /// teacher runs as it does in training, so its running statistics move.
    let ofImages (recipe: Recipe) (method: BoxTeacherMethod) (images: ImageRecord list) =
        [ for chunk, batch in PlainBatches.ofImages recipe Supervision.Boxes batchSize images do
              use _ = batch
              use _ = torch.NewDisposeScope()
              let scene = method.Scene batch
              let labels = method.Label(batch, scene)
              let confidence = HostValues.Floats labels.Confidence
              let masks = HostValues.Floats labels.Masks
              let cells = scene.Height * scene.Width
              let boxes = HostValues.Floats scene.Boxes

              for index, record in List.indexed chunk do
                  let view = batch.Weak.Sizes[index]
                  let sx, sy = float record.Width / float view.Width, float record.Height / float view.Height
                  let classes = HostValues.Longs batch.Targets[index].Classes
                  let first = scene.FirstBoxOf index

                  record,
                  [ for offset in 0 .. classes.Length - 1 do
                        let at = first + offset

                        if confidence[at] > 0.0f then
                            let corner k scale = float boxes[4 * at + k] * scale

                            { Category = int classes[offset]
                              Score = float confidence[at]
                              Box = Box.FromCorners(corner 0 sx, corner 1 sy, corner 2 sx, corner 3 sy)
                              Mask = Some(enlarged masks[at * cells .. (at + 1) * cells - 1] scene.Width scene.Stride view record) } ] ]
