using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The boxes of a batch that the second stage learns from, and what each is to learn: M of all images, image after image, in an image
/// positives first. Tensors belong to the caller's dispose scope.
/// </summary>
/// <param name="Boxes">For each image [m, 4], xyxy in pixels of the network's input.</param>
/// <param name="Labels">[M] int64: class, or the number of classes for background.</param>
/// <param name="BoxIndex">[M] int64: row of the box's object among its image's truth; -1 for background.</param>
/// <param name="Deltas">[M, 4]: what a positive regresses to; 0 for background.</param>
/// <param name="Candidates">[M] int64: row of the box among its image's truth and proposals together, in the order of the sampler.</param>
/// <param name="Positives">How many samples of each image, ahead of its others, are of objects.</param>
public sealed record RoiSamples(IReadOnlyList<Tensor> Boxes, Tensor Labels, Tensor BoxIndex, Tensor Deltas, Tensor Candidates,
    IReadOnlyList<int> Positives)
{
    /// <summary>M.</summary>
    public int Count => (int)Labels.size(0);

    /// <summary>The samples of objects.</summary>
    public RoiSamples OfObjects()
    {
        using var scope = NewDisposeScope();
        var rows = Rows(ofObjects: true);
        return new RoiSamples(
            [.. Boxes.Zip(Positives, (boxes, count) => boxes.narrow(0, 0, count))],
            Labels.index_select(0, rows),
            BoxIndex.index_select(0, rows),
            Deltas.index_select(0, rows),
            Candidates.index_select(0, rows),
            Positives).MoveToOuterDisposeScope();
    }

    /// <summary>The rows of samples of objects, or of background: [k] int64.</summary>
    public Tensor Rows(bool ofObjects)
    {
        var rows = new List<long>();
        var first = 0;
        foreach (var (boxes, positives) in Boxes.Zip(Positives))
        {
            var (count, from) = ((int)boxes.size(0), ofObjects ? 0 : positives);
            rows.AddRange(Enumerable.Range(first + from, (ofObjects ? positives : count) - from).Select(row => (long)row));
            first += count;
        }

        return DeviceValues.Of([.. rows], Labels.device);
    }

    /// <summary>Hands the tensors to the dispose scope outside the current one.</summary>
    public RoiSamples MoveToOuterDisposeScope()
    {
        foreach (var tensor in (Tensor[])[.. Boxes, Labels, BoxIndex, Deltas, Candidates])
        {
            tensor.MoveToOuterDisposeScope();
        }

        return this;
    }
}

/// <summary>What the box head says of M boxes. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Logits">[M, C + 1]; background is the last.</param>
/// <param name="Deltas">[M, 4C] of each class, or [M, 4] of all classes alike.</param>
public sealed record BoxOutputs(Tensor Logits, Tensor Deltas);

/// <summary>Puts the true boxes of an image among its proposals; each belongs to its own object.</summary>
/// <param name="truth">[g, ...].</param>
/// <param name="proposals">[n, ...].</param>
/// <returns>Both, along the first dimension.</returns>
public delegate Tensor TruthAmongProposals(Tensor truth, Tensor proposals);

/// <summary>Where the true boxes stand.</summary>
public static class TruthPlaces
{
    /// <summary>mmdetection: first.</summary>
    public static Tensor First(Tensor truth, Tensor proposals) => cat([truth, proposals]);

    /// <summary>detectron2: last.</summary>
    public static Tensor Last(Tensor truth, Tensor proposals) => cat([proposals, truth]);

    /// <summary>Nowhere.</summary>
    public static Tensor Absent(Tensor truth, Tensor proposals) => proposals.alias();
}

/// <summary>Which proposals the second stage learns from, and what (Girshick 2015, section 2.3).</summary>
/// <param name="sampler">Chooses among the proposals.</param>
/// <param name="samples">Proposals per image; 512 as published.</param>
/// <param name="positiveShare">Largest share of positives; 0.25 as published.</param>
/// <param name="matcher">Which proposal belongs to which object; null: IoU from 0.5 on, all others are background.</param>
/// <param name="coder">Writes a target as a move of its proposal; null: deviations 0.1, 0.1, 0.2, 0.2.</param>
/// <param name="truthPlace">Where the true boxes stand among the proposals; null: first.</param>
public sealed class RoiSampler(
    SubsetSampler sampler, int samples = 512, double positiveShare = 0.25, Matcher? matcher = null, BoxCoder? coder = null,
    TruthAmongProposals? truthPlace = null)
{
    private readonly Matcher _matcher = matcher ?? new Matcher(0.5, 0.5);
    private readonly BoxCoder _coder = coder ?? BoxCoder.Regions;
    private readonly TruthAmongProposals _place = truthPlace ?? TruthPlaces.First;

    /// <summary>The samples of a batch.</summary>
    /// <param name="proposals">Of each image, [n, 4].</param>
    /// <param name="truth">Of each image.</param>
    /// <param name="classes">Number of classes, the label of background.</param>
    /// <param name="random">What may be drawn from.</param>
    /// <param name="placeOf">By which number an image draws; null: its own.</param>
    public RoiSamples Sample(
        IReadOnlyList<Tensor> proposals, IReadOnlyList<Instances> truth, int classes, RandomStream random, Func<int, int>? placeOf = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        Candidates[] candidates = [.. proposals.Select((boxes, image) => Match(boxes, truth[image]))];
        // All images in one copy.
        var known = HostValues.Longs(cat([.. candidates.Select(own => own.Index)]));
        var (parts, first) = (new List<RoiSamples>(), 0);
        foreach (var (image, own) in candidates.Index())
        {
            var count = (int)own.Index.size(0);
            var (positives, negatives) = sampler.Balanced(
                known.AsSpan(first, count), samples, positiveShare, random.Split((ulong)(placeOf?.Invoke(image) ?? image)));
            parts.Add(Take(own, truth[image].Classes, classes, positives, negatives));
            first += count;
        }

        return new RoiSamples(
            [.. parts.Select(part => part.Boxes[0])],
            cat([.. parts.Select(part => part.Labels)]),
            cat([.. parts.Select(part => part.BoxIndex)]),
            cat([.. parts.Select(part => part.Deltas)]),
            cat([.. parts.Select(part => part.Candidates)]),
            [.. parts.SelectMany(part => part.Positives)]).MoveToOuterDisposeScope();
    }

    private Candidates Match(Tensor proposals, Instances truth)
    {
        var objects = truth.Boxes.to(proposals.dtype);
        return new Candidates(
            _place(objects, proposals), objects,
            _place(arange(0, truth.Count, int64, proposals.device), _matcher.Match(proposals, objects).Index));
    }

    private RoiSamples Take(Candidates all, Tensor truth, int classes, long[] positives, long[] negatives)
    {
        var device = all.Boxes.device;
        var rows = DeviceValues.Of([.. positives, .. negatives], device);
        var sampled = all.Boxes.index_select(0, rows);
        var boxIndex = all.Index.index_select(0, rows);
        var owners = boxIndex.narrow(0, 0, positives.Length);
        return new RoiSamples(
            [sampled],
            cat([truth.index_select(0, owners), full([negatives.Length], classes, int64, device)]),
            boxIndex,
            cat([
                _coder.Encode(sampled.narrow(0, 0, positives.Length), all.Objects.index_select(0, owners)),
                zeros([negatives.Length, 4], sampled.dtype, device),
            ]),
            rows,
            [positives.Length]);
    }

    // Boxes of an image that may be sampled, its true ones, and which of these each belongs to.
    private sealed record Candidates(Tensor Boxes, Tensor Objects, Tensor Index);
}
