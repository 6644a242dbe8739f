namespace BoxTeacher.Benchmarks.Eval;

/// <summary>The command <c>boxteacher evaluate</c> as a whole process: reading, matching, printing.</summary>
internal static class EvaluateBenchmark
{
    public static IEnumerable<Figure> Run(string folder)
    {
        string command = Path.Combine(AppContext.BaseDirectory, "boxteacher");
        foreach (var (task, cpu) in new[] { ("segm", 5.0), ("bbox", 2.5) })
        {
            Usage? best = null;
            for (int round = 0; round < 3; round++)
            {
                var usage = ChildProcess.Run(
                    command, "evaluate", "--gt", Path.Combine(folder, "gt.json"), "--dt", Path.Combine(folder, $"dt_{task}.json"), "--task", task, "--json");
                best = best is null || usage.CpuSeconds < best.CpuSeconds ? usage : best;
            }
            Console.WriteLine($"{task}: {best!.Output.TrimEnd()}");
            yield return Figure.AtMost($"evaluate {task}, CPU s", best.CpuSeconds, cpu);
            yield return Figure.AtMost($"evaluate {task}, wall / CPU", best.WallSeconds / best.CpuSeconds, 0.6);
            yield return Figure.AtMost($"evaluate {task}, peak GB", best.PeakGigabytes, 1);
        }
    }
}
