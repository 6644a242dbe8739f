using System.Diagnostics;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using BoxTeacher.Training;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>
/// Pictures on their way to a step, in images a second of one core: headers, decoding, and the views of recipes with decoding; and the
/// share of its time that a training waits for them, by its own metrics.
/// </summary>
internal static class ViewBenchmark
{
    private const int Pictures = 64, Iterations = 24;

    // Of these steps the first ones start everything.
    private const int Settled = 8;

    private static readonly string[] Published =
        ["coco-boxteacher_r50_3x", "coco-softteacher_r50_10p_fold1", "coco-unbiasedteacher_r50_10p_fold1", "coco-politeteacher_r50_10p_fold1"];

    public static IEnumerable<Figure> Run(string folder)
    {
        ImageRecord[] images = [.. Enumerable.Range(0, Pictures).Select(i => Write(Path.Combine(folder, $"{i}.jpg"), i))];
        yield return Rate("headers, images/s of a core", 10_000, images, (image, _) => ImageFile.ReadHeader(image.FileName));
        yield return Rate("decode 640x480 JPEG, images/s of a core", 350, images, (image, _) => ImageFile.Read(image.FileName));
        foreach (string name in Published)
        {
            var recipe = Recipes.Find(name) ?? throw new InvalidOperationException($"there is no recipe {name}");
            var (labelled, unlabelled) = (recipe.Augmentation.Labelled(), recipe.Augmentation.Unlabelled());
            yield return Rate($"{recipe.Name}, labelled, images/s of a core", 0, images, (image, random) => labelled(image, random));
            if (recipe.Dataset.Unlabelled is not null)
            {
                yield return Rate($"{recipe.Name}, unlabelled, images/s of a core", 0, images, (image, random) => unlabelled(image, random));
            }
        }
    }

    /// <summary>The smallest detector, whose steps are the fastest that there are, on both cores.</summary>
    public static IEnumerable<Figure> RunTraining(string folder)
    {
        string command = Path.Combine(AppContext.BaseDirectory, "boxteacher"), data = Path.Combine(folder, "data");
        ChildProcess.Run(command, "data", "shapes", "--out", Path.Combine(data, "shapes"), "--train", "200", "--val", "8");
        string run = Path.Combine(folder, "run");
        ChildProcess.Run(
            command, "train", "--recipe", "shapes-boxteacher", "--data", data, "--out", run, "--set", $"budget.iterations={Iterations}");
        double[] shares =
        [
            .. File.ReadLines(Directory.EnumerateFiles(run, "metrics.jsonl", SearchOption.AllDirectories).Single())
                .Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("dataSeconds", out _)).Skip(Settled)
                .Select(line => line.GetProperty("dataSeconds").GetDouble() / line.GetProperty("seconds").GetDouble()).Order(),
        ];
        yield return Figure.AtMost("shapes-boxteacher, share of a step that waits, median", shares[shares.Length / 2], 0.05);
    }

    private static Figure Rate(string name, double target, ImageRecord[] images, Action<ImageRecord, RandomStream> act)
    {
        var random = new RandomStream(1);
        var once = Stopwatch.StartNew();
        for (int i = 0; i < images.Length && once.Elapsed.TotalSeconds < 2; i++)
        {
            act(images[i], random.Split((ulong)i));
        }
        int done = 0;
        double start = Seconds();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 3; done++)
        {
            act(images[done % images.Length], random.Split((ulong)done));
        }
        return Figure.AtLeast(name, done / (Seconds() - start), target);
    }

    // Processor time: of all threads, but only one works.
    private static double Seconds()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    // Waves with some grain, so that the file is about as long as that of a photo.
    private static ImageRecord Write(string file, int seed)
    {
        var random = new Random(seed);
        var image = new Image(480, 640);
        double[] waves = [.. Enumerable.Range(0, 12).Select(_ => random.NextDouble() * 0.2)];
        for (int y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (int i = 0; i < row.Length; i++)
            {
                int channel = i % 3;
                double light = 128 + (50 * Math.Sin((waves[channel] * (i / 3)) + (waves[3 + channel] * y)))
                    + (30 * Math.Sin((waves[6 + channel] * (i / 3)) - (waves[9 + channel] * y))) + (8 * (random.NextDouble() - 0.5));
                row[i] = (byte)Math.Clamp(light, 0, 255);
            }
        }
        File.WriteAllBytes(file, ImageFile.Encode(".jpg", image, 85));
        Box box = Box.FromSize(100, 80, 200, 250);
        return new ImageRecord(seed + 1, file, image.Width, image.Height, [new Annotation(seed + 1, 0, box, box.Area, false, new Segmentation.Polygons([[100, 80, 300, 80, 300, 330, 100, 330]]))]);
    }
}
