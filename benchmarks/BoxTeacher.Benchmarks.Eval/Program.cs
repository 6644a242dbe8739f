using System.Text.Json;
using BoxTeacher.Benchmarks.Eval;
using BoxTeacher.Tests.Fuzz;

// Usage: [--out FILE] measures; input FOLDER writes the input, for other tools; fuzz [MUTATIONS] damages files.
if (args is ["input", var kept])
{
    EvaluationInput.Make(seed: 1).Write(kept);
    return 0;
}
if (args is ["large", var big])
{
    BoxTeacher.Data.CocoWriter.Write(big, OpenBenchmark.Repeat(EvaluationInput.Make(seed: 1).Truth));
    return 0;
}
if (args is ["open", var one])
{
    var clock = System.Diagnostics.Stopwatch.StartNew();
    var set = BoxTeacher.Data.CocoReader.Read(one, ".");
    Console.WriteLine($"{set.Images.Count} images, {clock.Elapsed.TotalSeconds:0.000} s, {System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB, managed {GC.GetTotalMemory(true) / 1e6:0} MB");
    GC.KeepAlive(set);
    return 0;
}
if (args.FirstOrDefault() == "fuzz")
{
    return FuzzRun.Print(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 20_000);
}
string target = args.SkipWhile(argument => argument != "--out").Skip(1).FirstOrDefault() ?? "artifacts/bench/eval.json";
string folder = Directory.CreateTempSubdirectory("boxteacher-bench-").FullName;
try
{
    Console.WriteLine($"{EvaluationInput.Images} images of {EvaluationInput.Width}x{EvaluationInput.Height}, {EvaluationInput.Truths} truths, {EvaluationInput.Detections} detections");
    var input = EvaluationInput.Make(seed: 1);
    input.Write(folder);
    List<Figure> figures = [.. EvaluateBenchmark.Run(folder), .. RunLengthBenchmark.Run(input), .. OpenBenchmark.Run(input.Truth, folder)];
    Console.WriteLine($"{"",-42}{"reached",14}{"target",14}{"ratio",8}");
    foreach (var figure in figures)
    {
        Console.WriteLine(FormattableString.Invariant($"{figure.Name,-42}{figure.Value,14:#,0.###}{figure.Target,14:#,0.###}{figure.Ratio,8:0.00}"));
    }
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
    File.WriteAllText(target, JsonSerializer.Serialize(
        figures.ToDictionary(figure => figure.Name, figure => new { ratio = figure.Ratio, target = 1.0, value = figure.Value, limit = figure.Target }),
        new JsonSerializerOptions { WriteIndented = true }));
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
