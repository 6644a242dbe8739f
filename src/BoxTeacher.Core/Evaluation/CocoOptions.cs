namespace BoxTeacher.Evaluation;

/// <summary>What COCO evaluation is asked for; the defaults are the published protocol.</summary>
public sealed record CocoOptions
{
    /// <summary>The published protocol.</summary>
    public static CocoOptions Default { get; } = new();

    /// <summary>Overlaps from which on a detection counts as right, ascending, at most 32; 0.5, 0.55, ..., 0.95.</summary>
    public IReadOnlyList<double> IouThresholds { get; init; } = Spaced(0.5, 0.95, 10);

    /// <summary>
    /// Limits of the detections per image and category, ascending; 1, 10, 100. Average recall is given at each of them, precision at the
    /// last.
    /// </summary>
    public IReadOnlyList<int> MaxDetections { get; init; } = [1, 10, 100];

    /// <summary>Whether categories are kept apart; if not, all objects are of one kind.</summary>
    public bool PerCategory { get; init; } = true;

    /// <summary>The images to look at; null: all.</summary>
    public IReadOnlySet<long>? ImageIds { get; init; }

    /// <summary>The categories to look at, by index; null: all.</summary>
    public IReadOnlySet<int>? Categories { get; init; }

    /// <summary>The recalls at which precision is read: 101 numbers from 0 to 1.</summary>
    public static IReadOnlyList<double> RecallThresholds { get; } = Spaced(0, 1, 101);

    /// <summary>The area ranges in square pixels, both ends included.</summary>
    public static IReadOnlyList<(double Low, double High)> Areas { get; } =
        [(0, 1e10), (0, 32 * 32), (32 * 32, 96 * 96), (96 * 96, 1e10)];

    /// <summary>Evenly spaced numbers with the very rounding of numpy's linspace, which the published arrays show.</summary>
    /// <param name="first">The first number.</param>
    /// <param name="last">The last number.</param>
    /// <param name="count">How many, at least 2.</param>
    public static double[] Spaced(double first, double last, int count)
    {
        var step = (last - first) / (count - 1);
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (i * step) + first;
        }
        values[^1] = last;
        return values;
    }

    /// <summary>Fails, naming the option, unless every option is in range.</summary>
    internal void Check()
    {
        if (IouThresholds.Count is < 1 or > 32)
        {
            throw new ArgumentException("1 to 32 overlap thresholds are needed.", nameof(IouThresholds));
        }
        if (MaxDetections.Count == 0 || MaxDetections[0] < 1
            || MaxDetections.Zip(MaxDetections.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException("The limits must be at least 1 and ascend.", nameof(MaxDetections));
        }
    }
}

/// <summary>
/// What became of each detection, in the order of <see cref="CocoGroups.Detections"/>; one bit an overlap threshold.
/// </summary>
internal sealed class CocoOutcome(int detections, int areas)
{
    /// <summary>Its place by score within its cell; -1 if it is beyond the limit.</summary>
    public int[] Rank { get; } = new int[detections];

    /// <summary>For area range and detection: at which thresholds it found a truth.</summary>
    public uint[,] Found { get; } = new uint[areas, detections];

    /// <summary>For area range and detection: at which thresholds it counts neither as right nor as wrong.</summary>
    public uint[,] Ignored { get; } = new uint[areas, detections];
}
