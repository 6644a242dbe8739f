namespace BoxTeacher.Evaluation;

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
