using BoxTeacher.Torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>A case measured on all sides in turns; ours is the first.</summary>
internal sealed class Measurement
{
    private readonly List<double> gigaflops = [];

    /// <param name="step">The case.</param>
    /// <param name="sides">Started processes.</param>
    /// <param name="rounds">Measured steps.</param>
    public Measurement(StepCase step, IReadOnlyList<Side> sides, int rounds)
    {
        (Step, Sides) = (step, sides);
        var warmUp = rounds >= 10 ? 10 : 2;
        for (var round = -warmUp; round < rounds; round++)
        {
            gigaflops.Add(Ours.Ask<double>("convolution"));
            foreach (var side in sides)
            {
                side.Step(isMeasured: round >= 0);
            }
        }
        gigaflops.RemoveRange(0, warmUp);
        Kilobytes = [.. sides.Select(side => side.Ask<long>("memory"))];
    }

    public StepCase Step { get; }

    public IReadOnlyList<Side> Sides { get; }

    public Side Ours => Sides[0];

    /// <summary>Peak resident memory of each side.</summary>
    public IReadOnlyList<long> Kilobytes { get; }

    /// <summary>Speed of the reference convolution on our side.</summary>
    public double Gigaflops => Side.Median(gigaflops);

    /// <summary>The largest difference of a loss to that of another side in float32, as a part of its size.</summary>
    public double LossDifference => Sides.Skip(1).Where(side => side.Precision == Precision.Float32).SelectMany(side => Ours.FirstLosses.Select(loss =>
        Math.Abs(loss.Value - side.FirstLosses[loss.Key]) / Math.Max(Math.Abs(loss.Value), 1e-3))).DefaultIfEmpty(0).Max();

    /// <summary>Median over the rounds of ours / other, by the clock.</summary>
    public double RatioOfWall(Side other) => Side.Median(Ours.Walls.Zip(other.Walls, (own, its) => own / its));

    /// <summary>Median over the rounds of ours / other, in processor time.</summary>
    public double RatioOfProcessor(Side other) => Side.Median(Ours.Processor.Zip(other.Processor, (own, its) => own / its));

    /// <summary>Median over the rounds of ours / published in processor time, the latter scaled by the convolution measured beside it.</summary>
    public double RatioToPublished => Side.Median(Ours.Processor.Zip(gigaflops, (own, rate) => own / (Step.PublishedMilliseconds * StepCase.PublishedGigaflops / rate)));
}
