namespace BoxTeacher.Properties

open System
open BoxTeacher.Data
open BoxTeacher.Structures

/// One object: its class, its true mask in [0, 1], the logits predicted for that mask, and its weight in the loss (at least 0).
type Instance =
    { Class: int
      Mask: Grid
      Logits: Grid
      Weight: float }

    /// The box of the true mask, which box-supervised methods see instead of it.
    member instance.Box = Grid.bounds instance.Mask

/// An image's size and the objects on it, masks and logits of the image's size.
type Target =
    { Size: ImageSize
      Instances: Instance list }

/// A predicted box beside the true one, and its weight in the loss (at least 0).
type BoxPair =
    { Prediction: Box
      Truth: Box
      Weight: float }

/// How a box loss is given its boxes.
[<RequireQualifiedAccess>]
type BoxFormat =
    /// Left, top, right and bottom edges: xyxy.
    | Corners
    /// Distances to the left, top, right and bottom edge from a location inside both boxes, as FCOS predicts them. In a BoxPair
    /// that location is the origin.
    | Distances

/// What a loss takes.
[<RequireQualifiedAccess>]
type Kind =
    /// Logits [N, H, W] against masks [N, H, W].
    | Masks
    /// Boxes [N, 4] against boxes [N, 4].
    | Boxes of BoxFormat

/// One input that a law is tried on.
[<RequireQualifiedAccess>]
type Case =
    | Masks of Target
    | Boxes of BoxFormat * BoxPair list

    /// Number of objects.
    member case.Count =
        match case with
        | Case.Masks target -> target.Instances.Length
        | Case.Boxes(_, pairs) -> pairs.Length

    /// Shape of prediction and truth: [N, H, W] or [N, 4].
    member case.Shape =
        match case with
        | Case.Masks target -> [| int64 case.Count; int64 target.Size.Height; int64 target.Size.Width |]
        | Case.Boxes _ -> [| int64 case.Count; 4L |]

    static member private Numbers (format: BoxFormat) (box: Box) =
        match format with
        | BoxFormat.Corners -> [| box.X0; box.Y0; box.X1; box.Y1 |]
        | BoxFormat.Distances -> [| 0.0 - box.X0; 0.0 - box.Y0; box.X1; box.Y1 |]

    /// What is predicted, in row-major order.
    member case.Prediction =
        match case with
        | Case.Masks target -> target.Instances |> List.map _.Logits.Values |> Array.concat
        | Case.Boxes(format, pairs) -> pairs |> List.map (fun pair -> Case.Numbers format pair.Prediction) |> Array.concat

    /// What is true, in row-major order.
    member case.Truth =
        match case with
        | Case.Masks target -> target.Instances |> List.map _.Mask.Values |> Array.concat
        | Case.Boxes(format, pairs) -> pairs |> List.map (fun pair -> Case.Numbers format pair.Truth) |> Array.concat

    /// The weight of each object.
    member case.Weights =
        match case with
        | Case.Masks target -> target.Instances |> List.map _.Weight |> Array.ofList
        | Case.Boxes(_, pairs) -> pairs |> List.map _.Weight |> Array.ofList

    /// What is true or predicted in a few lines, numbers short.
    override case.ToString() =
        let numbers (values: float seq) = values |> Seq.map Numbers.short |> String.concat " "
        let rows (grid: Grid) = grid.Values |> Array.chunkBySize grid.Width |> Array.map numbers |> String.concat " | "

        match case with
        | Case.Masks target ->
            target.Instances
            |> List.mapi (fun i instance ->
                $"instance {i + 1} of {case.Count}, {target.Size}, weight {Numbers.short instance.Weight}\n  logits  {rows instance.Logits}\n  truth   {rows instance.Mask}")
            |> String.concat "\n"
        | Case.Boxes(format, pairs) ->
            let order = match format with BoxFormat.Corners -> "x0 y0 x1 y1" | BoxFormat.Distances -> "left top right bottom"

            pairs
            |> List.mapi (fun i pair ->
                $"pair {i + 1} of {case.Count}, {order}, weight {Numbers.short pair.Weight}\n  predicted  {numbers (Case.Numbers format pair.Prediction)}\n  truth      {numbers (Case.Numbers format pair.Truth)}")
            |> String.concat "\n"

/// Whether the parts of an input fit together: what every generator gives and no shrinker leaves.
[<RequireQualifiedAccess>]
module Agreement =

    /// A grid has a value for each pixel.
    let ofGrid (grid: Grid) = grid.Height >= 1 && grid.Width >= 1 && grid.Values.Length = grid.Height * grid.Width

    /// There is an object; masks and logits have the image's size; masks lie in [0, 1], logits are finite, weights are not
    /// negative.
    let ofTarget (target: Target) =
        let isOfSize (grid: Grid) = ofGrid grid && grid.Height = target.Size.Height && grid.Width = target.Size.Width

        not target.Instances.IsEmpty
        && target.Instances
           |> List.forall (fun instance ->
               isOfSize instance.Mask
               && isOfSize instance.Logits
               && instance.Class >= 0
               && instance.Weight >= 0.0
               && instance.Mask.Values |> Array.forall (fun v -> v >= 0.0 && v <= 1.0)
               && instance.Logits.Values |> Array.forall Double.IsFinite)

    /// No edge is left of or above its opposite, and the origin lies in both boxes where distances from it are asked for.
    let ofPair (format: BoxFormat) (pair: BoxPair) =
        let isBox (box: Box) =
            box.Width >= 0.0 && box.Height >= 0.0
            && (format = BoxFormat.Corners || box.X0 <= 0.0 && box.Y0 <= 0.0 && box.X1 >= 0.0 && box.Y1 >= 0.0)

        pair.Weight >= 0.0 && isBox pair.Prediction && isBox pair.Truth

    /// Any input.
    let ofCase (case: Case) =
        match case with
        | Case.Masks target -> ofTarget target
        | Case.Boxes(format, pairs) -> not pairs.IsEmpty && pairs |> List.forall (ofPair format)
