using System.Diagnostics;
using System.Globalization;
using BoxTeacher.Data;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>
/// Opens data sets in processes of their own. COCO's train2017 (120,000 images, 936,000 polygons, some 400 MB of JSON) is opened by
/// <c>boxteacher evaluate</c> with an empty list of detections, which looks at every annotation as well; Objects365's size (1,700,000
/// images, 25,000,000 boxes, 3 GB) and a list of ten million names by the reader alone.
/// </summary>
internal static class OpenBenchmark
{
    private const int Copies = 24;
    private const int Images = 1_700_000, Boxes = 25_000_000, Names = 10_000_000;

    public static IEnumerable<Figure> Run(InstanceDataset truth, string folder)
    {
        string large = Path.Combine(folder, "large.json"), none = Path.Combine(folder, "none.json");
        CocoWriter.Write(large, Repeat(truth));
        File.WriteAllText(none, "[]");
        string command = Path.Combine(AppContext.BaseDirectory, "boxteacher");
        var usage = ChildProcess.Run(command, "evaluate", "--gt", large, "--dt", none, "--task", "bbox", "--json");
        string what = $"open {Copies * truth.Images.Count:N0} images with polygons";
        yield return Figure.AtMost($"{what}, wall s", usage.WallSeconds, 2.5);
        yield return Figure.AtMost($"{what}, CPU s", usage.CpuSeconds, 0);
        yield return Figure.AtMost($"{what}, peak GB", usage.PeakGigabytes, 0.5);
        var read = Open(large);
        yield return Figure.AtMost($"{what}, read only, CPU s", read.CpuSeconds, 0);
        yield return Figure.AtMost($"{what}, read only, peak GB", read.PeakGigabytes, 0);
        File.Delete(large);
    }

    public static IEnumerable<Figure> RunLarge(string folder)
    {
        string boxes = Path.Combine(folder, "boxes.json"), list = Path.Combine(folder, "names.txt");
        new BoxInput(Images, Boxes).WriteTruth(boxes);
        string what = $"open {Images:N0} images, {Boxes:N0} boxes";
        yield return Figure.AtMost($"{what}, JSON GB", new FileInfo(boxes).Length / 1e9, 0);
        var usage = Open(boxes);
        File.Delete(boxes);
        yield return Figure.AtMost($"{what}, wall s", usage.WallSeconds, 0);
        yield return Figure.AtMost($"{what}, CPU s", usage.CpuSeconds, 0);
        yield return Figure.AtMost($"{what}, peak GB", usage.PeakGigabytes, 8);
        File.WriteAllLines(list, Enumerable.Range(0, Names).Select(name => $"part{name / 10_000:D4}/{name:D12}.jpg"));
        var listed = Open(list);
        yield return Figure.AtMost($"list {Names:N0} names, wall s", listed.WallSeconds, 0);
        yield return Figure.AtMost($"list {Names:N0} names, peak GB", listed.PeakGigabytes, 2);
    }

    /// <summary>What the process of a measurement does: opens a file, and prints what is in it.</summary>
    public static void Read(string file)
    {
        var clock = Stopwatch.StartNew();
        IReadOnlyList<ImageRecord> images = file.EndsWith(".json", StringComparison.Ordinal)
            ? CocoReader.Read(file, ".").Images
            : PictureList.Table(PictureList.Names(file), ".");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{images.Count} images in {clock.Elapsed.TotalSeconds:0.00} s"));
        GC.KeepAlive(images);
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

    private static Usage Open(string file) => ChildProcess.Run(Environment.ProcessPath!, "open", file);
}
