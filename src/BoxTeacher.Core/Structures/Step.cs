namespace BoxTeacher.Structures;

/// <summary>The one clock of a run, and what its step may draw from.</summary>
/// <param name="Iteration">Number of the step, 0-based.</param>
/// <param name="Random">
/// A stream of the step's own: what is drawn depends on seed and iteration alone, so that a resumed run repeats it.
/// </param>
public readonly record struct Step(long Iteration, RandomStream Random)
{
    /// <summary>A step of a run.</summary>
    /// <param name="iteration">0-based.</param>
    /// <param name="run">The run's stream, split by the iteration.</param>
    public static Step Of(long iteration, RandomStream run) => new(iteration, run.Split((ulong)iteration));
}
