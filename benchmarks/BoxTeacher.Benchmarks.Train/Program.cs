// Measures one whole BoxTeacher iteration (EMA, teacher pass, assignment, student forward, backward, SGD) beside the same step in
// Python's PyTorch: a step here, a step there, both with one thread, in processor time. The published implementation's times are
// scaled by the speed of a reference convolution, measured in every round. Writes artifacts/bench/train.json.
//   BoxTeacher.Benchmarks.Train [--case tiny|R50] [--rounds N] [--python FILE]
//   BoxTeacher.Benchmarks.Train make tiny|R50 FOLDER       writes weights and batch, which peers/train_step.py reads too
//   BoxTeacher.Benchmarks.Train worker FOLDER              one side of it
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using BoxTeacher.Benchmarks.Train;

const double memoryTarget = 0.8;
const double tolerance = 1e-3;
if (args is ["worker", var input])
{
    Worker.Run(input);
    return 0;
}
if (args is ["make", var kind, var output])
{
    CaseMaker.Write(kind == StepCase.Tiny.Name ? StepCase.Tiny : StepCase.ResNet50, Path.Combine(Root(), "tests", "golden", "boxteacher"), output);
    return 0;
}
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var root = Root();
var only = Option("--case", "");
var rounds = int.Parse(Option("--rounds", "0"));
var report = new SortedDictionary<string, object>();
var agreed = true;
foreach (var (step, usual) in ((StepCase, int)[])[(StepCase.Tiny, 20), (StepCase.ResNet50, 5)])
{
    if (only.Length > 0 && only != step.Name)
    {
        continue;
    }
    var folder = Directory.CreateTempSubdirectory("boxteacher-train-").FullName;
    try
    {
        CaseMaker.Write(step, Path.Combine(root, "tests", "golden", "boxteacher"), folder);
        var measured = new Measurement(
            step, folder, Option("--python", "/usr/bin/python3"), Path.Combine(root, "benchmarks", "peers", "train_step.py"), rounds > 0 ? rounds : usual);
        Print(measured);
        agreed &= measured.LossDifference < tolerance;
        report[$"{step.Name}: ours / published, scaled"] = Entry(measured.RatioToPublished, step.Target);
        report[$"{step.Name}: peak memory, ours / PyTorch"] = Entry(measured.RatioOfMemory, memoryTarget);
        report[$"{step.Name}: ours / PyTorch"] = Entry(measured.RatioToPeer, 1);
        report[$"{step.Name}: milliseconds by part"] = measured.Parts.ToDictionary(part => part, part => new { ours = Math.Round(measured.Part(part).Ours, 2), pytorch = Math.Round(measured.Part(part).Peer, 2) });
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}
var target = Path.Combine(root, "artifacts", "bench", "train.json");
Directory.CreateDirectory(Path.GetDirectoryName(target)!);
File.WriteAllText(target + ".tmp", JsonSerializer.Serialize(report, new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
File.Move(target + ".tmp", target, true);
return agreed ? 0 : 1;

static object Entry(double ratio, double target) => new { ratio = Math.Round(ratio, 3), target };

static void Print(Measurement measured)
{
    var step = measured.Step;
    Console.WriteLine($"{step.Name}: {step.Batch} images of {step.Side}x{step.Side}, teacher at {step.TeacherSize.ShortSide}, {step.Classes} classes; libtorch {measured.Version}, PyTorch {measured.PeerVersion}, one thread, processor time");
    Console.WriteLine($"{"",-16}{"ours ms",10}{"PyTorch ms",12}{"ratio",8}");
    foreach (var part in measured.Parts)
    {
        Row(part, measured.Part(part).Ours, measured.Part(part).Peer, 1);
    }
    Row("step", measured.Milliseconds, measured.PeerMilliseconds, 1);
    Row("peak MB", measured.Kilobytes, measured.PeerKilobytes, 1000);
    Console.WriteLine($"  ours / PyTorch              {measured.RatioToPeer:F2}");
    Console.WriteLine($"  ours / published, scaled    {measured.RatioToPublished:F2}   target {step.Target:F2}{Missed(measured.RatioToPublished, step.Target)}   (published {step.PublishedMilliseconds:F0} ms at 77 GFLOP/s, here {measured.Gigaflops:F0})");
    Console.WriteLine($"  peak memory, ours / PyTorch {measured.RatioOfMemory:F2}   target {memoryTarget:F2}{Missed(measured.RatioOfMemory, memoryTarget)}");
    if (step == StepCase.ResNet50)
    {
        var floor = 340 / measured.Gigaflops * 1000;
        Console.WriteLine($"  convolutions alone, 340 GFLOP at that speed: {floor:F0} ms; the step takes {measured.Milliseconds / floor:F2} of it");
    }
    Console.WriteLine($"  losses differ by at most {measured.LossDifference:E1}");
    if (measured.LossDifference >= tolerance)
    {
        foreach (var (name, value) in measured.FirstLosses.Ours)
        {
            Console.WriteLine($"    {name,-20}{value,14:G7}{measured.FirstLosses.Peer[name],14:G7}");
        }
    }
    Console.WriteLine();
}

static void Row(string name, double ours, double peer, double unit) => Console.WriteLine($"{name,-16}{ours / unit,10:F1}{peer / unit,12:F1}{ours / peer,8:F2}");

static string Missed(double ratio, double target) => ratio <= target ? "" : " missed";

string Option(string name, string otherwise) => args.SkipWhile(argument => argument != name).Skip(1).FirstOrDefault() ?? otherwise;

static string Root()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "BoxTeacher.sln")))
    {
        folder = folder.Parent ?? throw new InvalidOperationException("The benchmark runs inside the repository.");
    }
    return folder.FullName;
}
