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
    private const int Columns = 8;

    /// <summary>The detections of each image, best first.</summary>
    public IReadOnlyList<BoxCandidates> Decode(FcosOutputs outputs)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var images = (int)outputs.Logits.size(0);
        var probabilities = outputs.Logits.sigmoid();
        var scores = probabilities * outputs.Centerness.sigmoid().unsqueeze(1);
        var above = (thresholdWithCenterness ? scores : probabilities) > scoreThreshold;
        var found = Found(HostValues.Places(above), scores, outputs.Ltrb);

        var byLevel = new List<Pair>[images, outputs.Grid.Levels.Count];
        for (var row = 0; row < found.Length; row += Columns)
        {
            var (image, location) = ((int)found[row], (int)found[row + 2]);
            (byLevel[image, outputs.Grid.LevelOf(location)] ??= []).Add(new Pair(found[row + 3], location, (long)found[row + 1], row + 4));
        }
        var result = new BoxCandidates[images];
        for (var image = 0; image < images; image++)
        {
            result[image] = Detections(byLevel, image, outputs.Grid, found);
        }

        return result;
    }

    private BoxCandidates Detections(List<Pair>[,] byLevel, int image, LocationGrid grid, float[] found)
    {
        var pairs = new List<Pair>();
        for (var level = 0; level < grid.Levels.Count; level++)
        {
            if (byLevel[image, level] is not { } own)
            {
                continue;
            }
            // The order of ties in the suppression: location, then class; the best first only where the level has too many.
            own.Sort((a, b) => (a.Location, a.Class).CompareTo((b.Location, b.Class)));
            pairs.AddRange(own.Count > perLevel ? own.OrderByDescending(pair => pair.Score).Take(perLevel) : own);
        }
        var all = new BoxCandidates(new float[4 * pairs.Count], new float[pairs.Count], new long[pairs.Count], new int[pairs.Count]);
        for (var i = 0; i < pairs.Count; i++)
        {
            var (score, location, label, ltrb) = pairs[i];
            (all.Scores[i], all.Classes[i], all.Locations[i]) = (MathF.Sqrt(score), label, location);
            var (x, y) = grid.PointOf(location);
            float stride = grid.Levels[grid.LevelOf(location)].Stride;
            all.Boxes[4 * i] = x - found[ltrb] * stride;
            all.Boxes[4 * i + 1] = y - found[ltrb + 1] * stride;
            all.Boxes[4 * i + 2] = x + found[ltrb + 2] * stride;
            all.Boxes[4 * i + 3] = y + found[ltrb + 3] * stride;
        }
        return all.Select(NonMaximumSuppression.ByClass(all.Boxes, all.Scores, all.Classes, (float)nmsThreshold, perImage));
    }

    // A row for each place [k, 3] of image, class and location: these, the score, and the four distances. Numbers are below 2^24, so that
    // float32 holds them and one copy takes all.
    private static float[] Found(Tensor places, Tensor scores, Tensor ltrb)
    {
        var (classes, locations) = (scores.size(1), scores.size(2));
        var (image, label, location) = (places.select(1, 0), places.select(1, 1), places.select(1, 2));
        var score = scores.reshape(-1).index_select(0, (image * classes + label) * locations + location);
        var sides = (image * (4 * locations) + location).unsqueeze(1) + arange(0, 4, int64, places.device) * locations;
        var distances = ltrb.reshape(-1).index_select(0, sides.view(-1)).view(-1, 4);
        return HostValues.Floats(cat([places.to(float32), score.to(float32).unsqueeze(1), distances.to(float32)], 1));
    }

    private readonly record struct Pair(float Score, int Location, long Class, int Ltrb);
}
