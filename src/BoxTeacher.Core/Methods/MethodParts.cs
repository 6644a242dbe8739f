using System.Globalization;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>A part of a method returned something that it must not; the message names the part and what it must return.</summary>
public sealed class PartException : Exception
{
    /// <summary>With a message only.</summary>
    public PartException(string message)
        : base(message)
    {
    }

    /// <summary>With the error that it came from.</summary>
    public PartException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message.</summary>
    public PartException()
    {
    }
}

/// <summary>
/// Functions that take the place of a method's own: what an ablation swaps and a recipe has no word for. Each kind of method has a record
/// of those that it takes; a part that is null stays the recipe's.
/// </summary>
public abstract record MethodParts
{
    /// <summary>The parts that are given, by name.</summary>
    public IReadOnlyList<string> Names => [.. Given.Select(part => part.Name)];

    /// <summary>The parts that are given, each with a trial that calls it once on a tiny fake batch.</summary>
    protected abstract IEnumerable<(string Name, Action<Device> Trial)> Given { get; }

    /// <summary>
    /// Calls every part once on a tiny fake batch, so that a wrong shape, a NaN or a value out of range is found before step 1.
    /// </summary>
    /// <param name="device">Where the fake batch lives.</param>
    /// <exception cref="PartException">The first part that fails; the message names it and what it must return.</exception>
    public void Try(Device device)
    {
        foreach (var (name, trial) in Given)
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            try
            {
                trial(device);
            }
            catch (Exception error) when (error is not PartException)
            {
                throw new PartException($"part {name} fails on a small batch: {error.Message.Split('\n')[0]}", error);
            }
        }
    }
}

/// <summary>What parts must return.</summary>
internal static class PartCheck
{
    // Means of ones may round to a little more.
    private const double Rounding = 1e-5;

    /// <summary>One number per mask.</summary>
    public static Tensor OnePerMask(Tensor confidences, int count) => confidences.dim() == 1 && confidences.size(0) == count
        ? confidences
        : throw new PartException(
            $"part Confidence returned [{string.Join(", ", confidences.shape)}] for {count} masks; it must return one number per mask, [{count}]");

    /// <summary>Confidences on the host, where they are needed anyway, all in [0, 1].</summary>
    public static float[] Confidences(float[] confidences)
    {
        foreach (var value in confidences)
        {
            if (value is not (>= 0 and <= (float)(1 + Rounding)))
            {
                throw new PartException(Invariant($"part Confidence returned {value}; confidences must be in [0, 1]"));
            }
        }

        return confidences;
    }

    /// <summary>An affinity whose answers are checked at every step.</summary>
    public static PairAffinity Checked(string name, PairAffinity affinity) => (grid, masks, pairs) =>
    {
        var answer = affinity(grid, masks, pairs);
        long[] wanted = [masks.size(0), pairs.Count, masks.size(1), masks.size(2)];
        if (!answer.shape.SequenceEqual(wanted))
        {
            throw new PartException(
                $"part {name} returned [{string.Join(", ", answer.shape)}]; it must return one affinity per box and pair, [{string.Join(", ", wanted)}]");
        }

        RequireShares(name, "affinities", answer);
        return answer;
    };

    /// <summary>A schedule whose answers are checked at every step.</summary>
    public static MomentumSchedule Checked(MomentumSchedule momentum) => iteration =>
    {
        var value = momentum(iteration);
        return value is >= 0 and <= 1
            ? value
            : throw new PartException(Invariant($"part Momentum returned {value} at iteration {iteration}; momenta must be in [0, 1]"));
    };

    /// <summary>An assignment whose answers are checked at every step.</summary>
    public static PseudoMaskAssignment Checked(PseudoMaskAssignment assignment) => (predictions, iou) =>
    {
        var (rows, boxes) = (assignment(predictions, iou), iou.GetLength(1));
        return rows.Length == boxes && rows.All(row => row >= -1 && row < predictions.Count)
            ? rows
            : throw new PartException(
                $"part Assignment returned [{string.Join(", ", rows)}] for {predictions.Count} predictions and {boxes} boxes; it must return for each box the row of its prediction, or -1");
    };

    /// <summary>A filter whose answers are checked at every step.</summary>
    public static PseudoLabelFilter Checked(string name, PseudoLabelFilter filter) => labels =>
    {
        var rows = filter(labels);
        var count = labels.Instances.Count;
        return rows.dim() == 1 && rows.dtype == int64 && Array.TrueForAll(HostValues.Longs(rows), row => row >= 0 && row < count)
            ? rows
            : throw new PartException(
                $"part {name} returned {rows.dtype} [{string.Join(", ", rows.shape)}] for {count} pseudo-labels; it must return rows of them, int64{(count > 0 ? $" in 0..{count - 1}" : " [0]")}");
    };

