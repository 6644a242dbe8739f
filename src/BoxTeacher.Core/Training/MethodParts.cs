using BoxTeacher.Teaching.Affinity;
using BoxTeacher.Teaching.Ema;
using BoxTeacher.Teaching.PseudoMasks;

namespace BoxTeacher.Training;

/// <summary>
/// Parts of a method that take the place of those that a recipe describes: what an ablation swaps and a recipe has no word for. A part
/// that is null stays the recipe's.
/// </summary>
/// <param name="Confidence">How far a pseudo mask is trusted.</param>
/// <param name="Assignment">Which prediction a box gets.</param>
/// <param name="MaskAffinity">Which pixels belong together by the teacher's masks.</param>
/// <param name="ColorAffinity">Which pixels belong together by their colours.</param>
/// <param name="Momentum">How fast the teacher follows.</param>
public sealed record MethodParts(
    IConfidenceScore? Confidence = null,
    IPseudoMaskAssignment? Assignment = null,
    IAffinitySource? MaskAffinity = null,
    IAffinitySource? ColorAffinity = null,
    IMomentumSchedule? Momentum = null)
{
    /// <summary>Nothing replaced.</summary>
    public static MethodParts None { get; } = new();

    /// <summary>Refuses parts that the teaching has no place for; they would be left out in silence.</summary>
    /// <exception cref="ArgumentException">The message names the part and the teaching.</exception>
    internal void Check(TeachingRecipe teaching)
    {
        var misplaced = teaching switch
        {
            BoxTeacherTeaching => [],
            BoxInstTeaching => Given(Confidence, Assignment, MaskAffinity, null, Momentum),
            _ => Given(Confidence, Assignment, MaskAffinity, ColorAffinity, Momentum),
        };
        if (misplaced.Count > 0)
        {
            throw new ArgumentException($"{teaching.GetType().Name} has no place for: {string.Join(", ", misplaced)}");
        }
    }

    private static List<string> Given(params ReadOnlySpan<object?> parts)
    {
        string[] names = [nameof(Confidence), nameof(Assignment), nameof(MaskAffinity), nameof(ColorAffinity), nameof(Momentum)];
        var given = new List<string>();
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not null)
            {
                given.Add(names[i]);
            }
        }
        return given;
    }
}
