using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>
/// The input of the benchmark, made from a seed: 5,000 images of 640x480, 80 categories, 39,000 truths as polygons and
/// 500,000 detections as masks. Two fifths of the detections are truths redrawn with some error, the others are
/// anywhere. Sizes are spread evenly over their logarithm, from 8 to 300 pixels.
/// </summary>
internal sealed class EvaluationInput
{
    public const int Images = 5000, Categories = 80, Truths = 39_000, Detections = 500_000, Height = 480, Width = 640;
    private const int Corners = 24;

    private readonly record struct Blob(double X, double Y, double Radius, double[] Shape, int Category);

    private EvaluationInput(InstanceDataset truth, List<DetectionResult> detections) => (Truth, Results) = (truth, detections);

    public InstanceDataset Truth { get; }

    public IReadOnlyList<DetectionResult> Results { get; }

    public static EvaluationInput Make(int seed)
    {
        var images = new ImageRecord[Images];
        var detections = new List<DetectionResult>[Images];
        Parallel.For(0, Images, i =>
        {
            var random = new Random(seed + i);
            int truths = Share(Truths, i), found = Share(Detections, i);
            Blob[] blobs = [.. Enumerable.Range(0, truths).Select(_ => Draw(random))];
            images[i] = new ImageRecord(i + 1, $"{i + 1:D12}.jpg", Width, Height, [.. blobs.Select((blob, k) => Annotate(blob, First(Truths, i) + k + 1, random))]);
            detections[i] = [.. Enumerable.Range(0, found).Select(_ => Detect(random, blobs, i + 1))];
        });
        var categories = Enumerable.Range(1, Categories).Select(id => new Category(id, $"category {id}"));
        return new EvaluationInput(new InstanceDataset("benchmark", [.. categories], images), [.. detections.SelectMany(own => own)]);
    }

    /// <summary>Writes gt.json, and dt.json with boxes and masks as detectors write them.</summary>
    public void Write(string folder)
    {
        CocoWriter.Write(Path.Combine(folder, "gt.json"), Truth);
        CocoResults.Write(Path.Combine(folder, "dt_segm.json"), Results, Truth, IouType.Mask);
        CocoResults.Write(Path.Combine(folder, "dt_bbox.json"), Results, Truth, IouType.Box);
    }

    private static int First(int total, int image) => (int)((long)total * image / Images);

    private static int Share(int total, int image) => First(total, image + 1) - First(total, image);

    private static Blob Draw(Random random)
    {
        double radius = 4 * Math.Pow(150 / 4.0, random.NextDouble());
        double[] shape = new double[Corners];
        double wave = random.NextDouble() * 6.3, depth = 0.3 * random.NextDouble();
        for (int k = 0; k < Corners; k++)
        {
            shape[k] = 1 + (depth * Math.Sin(wave + (3 * k * Math.Tau / Corners))) + (0.1 * (random.NextDouble() - 0.5));
        }
        return new Blob(random.NextDouble() * Width, random.NextDouble() * Height, radius, shape, random.Next(Categories));
    }

    private static Annotation Annotate(Blob blob, long id, Random random)
    {
        double[] ring = Ring(blob);
        var mask = RunLengthMask.FromPolygon(ring, Height, Width);
        return new Annotation(id, blob.Category, mask.Bounds, mask.Area, random.NextDouble() < 0.01, new Segmentation.Polygons([ring]));
    }

    private static DetectionResult Detect(Random random, Blob[] truths, long image)
    {
        bool near = truths.Length > 0 && random.NextDouble() < 0.4;
        var blob = near ? truths[random.Next(truths.Length)] : Draw(random);
        if (near)
        {
            double error = 0.35 * random.NextDouble();
            blob = blob with
            {
                X = blob.X + (error * blob.Radius * (random.NextDouble() - 0.5)),
                Y = blob.Y + (error * blob.Radius * (random.NextDouble() - 0.5)),
                Radius = blob.Radius * (1 + (error * (random.NextDouble() - 0.5))),
                Category = random.NextDouble() < 0.8 ? blob.Category : random.Next(Categories),
            };
        }
        var mask = RunLengthMask.FromPolygon(Ring(blob), Height, Width);
        double score = near ? 0.2 + (0.8 * random.NextDouble()) : 0.6 * random.NextDouble();
        return new DetectionResult(image, blob.Category, Math.Round(score, 6), mask.Bounds, mask);
    }

    private static double[] Ring(Blob blob)
    {
        double[] ring = new double[2 * Corners];
        for (int k = 0; k < Corners; k++)
        {
            var (sin, cos) = Math.SinCos(k * Math.Tau / Corners);
            ring[2 * k] = Math.Round(Math.Clamp(blob.X + (blob.Radius * blob.Shape[k] * cos), 0, Width), 2);
            ring[(2 * k) + 1] = Math.Round(Math.Clamp(blob.Y + (blob.Radius * blob.Shape[k] * sin), 0, Height), 2);
        }
        return ring;
    }
}
