using BoxTeacher.Data;
using BoxTeacher.Detectors;

namespace BoxTeacher.Teaching.Methods;

/// <summary>
/// The published code's other rule for which positive locations get a mask (its option MAX_PROPOSALS): all of the batch, or where
/// these are too many a random part of them. What is drawn depends on seed and step alone, so that a run that resumes repeats it.
/// </summary>
/// <param name="Most">The most locations of a batch, at least 1; 500 in CondInst's own recipes.</param>
/// <param name="Seed">Of the draws.</param>
public sealed record ProposalLimit(int Most, long Seed)
{
    /// <summary>The rule of one step, as <see cref="StudentOutputs"/> takes it.</summary>
    /// <param name="step">Number of the step.</param>
    public Func<FcosTargets, int[]> At(long step) => targets => Rows(targets, step);

    /// <summary>The rows of the positives that get a mask, ordered by image and box.</summary>
    /// <param name="targets">The positives of a batch.</param>
    /// <param name="step">Number of the step.</param>
    public int[] Rows(FcosTargets targets, long step)
    {
        int[] rows = [.. Enumerable.Range(0, targets.Count)];
        if (rows.Length > Most)
        {
            new RandomStream((ulong)Seed).Split((ulong)step).Shuffle<int>(rows);
            rows = rows[..Most];
        }

        return [.. rows.OrderBy(row => targets.Boxes[row]).ThenBy(row => row)];
    }
}
