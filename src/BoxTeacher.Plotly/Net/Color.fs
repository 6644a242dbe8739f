namespace Plotly.NET

open System
open BoxTeacher.Charts

/// A colour with opacity; each part is in 0..255.
type ARGB =
    { /// Opacity.
      A: byte
      /// Red.
      R: byte
      /// Green.
      G: byte
      /// Blue.
      B: byte }

    /// From the four parts; raises ArgumentException for a part outside 0..255.
    static member create a r g b =
        let part name value =
            if value < 0 || value > 255 then
                invalidArg name $"{value} is no colour part; it lies in 0..255"

            byte value

        { A = part (nameof a) a
          R = part (nameof r) r
          G = part (nameof g) g
          B = part (nameof b) b }

    /// An opaque colour.
    static member fromRGB r g b = ARGB.create 255 r g b

/// A colour of a trace: one for all its parts, one for each, or numbers that a colour scale turns into colours.
type Color private (json: JsonValue) =

    static let css (argb: ARGB) =
        let alpha = Math.Round(float argb.A / 255.0, 2)
        JsonValue.Text $"rgba({argb.R}, {argb.G}, {argb.B}, {alpha})"

    member internal _.Json = json

    /// From opacity, red, green and blue in 0..255.
    static member fromARGB a r g b = Color(css (ARGB.create a r g b))

    /// From red, green and blue in 0..255.
    static member fromRGB r g b = Color.fromARGB 255 r g b

    /// From "#rrggbb" (the sign may be left out); raises ArgumentException for anything else.
    static member fromHex(s: string) =
        let digits = s.TrimStart '#'

        if digits.Length <> 6 || not (Seq.forall Char.IsAsciiHexDigit digits) then
            invalidArg (nameof s) $"'{s}' is no colour of six hexadecimal digits"

        let parts = Convert.FromHexString digits
        Color.fromRGB (int parts[0]) (int parts[1]) (int parts[2])

    /// Any CSS colour, not checked.
    static member fromString(c: string) = Color(JsonValue.Text c)

    /// One colour for each part of a trace.
    static member fromColors(c: seq<Color>) =
        Color(JsonValue.Array [| for colour in c -> colour.Json |])

    /// Numbers that the trace's colour scale turns into colours.
    static member fromColorScaleValues(c: seq<#IConvertible>) =
        Color(JsonValue.Array [| for value in c -> Json.ofConvertible value |])
