using System.Diagnostics;
using System.Text.Json;
using BoxTeacher.Methods;
using BoxTeacher.Processes;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>The step of <see cref="TrainStep"/> as the trainer takes it, by one process or by several with a share of the batch each.</summary>
internal static class ScaleStep
{
    // Late in a run, as TrainStep has it.
    private const int Iteration = 20_000;

    /// <summary>Takes a step for each line that the first process reads, and answers with a line of JSON.</summary>
    /// <param name="folder">Of the case.</param>
    public static void Work(string folder)
    {
        using var processes = Launch.Of(Environment.GetEnvironmentVariable).Join();
        TorchRuntime.Load();
        using var step = new TrainStep(folder, Precision.Float32);
        using var shared = processes.AreMany() ? new SharedStep(step.Method, processes) : null;
        var batch = Share(step.Batch, processes);
        Tell(processes, __version__);
        while (processes.Any(processes.IsFirst() && Console.ReadLine() is not null))
        {
            Tell(processes, Take(step, shared, batch));
        }
    }

    private static ScaleReport Take(TrainStep step, SharedStep? shared, Batch batch)
    {
        using var scope = NewDisposeScope();
        var (watch, start) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        ITrainingMethod method = step.Method;
        method.Student.zero_grad();
        method.BeforeStep(Iteration);
        var now = Step.Of(Iteration, new RandomStream(1));
        var terms = shared?.Losses(batch, now) ?? method.Losses(batch, now);
        var loss = terms.Total();
        var exchange = shared?.Backward(loss);
        if (shared is null)
        {
            loss.backward();
        }

        step.Optimizer.step();
        return new ScaleReport(
            watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - start).TotalSeconds, exchange?.Seconds ?? 0, exchange?.Waited ?? 0);
    }

    private static Batch Share(Batch batch, IProcessGroup processes)
    {
        if (!processes.AreMany())
        {
            return batch;
        }

        var (weak, strong) = batch.Labelled;
        int[] own = [.. Enumerable.Range(0, weak.Count).Take(processes.Share(weak.Count))];
        return new Batch(new ViewPair(weak.Select(own), strong.Select(own)));
    }

    private static void Tell<T>(IProcessGroup processes, T answer)
    {
        if (processes.IsFirst())
        {
            Console.WriteLine(JsonSerializer.Serialize(answer));
        }
    }
}

/// <summary>What a step took, in seconds.</summary>
/// <param name="Wall">By the clock.</param>
/// <param name="Processor">Processor time of the first process.</param>
/// <param name="Exchange">Of this, adding gradients over the processes.</param>
/// <param name="Waited">Of that, what the step waited for.</param>
internal sealed record ScaleReport(double Wall, double Processor, double Exchange, double Waited);
