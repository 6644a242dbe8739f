using BoxTeacher.Layers;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// Turns the head's outputs into detections: a threshold on the score, the best of each level, boxes, non-maximum suppression
/// per class, the best of the image.
/// </summary>
/// <param name="scoreThreshold">Location and class pairs count when their score exceeds it; 0.05 as published.</param>
/// <param name="perLevel">Pairs kept per level and image before suppression; 1000 as published.</param>
/// <param name="nmsThreshold">A box goes when its IoU with a better one of its class exceeds it; 0.6 as published.</param>
/// <param name="perImage">Detections kept per image; those tied with the last one stay too. 100 as published.</param>
/// <param name="thresholdWithCenterness">
/// Compare class probability times center-ness with the threshold (BoxTeacher), or the class probability alone (FCOS).
/// </param>
public sealed class FcosDecoder(double scoreThreshold = 0.05, int perLevel = 1000, double nmsThreshold = 0.6, int perImage = 100,
    bool thresholdWithCenterness = true)
{
    /// <summary>The detections of each image, best first.</summary>
    public IReadOnlyList<BoxCandidates> Decode(FcosOutputs outputs)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var images = (int)outputs.Logits.size(0);
        var probabilities = outputs.Logits.sigmoid();
        var scores = probabilities * outputs.Centerness.sigmoid().unsqueeze(1);
        var above = (thresholdWithCenterness ? scores : probabilities) > scoreThreshold;
        var places = HostValues.Longs(HostValues.Places(above));
        var values = HostValues.Floats(scores.masked_select(above));
        var ltrb = HostValues.Floats(outputs.Ltrb);

        var byLevel = new List<Pair>[images, outputs.Grid.Levels.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (image, location) = ((int)places[3 * i], (int)places[3 * i + 2]);
            (byLevel[image, outputs.Grid.LevelOf(location)] ??= []).Add(new Pair(values[i], location, places[3 * i + 1]));
        }
        var result = new BoxCandidates[images];
        for (var image = 0; image < images; image++)
        {
            result[image] = Detections(byLevel, image, outputs.Grid, ltrb);
        }

        return result;
    }

    private BoxCandidates Detections(List<Pair>[,] byLevel, int image, LocationGrid grid, float[] ltrb)
    {
        var pairs = new List<Pair>();
        for (var level = 0; level < grid.Levels.Count; level++)
        {
            if (byLevel[image, level] is not { } found)
            {
                continue;
            }
            // The order of ties in the suppression: location, then class; the best first only where the level has too many.
            found.Sort((a, b) => (a.Location, a.Class).CompareTo((b.Location, b.Class)));
            pairs.AddRange(found.Count > perLevel ? found.OrderByDescending(pair => pair.Score).Take(perLevel) : found);
        }
        var all = new BoxCandidates(new float[4 * pairs.Count], new float[pairs.Count], new long[pairs.Count], new int[pairs.Count]);
        for (var i = 0; i < pairs.Count; i++)
        {
            var (score, location, label) = pairs[i];
            (all.Scores[i], all.Classes[i], all.Locations[i]) = (MathF.Sqrt(score), label, location);
            var (x, y) = grid.PointOf(location);
            float stride = grid.Levels[grid.LevelOf(location)].Stride;
            var first = image * 4 * grid.Count + location;
            all.Boxes[4 * i] = x - ltrb[first] * stride;
            all.Boxes[4 * i + 1] = y - ltrb[first + grid.Count] * stride;
            all.Boxes[4 * i + 2] = x + ltrb[first + 2 * grid.Count] * stride;
            all.Boxes[4 * i + 3] = y + ltrb[first + 3 * grid.Count] * stride;
        }
        return all.Select(NonMaximumSuppression.ByClass(all.Boxes, all.Scores, all.Classes, (float)nmsThreshold, perImage));
    }

    private readonly record struct Pair(float Score, int Location, long Class);
}
