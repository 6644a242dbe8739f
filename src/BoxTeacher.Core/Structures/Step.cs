using BoxTeacher.Processes;
using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>The one clock of a run, and what its step may draw from.</summary>
/// <param name="Iteration">Number of the step, 0-based.</param>
/// <param name="Random">
/// A stream of the step's own: what is drawn depends on seed and iteration alone, so that a resumed run repeats it.
/// </param>
public readonly record struct Step(long Iteration, RandomStream Random)
{
    /// <summary>The processes that take the step together, each with a share of its images; null: this one alone.</summary>
    public IProcessGroup? Processes { get; init; }

    /// <summary>Where the images of the pass stand in the step's batch; null: they are all of it.</summary>
    public ImagePlaces? Places { get; init; }

    /// <summary>A step of a run.</summary>
    /// <param name="iteration">0-based.</param>
    /// <param name="run">The run's stream, split by the iteration.</param>
    public static Step Of(long iteration, RandomStream run) => new(iteration, run.Split((ulong)iteration));

    /// <summary>The step for a pass over a view, whose images draw by their places.</summary>
    public Step For(View view) => this with { Places = view.Places };

    /// <summary>An image's place in the step's batch, whichever process has it: what its draws are told apart by.</summary>
    /// <param name="image">0-based, among those of the pass.</param>
    public int PlaceOf(int image) => Places?.Of[image] ?? image;

    /// <summary>A number over all images of the step's batch, from that over this process's share.</summary>
    public double Sum(double own) => Processes?.SumOf(own) ?? own;

    /// <summary>The same of a tensor; it has no gradient.</summary>
    public Tensor Sum(Tensor own) => Processes?.SumOf(own) ?? own.detach();
}

/// <summary>Where some images stand in the batch that several processes share.</summary>
/// <param name="Of">The place of each, 0-based.</param>
/// <param name="Whole">Number of images of the whole batch.</param>
public sealed record ImagePlaces(IReadOnlyList<int> Of, int Whole);
