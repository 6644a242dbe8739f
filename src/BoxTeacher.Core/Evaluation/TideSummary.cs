namespace BoxTeacher.Evaluation;

/// <summary>
/// The six kinds of error of Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors" (ECCV 2020),
/// section 2.2. Foreground and background name the two overlap thresholds.
/// </summary>
public enum TideError
{
    /// <summary>Localized well (foreground), but the category is wrong.</summary>
    Cls,

    /// <summary>The category is right, but localized badly (between background and foreground).</summary>
    Loc,

    /// <summary>The category is wrong and it is localized badly.</summary>
    Both,

    /// <summary>It would be right, had not a detection of higher score found the truth.</summary>
    Dupe,

    /// <summary>Background was taken for an object.</summary>
    Bkg,

    /// <summary>A truth that was not found, and that no error of category or localization stands for.</summary>
    Miss,
}

/// <summary>What one kind of error costs.</summary>
/// <param name="Error">The kind.</param>
/// <param name="Count">
/// Number of detections, or of truths for <see cref="TideError.Miss"/>, with this error; with those on crowds, which AP
/// leaves out.
/// </param>
/// <param name="DeltaAP">
/// What AP at the foreground overlap would gain if an oracle fixed these errors and no others: a share of 1, at least 0;
/// NaN where nothing would be left to measure.
/// </param>
public sealed record TideCost(TideError Error, int Count, double DeltaAP);

/// <summary>Where average precision is lost; NaN where there is neither a truth nor a detection.</summary>
/// <param name="AP">
/// Average precision at the foreground overlap as TIDE's code has it: at most 100 detections per image, and a category
/// that was detected but is not in the truth counts with 0.
/// </param>
/// <param name="Costs">The six kinds of error in their order. The gains do not add up to 1 - AP.</param>
/// <param name="FalsePositives">The gain if all wrong detections had the lowest scores.</param>
/// <param name="FalseNegatives">The gain if what was not found were no truth; NaN where nothing would be left.</param>
public sealed record TideSummary(double AP, IReadOnlyList<TideCost> Costs, double FalsePositives, double FalseNegatives);
