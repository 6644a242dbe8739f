namespace BoxTeacher.Charts

open System
open System.Globalization

/// An axis with its range settled: places become pixels.
type internal Axis =
    { Id: string
      Categories: string array
      IsLog: bool
      /// The values (logarithms on a log axis) at the two ends; the first is larger on a reversed axis.
      Low: float
      High: float
      /// The pixels at the two ends.
      From: float
      To: float
      Ticks: (float * string) list
      Title: string option
      ShowGrid: bool
      ShowTicks: bool
      Json: JsonValue }

module internal Axis =

    /// A tick's label: as many decimals as the step between ticks needs, thousands and millions shortened.
    let label (step: float) (value: float) =
        let value = if abs value < step * 1e-9 then 0.0 else value
        let decimals (unit: float) = max 0 (int (Math.Ceiling(-Math.Log10 unit - 1e-9)))
        let text (scaled: float) unit suffix = scaled.ToString($"F{decimals unit}", CultureInfo.InvariantCulture) + suffix

        if abs value >= 1e6 then text (value / 1e6) (step / 1e6) "M"
        elif abs value >= 1e4 then text (value / 1e3) (step / 1e3) "k"
        elif abs value < 1e-4 && value <> 0.0 then value.ToString("0.##e0", CultureInfo.InvariantCulture)
        else text value (min step 1.0) ""

    /// Round values between two bounds, about as many as wanted: steps of 1, 2 or 5 times a power of ten.
    let linearTicks wanted low high =
        let span = high - low

        if span <= 0.0 || not (Double.IsFinite span) then
            [ low, label 1.0 low ]
        else
            let rough = span / float (max 1 wanted)
            let power = 10.0 ** Math.Floor(Math.Log10 rough)
            let step = power * (match rough / power with r when r <= 1.0 -> 1.0 | r when r <= 2.0 -> 2.0 | r when r <= 5.0 -> 5.0 | _ -> 10.0)

            [ for i in Math.Ceiling(low / step - 1e-9) .. Math.Floor(high / step + 1e-9) -> i * step, label step (i * step) ]

    let private logTicks (low: float) (high: float) =
        let multiples = if high - low > 3.0 then [ 1.0 ] else [ 1.0; 2.0; 5.0 ]

        [ for decade in Math.Floor low .. Math.Ceiling high do
              for m in multiples do
                  let at = decade + Math.Log10 m

                  if at >= low - 1e-9 && at <= high + 1e-9 then
                      let value = m * 10.0 ** decade
                      at, label (10.0 ** Math.Min(decade, 0.0)) value ]

    /// The number a place stands at: its value, its logarithm, or its category's index.
    let tryValue axis place =
        match place with
        | Place.At number when axis.IsLog -> if number > 0.0 then Some(Math.Log10 number) else None
        | Place.At number when axis.Categories.Length = 0 -> Some number
        | Place.At number ->
            match Array.IndexOf(axis.Categories, number.ToString CultureInfo.InvariantCulture) with
            | -1 -> Some number
            | index -> Some(float index)
        | Place.Named name ->
            match Array.IndexOf(axis.Categories, name) with
            | -1 ->
                match Double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, number when axis.Categories.Length = 0 -> Some number
                | _ -> None
            | index -> Some(float index)
        | Place.Missing -> None

    /// The pixel of a settled value.
    let pixel axis value =
        axis.From + (value - axis.Low) / (axis.High - axis.Low) * (axis.To - axis.From)

    /// The pixel of a place, if the axis has it.
    let tryPixel axis place = tryValue axis place |> Option.map (pixel axis)

    /// The names on an axis in order of first appearance; empty when every place is a number.
    let categories (places: Place seq) =
        let all = places |> Seq.filter (fun place -> place <> Place.Missing) |> Seq.cache

        let isCategorical =
            all
            |> Seq.exists (function
                | Place.Named name -> not (fst (Double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture)))
                | _ -> false)

        if isCategorical then
            all
            |> Seq.map (function
                | Place.Named name -> name
                | Place.At number -> number.ToString CultureInfo.InvariantCulture
                | Place.Missing -> "")
            |> Seq.distinct
            |> Array.ofSeq
        else
            [||]

    /// Settles an axis: the range the layout asks for, else the extent of the data with a little room.
    /// padded: whether each end gets 5 % of room. includesZero: bars start there, so the axis does too.
    let settle (json: JsonValue) id categories (extent: (float * float) option) (padLow, padHigh) (from, till) =
        let isLog = Json.tryText "type" json = Some "log"
        let isReversed = Json.tryText "autorange" json = Some "reversed"

        let low, high =
            match Json.items "range" json, extent with
            | [| JsonValue.Number low; JsonValue.Number high |], _ when low <> high -> low, high
            | _, _ when Array.length categories > 0 -> -0.5, float categories.Length - 0.5
            | _, Some(low, high) when high > low ->
                let room = 0.05 * (high - low)
                (if padLow then low - room else low), (if padHigh then high + room else high)
            // Values that are all nothing stand on the axis, as a curve that has not left it yet.
            | _, Some(0.0, _) -> 0.0, 1.0
            | _, Some(low, _) -> low - 0.5, low + 0.5
            | _, None -> 0.0, 1.0

        let low, high = if isReversed then max low high, min low high else low, high
        let wanted = int (abs (till - from) / (if id = "x" || (id: string).StartsWith 'x' then 75.0 else 45.0)) |> max 2

        let ticks =
            match Json.items "tickvals" json, Json.items "ticktext" json with
            | [||], _ when Array.length categories > 0 -> categories |> Array.mapi (fun i name -> float i, Figure.plain name) |> List.ofArray
            | [||], _ when isLog -> logTicks (min low high) (max low high)
            | [||], _ -> linearTicks wanted (min low high) (max low high)
            | values, texts ->
                [ for i, value in Array.indexed values do
                      match value with
                      | JsonValue.Number number ->
                          let text =
                              match Array.tryItem i texts with
                              | Some(JsonValue.Text text) -> Figure.plain text
                              | _ -> number.ToString CultureInfo.InvariantCulture

                          (if isLog then Math.Log10 number else number), text
                      | _ -> () ]

        { Id = id
          Categories = categories
          IsLog = isLog
          Low = low
          High = high
          From = from
          To = till
          Ticks = ticks
          Title = Figure.tryTitle "title" json
          ShowGrid = Json.tryBool "showgrid" json |> Option.defaultValue (Array.length categories = 0)
          ShowTicks =
            Json.tryBool "showticklabels" json |> Option.defaultValue true
            && Json.tryBool "visible" json <> Some false
          Json = json }
