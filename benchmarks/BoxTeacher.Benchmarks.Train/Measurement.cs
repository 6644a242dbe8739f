namespace BoxTeacher.Benchmarks.Train;

/// <summary>A case measured on both sides in turns.</summary>
internal sealed class Measurement
{
    private readonly List<StepReport> ours = [], peers = [];
    private readonly List<double> gigaflops = [];

    public Measurement(StepCase step, string folder, string python, string script, int rounds)
    {
        Step = step;
        // No project to build, no folder to find: the process is this one's own program.
        using var mine = new Side(Environment.ProcessPath!, "worker", folder);
        using var theirs = new Side(python, script, folder);
        (Version, PeerVersion) = (mine.Version, theirs.Version);
        // Time for both sides to settle: allocators, and on ours compilation.
        var warmUp = rounds >= 10 ? 10 : 2;
        for (var round = -warmUp; round < rounds; round++)
        {
            var (rate, own, other) = (mine.Ask<double>("convolution"), mine.Ask<StepReport>("step"), theirs.Ask<StepReport>("step"));
            if (round == -warmUp)
            {
                FirstLosses = (own.Losses, other.Losses);
            }
            if (round >= 0)
            {
                gigaflops.Add(rate);
                ours.Add(own);
                peers.Add(other);
            }
        }
        (Kilobytes, PeerKilobytes) = (mine.Ask<long>("memory"), theirs.Ask<long>("memory"));
    }

    public StepCase Step { get; }

    public string Version { get; }

    public string PeerVersion { get; }

    public long Kilobytes { get; }

    public long PeerKilobytes { get; }

    /// <summary>Both sides' losses of the very first step, from the same weights and images.</summary>
    public (IReadOnlyDictionary<string, double> Ours, IReadOnlyDictionary<string, double> Peer) FirstLosses { get; }

    /// <summary>The largest difference of a loss, as a part of its size.</summary>
    public double LossDifference => FirstLosses.Ours.Max(loss =>
        Math.Abs(loss.Value - FirstLosses.Peer[loss.Key]) / Math.Max(Math.Abs(loss.Value), 1e-3));

    public IEnumerable<string> Parts => ours[0].Parts.Keys;

    public double Gigaflops => Median(gigaflops);

    public double Milliseconds => Median(ours.Select(Total));

    public double PeerMilliseconds => Median(peers.Select(Total));

    /// <summary>Median over the rounds of ours / PyTorch.</summary>
    public double RatioToPeer => Median(ours.Zip(peers, (own, other) => Total(own) / Total(other)));

    /// <summary>Median over the rounds of ours / published, the latter scaled by the convolution measured beside it.</summary>
    public double RatioToPublished => Median(ours.Zip(gigaflops, (own, rate) => Total(own) / (Step.PublishedMilliseconds * 77 / rate)));

    public double RatioOfMemory => (double)Kilobytes / PeerKilobytes;

    public (double Ours, double Peer) Part(string name) => (Median(ours.Select(own => own.Parts[name])), Median(peers.Select(other => other.Parts[name])));

    private static double Total(StepReport step) => step.Parts.Values.Sum();

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
