namespace BoxTeacher.Properties

open System
open BoxTeacher.Data
open BoxTeacher.Structures

/// Pictures of inputs and of what a loss makes of them.
[<RequireQualifiedAccess>]
module CasePicture =

    let private ink: Color = struct (27uy, 31uy, 36uy)
    let private gray: Color = struct (140uy, 149uy, 159uy)
    let private blue: Color = struct (9uy, 105uy, 218uy)
    let private red: Color = struct (207uy, 34uy, 46uy)
    let private green: Color = struct (26uy, 127uy, 55uy)
    let private orange: Color = struct (219uy, 109uy, 40uy)
    let private notANumber: Color = struct (255uy, 0uy, 255uy)

    let private blend (share: float) (struct (r, g, b): Color) : Color =
        let mix (part: byte) = byte (Math.Round(255.0 + Math.Clamp(share, 0.0, 1.0) * (float part - 255.0)))
        struct (mix r, mix g, mix b)

    /// 0 is paper, 1 is ink.
    let private share (value: float) = if Double.IsNaN value then notANumber else blend (0.08 + 0.92 * value) ink

    /// 0 is paper, +1 red and -1 blue.
    let private signed (value: float) =
        if Double.IsFinite value then (if value > 0.0 then blend value red else blend -value blue) else notANumber

    /// Width and height of a panel, at most.
    let private side = 128

    let private gap = 16
    let private line = Sheet.textHeight + 8

    let private largest values = values |> Seq.filter Double.IsFinite |> Seq.map abs |> Seq.fold max 0.0

    let private ofMasks (target: Target) (gradients: float array array) =
        let height, width = target.Size.Height, target.Size.Width
        let scale = max 1 (side / max height width)
        let rowHeight = line + max (height * scale) 32 + gap
        let columns = [ "truth"; "prediction"; "difference"; "gradient" ]
        let sheet = Sheet(line + rowHeight * target.Instances.Length, gap + columns.Length * (side + gap))

        columns |> List.iteri (fun column title -> sheet.Text(gap + column * (side + gap), 6, title, ink))

        (target.Instances, gradients)
        ||> Seq.zip
        |> Seq.iteri (fun row (instance, gradient) ->
            let top = line + row * rowHeight
            let prediction = instance.Logits |> Grid.map (fun x -> 1.0 / (1.0 + exp -x))
            let scaleOfGradient = largest gradient
            let captions = [ $"weight {Numbers.short instance.Weight}"; ""; ""; $"+-{Numbers.short scaleOfGradient}" ]

            let panels =
                [ Grid.map id instance.Mask, share
                  prediction, share
                  Grid.map2 (-) prediction instance.Mask, signed
                  { instance.Mask with Values = gradient }, fun g -> signed (if scaleOfGradient > 0.0 then g / scaleOfGradient else g) ]

            List.zip captions panels
            |> List.iteri (fun column (caption, (grid, color)) ->
                let left, below = gap + column * (side + gap), top + line
                sheet.Text(left, top + 3, caption, gray)

                for y in 0 .. height - 1 do
                    for x in 0 .. width - 1 do
                        sheet.Fill(left + x * scale, below + y * scale, scale, scale, color grid[y, x])

                sheet.Frame(left - 1, below - 1, width * scale + 2, height * scale + 2, 1, gray)))

        sheet.Image

    let private ofBoxes format (pairs: BoxPair list) (gradients: float array array) =
        let panel = 320
        let sheet = Sheet(2 * line + panel + gap, gap + pairs.Length * (panel + gap))

        [ "truth", green; "prediction", orange; "downhill", blue ]
        |> List.fold
            (fun left (text, color) ->
                sheet.Text(left, 6, text, color)
                left + Sheet.textWidth text + gap)
            gap
        |> ignore

        (pairs, gradients)
        ||> Seq.zip
        |> Seq.iteri (fun index (pair, gradient) ->
            let corner, top = gap + index * (panel + gap), 2 * line
            sheet.Text(corner, line + 3, $"weight {Numbers.short pair.Weight}", gray)
            let boxes = [ pair.Truth; pair.Prediction ]
            let left, right = boxes |> List.map _.X0 |> List.min, boxes |> List.map _.X1 |> List.max
            let upper, lower = boxes |> List.map _.Y0 |> List.min, boxes |> List.map _.Y1 |> List.max
            // A margin of a fifth on each side leaves room for the arrows.
            let extent = max 1e-6 (max (right - left) (lower - upper))
            let scale = 0.6 * float panel / extent
            let x (value: float) = float corner + float panel / 2.0 + scale * (value - (left + right) / 2.0)
            let y (value: float) = float top + float panel / 2.0 + scale * (value - (upper + lower) / 2.0)

            let draw (box: Box) thickness color =
                sheet.Line(x box.X0, y box.Y0, x box.X1, y box.Y0, thickness, color)
                sheet.Line(x box.X0, y box.Y1, x box.X1, y box.Y1, thickness, color)
                sheet.Line(x box.X0, y box.Y0, x box.X0, y box.Y1, thickness, color)
                sheet.Line(x box.X1, y box.Y0, x box.X1, y box.Y1, thickness, color)

            draw pair.Truth 5 green
            draw pair.Prediction 2 orange

            if format = BoxFormat.Distances then
                sheet.Fill(int (x 0.0) - 3, int (y 0.0) - 3, 6, 6, ink)

            let strongest = largest gradient

            if strongest > 0.0 then
                let outward = match format with BoxFormat.Corners -> 1.0 | BoxFormat.Distances -> -1.0
                let length g = -0.16 * float panel * (if Double.IsFinite g then g / strongest else 0.0)
                let p = pair.Prediction
                let middleX, middleY = x ((p.X0 + p.X1) / 2.0), y ((p.Y0 + p.Y1) / 2.0)
                sheet.Arrow(x p.X0, middleY, x p.X0 + outward * length gradient[0], middleY, blue)
                sheet.Arrow(middleX, y p.Y0, middleX, y p.Y0 + outward * length gradient[1], blue)
                sheet.Arrow(x p.X1, middleY, x p.X1 + length gradient[2], middleY, blue)
                sheet.Arrow(middleX, y p.Y1, middleX, y p.Y1 + length gradient[3], blue)

            sheet.Frame(corner, top, panel, panel, 1, gray))

        sheet.Image

    /// An input and the gradient of a loss there: for masks truth, probability, their difference (red: too much, blue: too
    /// little) and gradient (red: it lowers the logit); for boxes both, and where a step downhill moves each edge. What is no
    /// number is magenta.
    let ofCase (loss: Loss) (case: Case) : Image =
        let gradient =
            // The loss may be one that throws here, and the input is still worth seeing.
            try Loss.gradient loss case with _ -> Array.create case.Prediction.Length nan

        let gradients = gradient |> Array.chunkBySize (gradient.Length / case.Count)

        match case with
        | Case.Masks target -> ofMasks target gradients
        | Case.Boxes(format, pairs) -> ofBoxes format pairs gradients

    /// The bytes of a PNG file.
    let toPng (image: Image) = ImageFile.Encode(".png", image)
