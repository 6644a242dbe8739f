namespace BoxTeacher.Benchmarks.Eval;

/// <summary>The command <c>boxteacher evaluate</c> as a whole process: start, reading both files, matching, printing.</summary>
internal static class EvaluateBenchmark
{
    private const int Images = 80_000, Boxes = 1_200_000;

    // Of hotcoco, a Rust program, for the same input on another machine run with two cores: what there is to stay ahead of.
    private static readonly (string Task, double Cpu, double Wall, double OthersWall)[] Tasks = [("segm", 5, 1.6, 3.8), ("bbox", 2.5, 0.69, 3.0)];

    public static IEnumerable<Figure> Run(string folder)
    {
        foreach (var (task, cpu, wall, others) in Tasks)
        {
            var best = Best(Path.Combine(folder, "gt.json"), Path.Combine(folder, $"dt_{task}.json"), task, rounds: 3);
            yield return Figure.AtMost($"evaluate {task}, CPU s", best.CpuSeconds, cpu);
            yield return Figure.AtMost($"evaluate {task}, wall s, ours before", best.WallSeconds, wall);
            yield return Figure.AtMost($"evaluate {task}, wall s, hotcoco elsewhere", best.WallSeconds, others);
            yield return Figure.AtMost($"evaluate {task}, peak GB", best.PeakGigabytes, task == "segm" ? 0.49 : 0.22);
        }

        string truth = Path.Combine(folder, "boxes.json"), results = Path.Combine(folder, "boxes_dt.json");
        var input = new BoxInput(Images, Boxes);
        input.WriteTruth(truth);
        input.WriteResults(results);
        var large = Best(truth, results, "bbox", rounds: 2);
        yield return Figure.AtMost($"evaluate {Images:N0} images, {Boxes:N0} boxes, wall s", large.WallSeconds, 6);
        yield return Figure.AtMost($"evaluate {Images:N0} images, {Boxes:N0} boxes, CPU s", large.CpuSeconds, 0);
        yield return Figure.AtMost($"evaluate {Images:N0} images, {Boxes:N0} boxes, peak GB", large.PeakGigabytes, 0);
    }

    private static Usage Best(string truth, string results, string task, int rounds)
    {
        string command = Path.Combine(AppContext.BaseDirectory, "boxteacher");
        return Enumerable.Range(0, rounds)
            .Select(_ => ChildProcess.Run(command, "evaluate", "--gt", truth, "--dt", results, "--task", task, "--json"))
            .MinBy(usage => usage.CpuSeconds)!;
    }
}
