namespace BoxTeacher.Workbench

open System

/// Mean and spread of repeated measurements.
type Spread =
    { /// Number of measurements.
      Count: int
      /// Their arithmetic mean; NaN when there is none.
      Mean: float
      /// Their sample standard deviation (divisor n - 1); NaN below two measurements.
      Deviation: float }

/// A mean difference of pairs with its confidence interval.
type Difference =
    { /// Number of pairs.
      Count: int
      /// Mean of the differences; NaN when there is no pair.
      Mean: float
      /// Lower end of the interval; NaN below two pairs.
      Low: float
      /// Upper end of the interval; NaN below two pairs.
      High: float }

    /// Whether the interval leaves zero out.
    member difference.IsClear = difference.Low > 0.0 || difference.High < 0.0

/// Means, spreads and Student's intervals.
[<RequireQualifiedAccess>]
module Statistics =

    /// Arithmetic mean; NaN for no values.
    let mean (values: float seq) =
        let values = Array.ofSeq values
        if values.Length = 0 then nan else Array.average values

    /// Sample standard deviation, divisor n - 1; NaN below two values.
    let deviation (values: float seq) =
        let values = Array.ofSeq values

        if values.Length < 2 then
            nan
        else
            let center = Array.average values
            sqrt ((values |> Array.sumBy (fun v -> (v - center) ** 2.0)) / float (values.Length - 1))

    /// Count, mean and standard deviation.
    let spread (values: float seq) : Spread =
        let values = Array.ofSeq values
        { Count = values.Length; Mean = mean values; Deviation = deviation values }

    /// P(|T| <= t) of Student's distribution with a whole number of degrees of freedom, t >= 0.
    /// Finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4.
    let studentCentral (degrees: int) (t: float) =
        if degrees < 1 then
            invalidArg (nameof degrees) $"Student's distribution needs at least one degree of freedom, not {degrees}"

        let theta = atan (t / sqrt (float degrees))
        let c2 = cos theta ** 2.0

        // 1 + a/b c^2 + (a a')/(b b') c^4 + ..., numerators and denominators two apart.
        let series numerator terms =
            ((1.0, 1.0), [ 0 .. terms - 1 ])
            ||> List.fold (fun (sum, term) i ->
                let next = term * (numerator + 2.0 * float i) / (numerator + 1.0 + 2.0 * float i) * c2
                sum + next, next)
            |> fst

        if degrees = 1 then
            2.0 * theta / Math.PI
        elif degrees % 2 = 1 then
            2.0 / Math.PI * (theta + sin theta * cos theta * series 2.0 ((degrees - 3) / 2))
        else
            sin theta * series 1.0 ((degrees - 2) / 2)

    /// The t that |T| stays below with the given probability in (0, 1): 4.303 for two degrees of freedom and 0.95.
    let studentQuantile (degrees: int) (confidence: float) =
        if not (confidence > 0.0 && confidence < 1.0) then
            invalidArg (nameof confidence) $"a confidence lies between 0 and 1, not {confidence}"

        let rec above t = if studentCentral degrees t < confidence then above (2.0 * t) else t

        let rec between low high steps =
            let middle = (low + high) / 2.0

            if steps = 0 then middle
            elif studentCentral degrees middle < confidence then between middle high (steps - 1)
            else between low middle (steps - 1)

        between 0.0 (above 1.0) 200

    /// Mean difference of pairs (of, from), with Student's interval at a confidence such as 0.95.
    let pairedDifference (confidence: float) (pairs: (float * float) seq) : Difference =
        let differences = [| for value, origin in pairs -> value - origin |]
        let center = mean differences

        let reach =
            if differences.Length < 2 then
                nan
            else
                studentQuantile (differences.Length - 1) confidence * deviation differences / sqrt (float differences.Length)

        { Count = differences.Length
          Mean = center
          Low = center - reach
          High = center + reach }
