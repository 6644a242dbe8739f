namespace BoxTeacher.Charts

open System
open System.Globalization

/// Colours of traces and colour scales, as plotly.js has them.
module internal Colour =

    /// The colours plotly.js gives to traces in turn (d3's category10).
    let colourway =
        [| "#1f77b4"; "#ff7f0e"; "#2ca02c"; "#d62728"; "#9467bd"; "#8c564b"; "#e377c2"; "#7f7f7f"; "#bcbd22"; "#17becf" |]

    let private hexPair (text: string) start = float (Int32.Parse(text.AsSpan(start, 2), NumberStyles.HexNumber))

    /// Red, green, blue in 0..255 of "#rrggbb", "rgb(...)" or "rgba(...)"; None for other CSS colours.
    let tryRgb (css: string) =
        let css = css.Trim()

        if css.StartsWith '#' && css.Length = 7 then
            Some(hexPair css 1, hexPair css 3, hexPair css 5)
        elif css.StartsWith "rgb" && css.Contains '(' then
            let parts = css.Substring(css.IndexOf '(' + 1).TrimEnd(')').Split ','

            if parts.Length >= 3 then
                Some(float (parts[0].Trim()), float (parts[1].Trim()), float (parts[2].Trim()))
            else
                None
        else
            None

    /// The colour with an opacity in 0..1, if its components are known.
    let withAlpha (alpha: float) css =
        match tryRgb css with
        | Some(r, g, b) -> $"rgba({r},{g},{b},{alpha})"
        | None -> css

    let private even (hex: string) =
        let colours = hex.Split ' '
        colours |> Array.mapi (fun i c -> float i / float (colours.Length - 1), (tryRgb ("#" + c)).Value)

    let private named =
        Map
            [ "Viridis", even "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
              "Cividis", even "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838"
              "Greys", even "000000 ffffff"
              "Blues", even "050aac 283cbe 466ef5 5a78f5 6a89f7 dcdcdc"
              "RdBu", even "050aac 6a89f7 bebebe dcaa84 e6915a b20a1c" ]

    /// The stops (position in 0..1, colour) of a colour scale: a name, or [[position, colour], ...].
    let scale (value: JsonValue option) =
        match value with
        | Some(JsonValue.Array stops) when stops.Length > 1 ->
            stops
            |> Array.choose (function
                | JsonValue.Array [| JsonValue.Number at; JsonValue.Text css |] -> tryRgb css |> Option.map (fun rgb -> at, rgb)
                | _ -> None)
        | Some(JsonValue.Text name) -> named |> Map.tryFind name |> Option.defaultValue named["Viridis"]
        | _ -> named["Viridis"]

    /// The colour of a scale at a position, which is clamped to 0..1.
    let at (stops: (float * (float * float * float)) array) position =
        let t = Math.Clamp(position, 0.0, 1.0)
        let upper = stops |> Array.tryFindIndex (fun (p, _) -> p >= t) |> Option.defaultValue (stops.Length - 1)
        let p1, (r1, g1, b1) = stops[upper]
        let p0, (r0, g0, b0) = stops[max 0 (upper - 1)]
        let f = if p1 > p0 then (t - p0) / (p1 - p0) else 1.0
        let mix a b = byte (Math.Round(a + (b - a) * Math.Clamp(f, 0.0, 1.0)))
        mix r0 r1, mix g0 g1, mix b0 b1

    /// Black or white, whichever reads better on the colour.
    let ink (r: byte, g: byte, b: byte) =
        if 0.299 * float r + 0.587 * float g + 0.114 * float b > 140.0 then "#111" else "#fff"
