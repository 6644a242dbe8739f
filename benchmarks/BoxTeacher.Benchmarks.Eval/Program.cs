using BoxTeacher.Benchmarks.Eval;
using BoxTeacher.Tests.Fuzz;

// Usage: [--out FILE] measures evaluation; data [--out FILE] the way of data to a step; input FOLDER writes the input, for other tools;
// fuzz [MUTATIONS] damages files; open FILE is what measurements of reading run as a process.
switch (args)
{
    case ["input", var kept]:
        EvaluationInput.Make(seed: 1).Write(kept);
        return 0;
    case ["open", var file]:
        OpenBenchmark.Read(file);
        return 0;
    case ["fuzz", ..]:
        return FuzzRun.Print(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 20_000);
}
bool ofData = args.FirstOrDefault() == "data";
string target = args.SkipWhile(argument => argument != "--out").Skip(1).FirstOrDefault() ?? $"artifacts/bench/{(ofData ? "data" : "eval")}.json";
string folder = Directory.CreateTempSubdirectory("boxteacher-bench-").FullName;
try
{
    Console.WriteLine($"{EvaluationInput.Images} images of {EvaluationInput.Width}x{EvaluationInput.Height}, {EvaluationInput.Truths} truths, {EvaluationInput.Detections} detections");
    var input = EvaluationInput.Make(seed: 1);
    if (ofData)
    {
        Figure.Report(
            OpenBenchmark.Run(input.Truth, folder).Concat(ViewBenchmark.Run(folder)).Concat(ViewBenchmark.RunTraining(folder))
                .Concat(OpenBenchmark.RunLarge(folder)),
            target);
        return 0;
    }
    input.Write(folder);
    Figure.Report(EvaluateBenchmark.Run(folder).Concat(RunLengthBenchmark.Run(input)), target);
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
