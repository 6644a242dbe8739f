// Measures one whole BoxTeacher iteration (EMA, teacher pass, assignment, student forward, backward, SGD) beside the same step elsewhere: a
// step here, a step there, in turns. The other sides are Python's PyTorch, if the Python named has one, and another build of this
// benchmark, of an earlier commit for instance. Writes artifacts/bench/train.json.
// Each step is measured in bfloat16 too, beside that in float32.
// Steps of Soft Teacher and Polite Teacher have no other side: they are measured beside their own convolutions and fully connected layers alone.
//   BoxTeacher.Benchmarks.Train [--case tiny|R50|soft-tiny|soft-r50|polite-tiny|polite-r50] [--rounds N] [--threads N] [--python FILE] [--against DLL]
//   BoxTeacher.Benchmarks.Train make tiny|R50 FOLDER       writes weights and batch, which all sides read
//   BoxTeacher.Benchmarks.Train soak STEPS                 that many tiny steps: live tensors and resident memory on the way
//   BoxTeacher.Benchmarks.Train waits                      where a step copies between host and device, per method
//   BoxTeacher.Benchmarks.Train worker FOLDER [PRECISION]  one side of it, with OMP_NUM_THREADS threads
//   BoxTeacher.Benchmarks.Train scale [--rounds N]         two processes of one thread beside one of two, to artifacts/bench/scale.json
//   BoxTeacher.Benchmarks.Train scale-worker FOLDER        one side of it; under mpirun the processes share the batch
//   BoxTeacher.Benchmarks.Train semi-worker NAME [PRECISION]  the same for a case of these two
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using BoxTeacher.Benchmarks.Train;
using BoxTeacher.Torch;

