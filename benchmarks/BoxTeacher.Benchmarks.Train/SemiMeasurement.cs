using System.Diagnostics;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>A semi-supervised step and what it consists of, in turns, in one process of its own.</summary>
internal sealed class SemiMeasurement
{
    private const double SettlingSeconds = 6;
    private const double MostOfLayers = 1.25;
    private const double MostOfStep = 0.10;

    private readonly SemiCase step;
    private readonly Side side;
    private readonly Side reduced;
    private readonly List<StepPieces> pieces = [];
    private readonly List<double> rates = [];
    private readonly long kilobytes;

    /// <param name="step">The case.</param>
    /// <param name="side">A started process.</param>
    /// <param name="reduced">One of a lower precision.</param>
    /// <param name="rounds">Measured steps.</param>
    public SemiMeasurement(SemiCase step, Side side, Side reduced, int rounds)
    {
        (this.step, this.side, this.reduced) = (step, side, reduced);
        Console.WriteLine($"{step.Name}: {rounds} rounds, and some for settling");
        var clock = Stopwatch.StartNew();
        // Until the loops of the step are compiled well.
        for (var settling = 0; settling < 2 || (settling < 30 && clock.Elapsed.TotalSeconds < SettlingSeconds); settling++)
        {
            side.Step(isMeasured: false);
            reduced.Step(isMeasured: false);
            kilobytes = side.Ask<long>("memory");
        }

        side.Ask<StepPieces>("pieces");
        side.Step(isMeasured: false);
        for (var round = 0; round < rounds; round++)
        {
            var rate = side.Ask<double>("convolution");
            side.Step(isMeasured: true);
            reduced.Step(isMeasured: true);
            Console.Error.WriteLine($"{step.Name}: round {round + 1} of {rounds}, {side.Walls[^1]:F0} ms by the clock");

            pieces.Add(side.Ask<StepPieces>("pieces"));
            rates.Add(rate);
        }
    }

    private double Step => Side.Median(side.Processor);

    private double Gigaflops => Piece(found => found.Convolutions.Gigaflop) / Piece(found => found.Convolutions.Milliseconds) * 1000;

    private IReadOnlyList<string> Selection => [.. pieces[0].Selection.Keys];

    // Round by round, so that what slows the machine slows both.
    private double OfConvolutions => Ratio(found => found.Convolutions.Milliseconds);

    private double OfLayers => Ratio(found => found.Convolutions.Milliseconds + found.Connected.Milliseconds);

    private double OfFloat32 => Side.Median(reduced.Processor.Zip(side.Processor, (lower, own) => lower / own));

    private double SelectionOfStep => 1 / Ratio(found => found.Selection.Values.Sum());

    public void Print(int threads)
    {
        var size = $"{SemiCase.Images} labelled and {SemiCase.Images} unlabelled images of {SemiCase.Side}x{SemiCase.Side}";
        Console.WriteLine($"{step.Name}: {size}, {step.Classes} classes; {threads} threads; libtorch {side.Version}");
        Console.WriteLine($"{"processor ms",-28}{"ours",10}");
        foreach (var part in side.Parts)
        {
            Row(part, side.Part(part));
            if (part == "forward")
            {
                var (supervised, teacher) = (Piece(found => found.Supervised), Piece(found => found.Teacher));
                Row("  supervised", supervised);
                Row("  teacher", teacher);
                Row("  student, unlabelled", side.Part(part) - supervised - teacher);
            }
        }
        Row("step", Step);
        Row("step, by the clock", Side.Median(side.Walls));
        foreach (var name in Selection)
        {
            Row(name, Piece(found => found.Selection[name]));
        }

        Row("convolutions alone", Piece(found => found.Convolutions.Milliseconds));
        Row("fully connected alone", Piece(found => found.Connected.Milliseconds));
        Row("peak MB", kilobytes / 1e3);
        var speed = $"{Gigaflops:F0} GFLOP/s, the reference convolution at {Side.Median(rates):F0}";
        var (convolutions, connected) = (Piece(found => found.Convolutions.Gigaflop), Piece(found => found.Connected.Gigaflop));
        Console.WriteLine($"  {convolutions:F1} GFLOP of convolutions at {speed}; {connected:F1} GFLOP of fully connected layers");
        Console.WriteLine($"  step / convolutions alone: {OfConvolutions:F2}; / convolutions and fully connected layers: {OfLayers:F2} (target {MostOfLayers})");
        Console.WriteLine($"  {reduced.Name} / float32: {OfFloat32:F2} of processor time");
        Console.WriteLine($"  {string.Join(", ", Selection)}: {SelectionOfStep:P1} of the step (target {MostOfStep:P0})");
        Console.WriteLine();
    }

    public void Record(IDictionary<string, object> report)
    {
        report[$"{step.Name}: milliseconds"] = new { wall = Math.Round(Side.Median(side.Walls), 1), processor = Math.Round(Step, 1) };
        report[$"{step.Name}: milliseconds by part"] = side.Parts.ToDictionary(part => part, part => Math.Round(side.Part(part), 2));
        report[$"{step.Name}: by themselves"] = Selection.ToDictionary(name => name, name => Math.Round(Piece(found => found.Selection[name]), 2));
        report[$"{step.Name}: layers alone"] = new
        {
            convolutions = Math.Round(Piece(found => found.Convolutions.Milliseconds), 1),
            connected = Math.Round(Piece(found => found.Connected.Milliseconds), 1),
        };
        report[$"{step.Name}: peak MB"] = kilobytes / 1000;
        report[$"{step.Name}: GFLOP/s"] = new { convolutions = Math.Round(Gigaflops), reference = Math.Round(Side.Median(rates)) };
        report[$"{step.Name}: step / convolutions"] = Math.Round(OfConvolutions, 3);
        report[$"{step.Name}: step / convolutions and fully connected"] = Math.Round(OfLayers, 3);
        report[$"{step.Name}: {reduced.Name} / float32"] = Math.Round(OfFloat32, 3);
        report[$"{step.Name}: between the layers / step"] = Math.Round(SelectionOfStep, 3);
    }

    private double Piece(Func<StepPieces, double> part) => Side.Median(pieces.Select(part));

    private double Ratio(Func<StepPieces, double> part) =>
        Side.Median(side.Processor.Zip(pieces, (whole, found) => whole / part(found)));

    private static void Row(string name, double value) => Console.WriteLine($"{name,-28}{value,10:F1}");
}
