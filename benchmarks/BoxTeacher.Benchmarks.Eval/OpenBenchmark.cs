using BoxTeacher.Data;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>
/// Opens a data set of the size of COCO's train2017: 120,000 images with 936,000 polygons, some 400 MB of JSON. The
/// process is <c>boxteacher evaluate</c> with an empty list of detections, so that reading is all it does.
/// </summary>
internal static class OpenBenchmark
{
    private const int Copies = 24;

    public static IEnumerable<Figure> Run(InstanceDataset truth, string folder)
    {
        string gt = Path.Combine(folder, "large.json"), none = Path.Combine(folder, "none.json");
        CocoWriter.Write(gt, Repeat(truth));
        File.WriteAllText(none, "[]");
        string command = Path.Combine(AppContext.BaseDirectory, "boxteacher");
        var usage = ChildProcess.Run(command, "evaluate", "--gt", gt, "--dt", none, "--task", "bbox", "--json");
        File.Delete(gt);
        yield return Figure.AtMost($"open {Copies * truth.Images.Count:N0} images, wall s", usage.WallSeconds, 10);
        yield return Figure.AtMost($"open {Copies * truth.Images.Count:N0} images, peak GB", usage.PeakGigabytes, 4);
    }

    public static InstanceDataset Repeat(InstanceDataset truth)
    {
        long annotation = 0, image = 0;
        return new InstanceDataset("large", truth.Categories, [.. Enumerable.Range(0, Copies).SelectMany(_ => truth.Images).Select(record => record with
        {
            Id = ++image,
            Annotations = [.. record.Annotations.Select(own => own with { Id = ++annotation })],
        })]);
    }
}
