namespace BoxTeacher.Properties

open System
open System.Globalization

/// Numbers as a failing input shows them, and how they become simpler.
[<RequireQualifiedAccess>]
module Numbers =

    /// A number in few characters: at most four decimals, and an exponent where that would hide it.
    let short (value: float) =
        if Double.IsFinite value && (value = 0.0 || abs value >= 1e-3 && abs value < 1e6) then
            value.ToString("0.####", CultureInfo.InvariantCulture)
        else
            value.ToString("G4", CultureInfo.InvariantCulture)

    /// Two numbers, in as many characters as it takes to tell them apart.
    let shortPair (a: float) (b: float) =
        let full (value: float) = value.ToString("R", CultureInfo.InvariantCulture)
        if short a <> short b || a = b then short a, short b else full a, full b

    let private isWhole (x: float) = Math.Round x = x
    let private oneDecimal (x: float) = Math.Round(x, 1)

    /// The first digit that is not zero, of a number nearer to zero than 1.
    let private oneDigit (x: float) = Math.Round(x, min 15 (int (ceil -(log10 (abs x)))))

    /// Simpler numbers than a finite one, simplest first: zero, fewer decimals, then whole numbers nearer to zero. Each has
    /// fewer decimals, or is whole and smaller, so that taking them one after the other comes to an end.
    let simpler (x: float) =
        let candidates =
            if x = 0.0 then []
            elif isWhole x then [ 0.0; truncate (x / 2.0); x - float (sign x) ]
            elif abs x < 1.0 then [ 0.0; float (sign x); oneDigit x ]
            else [ 0.0; truncate x; oneDecimal x ]

        candidates |> List.filter ((<>) x) |> List.distinct

    /// Simpler numbers than one in [0, 1]: zero, then one, then a half, then one digit.
    let simplerShare (x: float) =
        let candidates =
            if x = 0.0 then [] elif x = 1.0 then [ 0.0 ] elif x = 0.5 then [ 0.0; 1.0 ] else [ 0.0; 1.0; 0.5; oneDigit x ]

        candidates |> List.filter ((<>) x) |> List.distinct
