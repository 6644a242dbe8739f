namespace BoxTeacher.Properties

open System
open BoxTeacher.Data
open BoxTeacher.Structures

/// Red, green and blue.
type internal Color = (struct (byte * byte * byte))

/// White paper to draw on, pixel by pixel.
type internal Sheet(height: int, width: int) =
    let pixels = Array.create (height * width * 3) 255uy
    let image = Image(pixels, height, width)

    /// Sets the pixels of a rectangle; what lies off the paper is left out.
    member _.Fill(x: int, y: int, w: int, h: int, struct (r, g, b): Color) =
        for v in max 0 y .. min height (y + h) - 1 do
            for u in max 0 x .. min width (x + w) - 1 do
                let at = (v * width + u) * 3
                pixels[at] <- r
                pixels[at + 1] <- g
                pixels[at + 2] <- b

    /// The border of a rectangle, inside it.
    member sheet.Frame(x, y, w, h, thickness, color) =
        sheet.Fill(x, y, w, thickness, color)
        sheet.Fill(x, y + h - thickness, w, thickness, color)
        sheet.Fill(x, y, thickness, h, color)
        sheet.Fill(x + w - thickness, y, thickness, h, color)

    /// A straight line.
    member sheet.Line(x0: float, y0: float, x1: float, y1: float, thickness: int, color) =
        let steps = max 1 (int (ceil (max (abs (x1 - x0)) (abs (y1 - y0)))))

        for i in 0..steps do
            let share = float i / float steps
            let at a b = int (Math.Round(a + share * (b - a): float)) - thickness / 2
            sheet.Fill(at x0 x1, at y0 y1, thickness, thickness, color)

    /// A line with a head.
    member sheet.Arrow(x0: float, y0: float, x1: float, y1: float, color) =
        sheet.Line(x0, y0, x1, y1, 2, color)
        let length = sqrt ((x1 - x0) ** 2.0 + (y1 - y0) ** 2.0)

        if length > 1.0 then
            let ux, uy = (x1 - x0) / length, (y1 - y0) / length

            for side in [ -1.0; 1.0 ] do
                sheet.Line(x1, y1, x1 - 6.0 * ux + side * 4.0 * uy, y1 - 6.0 * uy - side * 4.0 * ux, 2, color)

    /// A text, each of its pixels a square of two.
    member _.Text(x, y, text: string, color: Color) = PixelFont.Write(image, x, y, 2, color, text)

    /// What was drawn.
    member _.Image = image

/// Measures of texts on a sheet.
module internal Sheet =

    /// Width of a text.
    let textWidth (text: string) = 2 * PixelFont.Advance * text.Length

    /// Height of a line of text.
    let textHeight = 2 * PixelFont.Height
