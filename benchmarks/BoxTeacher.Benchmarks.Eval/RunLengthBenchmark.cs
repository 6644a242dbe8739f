using System.Diagnostics;
using BoxTeacher.Data;
using BoxTeacher.Masks;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>Run-length masks of 640x480, how many a second of one processor.</summary>
internal static class RunLengthBenchmark
{
    private const double SecondsEach = 2;

    public static IEnumerable<Figure> Run(EvaluationInput input)
    {
        var masks = input.Results.Take(2000).Select(result => result.Mask!).ToArray();
        byte[][] bitmaps = [.. masks.Take(64).Select(mask => mask.Decode())];
        double[][] rings = [.. input.Truth.Images.SelectMany(image => image.Annotations).Take(2000).Select(annotation => ((Segmentation.Polygons)annotation.Segmentation!).Rings[0])];
        byte[] buffer = new byte[EvaluationInput.Height * EvaluationInput.Width];
        yield return Rate("encode, masks/s", 40_000, bitmaps.Length, i => RunLengthMask.Encode(bitmaps[i], EvaluationInput.Height, EvaluationInput.Width));
        yield return Rate("decode, masks/s", 40_000, masks.Length, i => masks[i].Decode(buffer));
        yield return Rate("polygon, masks/s", 200_000, rings.Length, i => RunLengthMask.FromPolygon(rings[i], EvaluationInput.Height, EvaluationInput.Width));

        var images = input.Truth.Images.Take(100).Select(image => (
            Detections: input.Results.Where(result => result.ImageId == image.Id).Select(result => result.Mask!).ToArray(),
            Truths: image.Annotations.Select(annotation => annotation.Segmentation!.ToMask(image.Size)).ToArray())).ToArray();
        int pairs = images.Sum(image => image.Detections.Length * image.Truths.Length);
        double[] overlaps = new double[images.Max(image => image.Detections.Length * image.Truths.Length)];
        bool[] crowd = new bool[images.Max(image => image.Truths.Length)];
        var all = Rate("mask IoU, pairs/s", 6_000_000, images.Length, i => RunLengthMask.IoU(
            images[i].Detections, images[i].Truths, crowd.AsSpan(0, images[i].Truths.Length), overlaps.AsSpan(0, images[i].Detections.Length * images[i].Truths.Length)), (double)pairs / images.Length);
        yield return all;

        RunLengthMask[] large = [.. masks.Where(mask => mask.Area > 5000 && mask.Bounds is { X0: < 320, X1: > 320, Y0: < 240, Y1: > 240 }).Take(60)];
        double[] dense = new double[large.Length * large.Length];
        yield return Rate("mask IoU, all overlapping, pairs/s", 0, 1, _ => RunLengthMask.IoU(large, large, new bool[large.Length], dense), large.Length * large.Length);
    }

    private static Figure Rate(string name, double target, int items, Action<int> act, double perItem = 1)
    {
        for (int i = 0; i < items; i++)
        {
            act(i);
        }
        Thread.Sleep(200);
        double best = 0;
        for (int round = 0; round < 3; round++)
        {
            long done = 0;
            double start = Seconds();
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed.TotalSeconds < SecondsEach / 3)
            {
                for (int i = 0; i < items; i++)
                {
                    act(i);
                }
                done += items;
            }
            best = Math.Max(best, done * perItem / (Seconds() - start));
        }
        return Figure.AtLeast(name, best, target);
    }

    private static double Seconds()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }
}
