namespace BoxTeacher.Workbench

/// Where a label stands on a picture: its left upper corner and its size.
[<Struct>]
type internal LabelPlace =
    { X: float
      Y: float
      Width: float
      Height: float }

/// Places for the labels of a picture, so that each can be read.
[<RequireQualifiedAccess>]
module internal Labels =

    let private corner (marking: Marking) =
        match marking.Box, marking.Mask with
        | Some box, _ -> box.X0, box.Y0
        | None, Some mask -> mask.Bounds.X0, mask.Bounds.Y0
        | None, None -> 0.0, 0.0

    let private overlap a b =
        a.X < b.X + b.Width && b.X < a.X + a.Width && a.Y < b.Y + b.Height && b.Y < a.Y + a.Height

    // Further away a label would belong to another object.
    let private linesTried = 6

    /// The markings with a label, in order, and the label's place on a picture of (height, width) that shows the image enlarged by
    /// a factor; size tells a text's width and height there. A label stands above its object where there is room, else inside it.
    /// One that would cover that of a later, upper marking moves down or up line by line; what finds no place near stays.
    let arrange (height, width) factor (size: string -> float * float) (markings: Marking list) =
        let wanted marking =
            let x, y = corner marking
            let labelWidth, labelHeight = size marking.Label
            let x, y = floor (x * factor), floor (y * factor)

            { X = max 0.0 (min x (width - labelWidth))
              Y = if y >= labelHeight then y - labelHeight else max 0.0 (min y (height - labelHeight))
              Width = labelWidth
              Height = labelHeight }

        (markings |> List.filter (fun marking -> marking.Label <> ""), [])
        ||> List.foldBack (fun marking placed ->
            let place = wanted marking
            let fits other = other.Y >= 0.0 && other.Y + other.Height <= height && not (placed |> List.exists (snd >> overlap other))

            let near =
                seq {
                    place

                    for line in 1..linesTried do
                        { place with Y = place.Y + float line * place.Height }
                        { place with Y = place.Y - float line * place.Height }
                }

            (marking, near |> Seq.tryFind fits |> Option.defaultValue place) :: placed)