    /// <summary>Values that must all be in [0, 1].</summary>
    public static void RequireShares(string part, string what, Tensor values)
    {
        if (values.numel() == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var range = HostValues.Floats(stack([values.detach().min(), values.detach().max()]));
        if (!(range[0] >= 0 && range[1] <= 1 + Rounding))
        {
            throw new PartException(Invariant($"part {part} returned values in [{range[0]}, {range[1]}]; {what} must be in [0, 1]"));
        }
    }

    /// <summary>Values of which none may be negative or NaN.</summary>
    public static void RequireNotNegative(string part, string what, Tensor values)
    {
        if (values.numel() == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var least = HostValues.Floats(values.detach().min().reshape(1))[0];
        if (!(least >= 0))
        {
            throw new PartException(Invariant($"part {part} returned {least}; {what} must not be negative"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A tiny batch to try parts on.</summary>
internal static class FakeBatch
{
    private const int Side = 32;
    private const int Stride = 4;
    private static readonly float[] TrueBoxes = [2, 3, 18, 20, 9, 8, 30, 29];
    private static readonly float[] PredictedBoxes = [1, 1, 9, 12, 4, 3, 15, 15, 0, 0, 5, 5];
    private static readonly float[] PredictedScores = [0.9f, 0.6f, 0.1f];

    /// <summary>Two boxes in an image of noise, on a grid of 8x8 cells.</summary>
    public static MaskGrid Grid(Device device)
    {
        var boxes = tensor(TrueBoxes, [2, 4], device: device);
        var pixels = (arange(3 * Side * Side, int64, device) * 37 % 251).to(uint8).view(1, 3, Side, Side);
        var size = new ImageSize(Side, Side);
        var view = new View(
            new ImageBatch(pixels.to(float32), [size]), [Homography.Identity], [size],
            [new Instances(boxes, zeros(2, int64, device))], pixels);
        return MaskGrid.Of(view, Stride, bottomRows: 0);
    }

    /// <summary>A teacher's masks for its boxes, [2, 8, 8].</summary>
    public static Tensor Masks(MaskGrid grid) => grid.BoxMasks * 0.75;

    /// <summary>Three pseudo-labels with their deviations.</summary>
    public static PseudoLabels PseudoLabels(Device device) => new(
        new Instances(tensor(PredictedBoxes, [3, 4], device: device), zeros(3, int64, device), tensor(PredictedScores, device: device)),
        arange(12, float32, device).view(3, 4) / 100);

    /// <summary>Three pseudo-labels with the quality of their masks, and the masks themselves if they are wanted.</summary>
    public static PseudoLabels Scored(Device device, bool masks)
    {
        var pixels = masks ? (arange(3 * 16 * 16, float32, device) % 3 > 1).to(uint8).view(3, 16, 16) : null;
        return new PseudoLabels(
            new Instances(
                tensor(PredictedBoxes, [3, 4], device: device), zeros(3, int64, device), tensor(PredictedScores, device: device), pixels),
            MaskQuality: tensor(PredictedScores, device: device));
    }

    /// <summary>Four moves of boxes [n, 4], no two alike: [4, n, 4].</summary>
    public static Tensor Noise(Tensor boxes) => (arange(16 * boxes.size(0), float32, boxes.device) * 7 % 5 - 2).view(4, -1, 4);

    /// <summary>Three boxes of background and two classes.</summary>
    public static BackgroundScores Background(Device device)
    {
        var boxes = tensor(PredictedBoxes, [3, 4], device: device);
        var logits = arange(9, float32, device).view(3, 3) * 5 % 7;
        return new BackgroundScores(logits.softmax(1), (-logits).softmax(1), boxes, boxes + 1, tensor(PredictedScores, device: device) / 2);
    }

    /// <summary>Three predictions, the last one without foreground.</summary>
    public static TeacherMasks Predictions(Device device)
    {
        var masks = (arange(3 * 16 * 16, float32, device) % 17 / 16).view(3, 16, 16);
        masks[2].fill_(0);
        var boxes = tensor(PredictedBoxes, [3, 4], device: device);
        return new TeacherMasks(boxes, tensor(PredictedScores, device: device), masks);
    }
}

/// <summary>Parts of BoxInst.</summary>
/// <param name="ColorAffinity">Which pixels belong together by their colors.</param>
public sealed record BoxInstParts(PairAffinity? ColorAffinity = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given => PartTrials.Affinity(nameof(ColorAffinity), ColorAffinity);

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity ColorAffinityOr(PairAffinity own) =>
        ColorAffinity is { } given ? PartCheck.Checked(nameof(ColorAffinity), given) : own;
}

/// <summary>Parts of BoxTeacher.</summary>
/// <param name="Confidence">How far a pseudo mask is trusted.</param>
/// <param name="Assignment">Which prediction a box gets.</param>
/// <param name="MaskAffinity">Which pixels belong together by the teacher's masks.</param>
/// <param name="ColorAffinity">Which pixels belong together by their colors.</param>
/// <param name="Momentum">How fast the teacher follows.</param>
public sealed record BoxTeacherParts(
    ConfidenceScore? Confidence = null,
    PseudoMaskAssignment? Assignment = null,
    PairAffinity? MaskAffinity = null,
    PairAffinity? ColorAffinity = null,
    MomentumSchedule? Momentum = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given =>
    [
        .. PartTrials.Of(nameof(Confidence), Confidence, (confidence, device) =>
        {
            var masks = FakeBatch.Predictions(device);
            PartCheck.Confidences(HostValues.Floats(PartCheck.OnePerMask(confidence(masks), (int)masks.Scores.size(0))));
        }),
        .. PartTrials.Of(nameof(Assignment), Assignment, (assignment, _) =>
            PartCheck.Checked(assignment)([new(0, 0.9f), new(1, 0.6f), new(4, 0.1f)], new[,] { { 0.8f, 0 }, { 0.7f, 0.6f }, { 0, 0.5f } })),
        .. PartTrials.Affinity(nameof(MaskAffinity), MaskAffinity),
        .. PartTrials.Affinity(nameof(ColorAffinity), ColorAffinity),
        .. PartTrials.Momentum(Momentum),
    ];

    /// <summary>The given assignment, its answers checked at every step; or the recipe's.</summary>
    internal PseudoMaskAssignment AssignmentOr(PseudoMaskAssignment own) => Assignment is { } given ? PartCheck.Checked(given) : own;

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity MaskAffinityOr(PairAffinity own) =>
        MaskAffinity is { } given ? PartCheck.Checked(nameof(MaskAffinity), given) : own;

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity ColorAffinityOr(PairAffinity own) =>
        ColorAffinity is { } given ? PartCheck.Checked(nameof(ColorAffinity), given) : own;

    /// <summary>The given schedule, its answers checked at every step; or the recipe's.</summary>
    internal MomentumSchedule MomentumOr(MomentumSchedule own) => Momentum is { } given ? PartCheck.Checked(given) : own;
}

/// <summary>Trials of parts on fake batches.</summary>
internal static class PartTrials
{
    /// <summary>A trial of a part, if it is given.</summary>
    public static IEnumerable<(string Name, Action<Device> Trial)> Of<T>(string name, T? part, Action<T, Device> trial) where T
        : Delegate =>
        part is null ? [] : [(name, device => trial(part, device))];

    /// <summary>A trial of a momentum, if it is given.</summary>
    public static IEnumerable<(string Name, Action<Device> Trial)> Momentum(MomentumSchedule? momentum) =>
        Of(nameof(Momentum), momentum, (given, _) =>
    {
        foreach (var iteration in (long[])[1, 10, 1_000, 100_000])
        {
            PartCheck.Checked(given)(iteration);
        }
    });

    /// <summary>A trial of a filter, if it is given.</summary>
    /// <param name="name">Of the part.</param>
    /// <param name="filter">The part.</param>
    /// <param name="labels">What it is tried on, with all that its method knows then.</param>
    public static IEnumerable<(string Name, Action<Device> Trial)> Filter(
        string name, PseudoLabelFilter? filter, Func<Device, PseudoLabels> labels) =>
        Of(name, filter, (given, device) =>
        {
            // An image without any label is common too.
            var some = labels(device);
            PartCheck.Checked(name, given)(some);
            PartCheck.Checked(name, given)(some.Select(zeros(0, int64, device)));
        });

    /// <summary>A trial of an affinity, if it is given.</summary>
    public static IEnumerable<(string Name, Action<Device> Trial)> Affinity(string name, PairAffinity? affinity) =>
        Of(name, affinity, (given, device) =>
    {
        var grid = FakeBatch.Grid(device);
        PartCheck.Checked(name, given)(grid, FakeBatch.Masks(grid), new PixelPairs());
    });
}
