using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>Whether masks can be compared: a filled box in the place of a mask would give numbers that mean nothing.</summary>
public static class MaskCoverage
{
    /// <summary>What keeps the masks of a truth from being compared; null: each object, crowds included, has one.</summary>
    public static string? Problem(InstanceDataset truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var lacking = truth.Images.SelectMany(image => image.Annotations).Where(annotation => !annotation.HasMask).ToList();
        return lacking.Count == 0 ? null : Said(lacking[0]) + Others(lacking.Count);
    }

    /// <summary>What keeps the masks of detections from being compared; null: each detection of a known category has one.</summary>
    public static string? Problem(IReadOnlyList<DetectionResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        int first = -1, count = 0;
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i] is { Mask: null, Category: >= 0 })
            {
                first = first < 0 ? i : first;
                count++;
            }
        }

        return count == 0 ? null : $"detection {first} has no mask{Others(count)}";
    }

    /// <summary>What keeps masks from being compared: the truth's problem before that of the detections.</summary>
    public static string? Problem(InstanceDataset truth, IReadOnlyList<DetectionResult> results) => Problem(truth) ?? Problem(results);

    private static string Said(Annotation lacking) => lacking.Segmentation is Segmentation.Malformed malformed
        ? $"{malformed.Key}: {malformed.Problem}"
        : $"annotation {lacking.Id} has no mask";

    private static string Others(int count) => count == 1 ? "" : $" (like {count - 1} others)";
}