const double tolerance = 1e-3;
const double mostOfFloat32 = 0.65;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["worker", var input, .. var precision]:
        Worker.Run(() => new TrainStep(input, Parse(precision)));
        return 0;
    case ["semi-worker", var name, .. var precision]:
        Worker.Run(() => new SemiStep(SemiCase.All.Single(item => item.Name == name), Parse(precision)));
        return 0;
    case ["make", var kind, var output]:
        CaseMaker.Write(kind == StepCase.Tiny.Name ? StepCase.Tiny : StepCase.ResNet50, Golden(), output);
        return 0;
    case ["scale-worker", var input]:
        ScaleStep.Work(input);
        return 0;
    case ["scale", ..]:
        ScaleMeasurement.Run(int.Parse(Option("--rounds", "0")), Golden(), Path.Combine(Root(), "artifacts", "bench", "scale.json"));
        return 0;
    case ["waits"]:
        WaitProfile.Run();
        return 0;
    case ["soak", var steps]:
        Soak(int.Parse(steps));
        return 0;
    default:
        break;
}
var (only, rounds, threads) = (Option("--case", ""), int.Parse(Option("--rounds", "0")), int.Parse(Option("--threads", "1")));
var (python, against) = (Option("--python", "/usr/bin/python3"), Option("--against", ""));
var report = new SortedDictionary<string, object>();
var agreed = true;
foreach (var (step, usual) in new[] { (StepCase.Tiny, 20), (StepCase.ResNet50, 5) }.Where(entry => only.Length == 0 || only == entry.Item1.Name))
{
    var folder = Directory.CreateTempSubdirectory("boxteacher-train-").FullName;
    var sides = new List<Side>();
    try
    {
        CaseMaker.Write(step, Golden(), folder);
        // No project to build, no folder to find: the process is this one's own program.
        sides.Add(new Side("ours", threads, Environment.ProcessPath!, "worker", folder));
        sides.Add(new Side("bfloat16", threads, Environment.ProcessPath!, "worker", folder, "bfloat16") { Precision = Precision.Bfloat16 });
        if (HasTorch(python))
        {
            sides.Add(new Side("PyTorch", threads, python, Path.Combine(Root(), "benchmarks", "peers", "train_step.py"), folder));
        }
        if (against.Length > 0)
        {
            sides.Add(new Side("other", threads, "dotnet", against, "worker", folder));
        }
        var measured = new Measurement(step, sides, rounds > 0 ? rounds : usual);
        Print(measured);
        Record(measured);
        agreed &= measured.LossDifference < tolerance;
    }
    finally
    {
        sides.ForEach(side => side.Dispose());
        Directory.Delete(folder, recursive: true);
    }
}
foreach (var semi in SemiCase.All.Where(entry => only.Length == 0 || only == entry.Name))
{
    using var side = new Side("ours", threads, Environment.ProcessPath!, "semi-worker", semi.Name);
    using var reduced = new Side("bfloat16", threads, Environment.ProcessPath!, "semi-worker", semi.Name, "bfloat16") { Precision = Precision.Bfloat16 };
    var measured = new SemiMeasurement(semi, side, reduced, rounds > 0 ? rounds : 5);
    measured.Print(threads);
    measured.Record(report);
}
var target = Path.Combine(Root(), "artifacts", "bench", "train.json");
Directory.CreateDirectory(Path.GetDirectoryName(target)!);
File.WriteAllText(target + ".tmp", JsonSerializer.Serialize(report, new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
File.Move(target + ".tmp", target, true);
return agreed ? 0 : 1;

void Record(Measurement measured)
{
    var name = measured.Step.Name;
    report[$"{name}: ours / published, scaled"] = Math.Round(measured.RatioToPublished, 3);
    foreach (var (i, side) in measured.Sides.Index())
    {
        report[$"{name}: {side.Name}, milliseconds"] = new { wall = Math.Round(Side.Median(side.Walls), 1), processor = Math.Round(Side.Median(side.Processor), 1) };
        report[$"{name}: {side.Name}, milliseconds by part"] = side.Parts.ToDictionary(part => part, part => Math.Round(side.Part(part), 2));
        report[$"{name}: {side.Name}, peak MB"] = measured.Kilobytes[i] / 1000;
    }
    foreach (var side in measured.Sides.Skip(1))
    {
        report[$"{name}: ours / {side.Name}"] = new { wall = Math.Round(measured.RatioOfWall(side), 3), processor = Math.Round(measured.RatioOfProcessor(side), 3) };
    }
}

void Print(Measurement measured)
{
    var step = measured.Step;
    Console.WriteLine($"{step.Name}: {step.Batch} images of {step.Side}x{step.Side}, teacher at {step.TeacherSize.ShortSide}, {step.Classes} classes; {threads} threads; {string.Join(", ", measured.Sides.Select(side => $"{side.Name}: libtorch {side.Version}"))}");
    Console.WriteLine($"{"processor ms",-20}{string.Concat(measured.Sides.Select(side => $"{side.Name,12}"))}");
    foreach (var part in measured.Ours.Parts)
    {
        Row(part, measured.Sides.Select(side => side.Part(part)));
    }
    Row("step", measured.Sides.Select(side => Side.Median(side.Processor)));
    Row("step, by the clock", measured.Sides.Select(side => Side.Median(side.Walls)));
    Row("peak MB", measured.Kilobytes.Select(kilobytes => kilobytes / 1e3));
    foreach (var side in measured.Sides.Skip(1))
    {
        Console.WriteLine(side.Precision == Precision.Float32
            ? $"  ours / {side.Name}: {measured.RatioOfWall(side):F2} by the clock, {measured.RatioOfProcessor(side):F2} of processor time"
            : $"  {side.Name} / float32: {1 / measured.RatioOfWall(side):F2} by the clock, {1 / measured.RatioOfProcessor(side):F2} of processor time{(step == StepCase.ResNet50 ? $" (target {mostOfFloat32})" : "")}");
    }
    Console.WriteLine($"  ours / published, scaled: {measured.RatioToPublished:F2} (published {step.PublishedMilliseconds:F0} ms at {StepCase.PublishedGigaflops} GFLOP/s, here {measured.Gigaflops:F0})");
    if (step == StepCase.ResNet50)
    {
        var floor = 340 / measured.Gigaflops * 1000;
        Console.WriteLine($"  convolutions alone, 340 GFLOP at that speed: {floor:F0} ms; the step takes {Side.Median(measured.Ours.Processor) / floor:F2} of it");
    }
    Console.WriteLine($"  losses differ by at most {measured.LossDifference:E1}");
    if (measured.LossDifference >= tolerance)
    {
        foreach (var name in measured.Ours.FirstLosses.Keys)
        {
            Row(name, measured.Sides.Select(side => side.FirstLosses[name]));
        }
    }
    Console.WriteLine();
}

static void Soak(int steps)
{
    var folder = Directory.CreateTempSubdirectory("boxteacher-train-").FullName;
    try
    {
        CaseMaker.Write(StepCase.Tiny, Golden(), folder);
        using var step = new TrainStep(folder, Precision.Float32);
        for (var done = 0; done <= steps; done++)
        {
            if (done % int.Max(1, steps / 6) == 0)
            {
                Console.WriteLine($"after {done,6} steps: {TorchSharp.torch.Tensor.TotalCount} live tensors, {Environment.WorkingSet / 1e6:F0} MB resident, {GC.GetTotalMemory(false) / 1e6:F0} MB managed");
            }
            step.Run();
        }
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}

static Precision Parse(string[] name) => name.Length == 0 ? Precision.Float32 : Enum.Parse<Precision>(name[0], ignoreCase: true);

static void Row(string name, IEnumerable<double> values) => Console.WriteLine($"{name,-20}{string.Concat(values.Select(value => $"{value,12:F1}"))}");

static bool HasTorch(string python)
{
    if (!File.Exists(python))
    {
        return false;
    }
    using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import torch"]) { RedirectStandardError = true })!;
    process.WaitForExit();
    return process.ExitCode == 0;
}

string Option(string name, string otherwise) => args.SkipWhile(argument => argument != name).Skip(1).FirstOrDefault() ?? otherwise;

static string Golden() => Path.Combine(Root(), "tests", "golden", "boxteacher");

static string Root()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "BoxTeacher.sln")))
    {
        folder = folder.Parent ?? throw new InvalidOperationException("The benchmark runs inside the repository.");
    }
    return folder.FullName;
}
