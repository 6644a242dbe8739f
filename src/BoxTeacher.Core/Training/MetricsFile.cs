using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;

namespace BoxTeacher.Training;

/// <summary>
/// A run's history as JSON lines: <c>{"iteration": 1, "losses": {...}, "total": ..., ...}</c> for each step and
/// <c>{"iteration": 400, "evaluated": "student", "box": {...}, "mask": {...}}</c> for each evaluation. Hand <see cref="Write"/> to
/// <see cref="Trainer.Run"/>. A run that goes on from a checkpoint, or begins anew after a crash before the first one, drops the
/// lines of the iterations that it repeats.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private readonly string file;
    private StreamWriter writer;
    private bool begun;

    /// <summary>Opens the file for appending; makes it, with its folder, where there is none.</summary>
    public MetricsFile(string file)
    {
        this.file = file;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        writer = new StreamWriter(file, append: true);
    }

    /// <summary>Writes the event's line, and flushes where a reader would want to see it.</summary>
    public void Write(TrainingEvent happened)
    {
        if (!begun)
        {
            DropAfter(happened is StepFinished first ? first.Iteration - 1 : happened.Iteration);
            begun = true;
        }
        switch (happened)
        {
            case StepFinished step:
                WriteLine(new JsonObject
                {
                    ["iteration"] = step.Iteration,
                    ["total"] = step.Total,
                    ["losses"] = new JsonObject(step.Losses.Select(loss => KeyValuePair.Create(loss.Key, (JsonNode?)loss.Value))),
                    ["learningRate"] = step.LearningRate,
                    ["gradientNorm"] = step.GradientNorm,
                    ["seconds"] = step.Seconds,
                });
                break;
            case Evaluated evaluated:
                WriteLine(new JsonObject
                {
                    ["iteration"] = evaluated.Iteration,
                    ["evaluated"] = JsonNamingPolicy.CamelCase.ConvertName(evaluated.Network.ToString()),
                    ["box"] = Summary(evaluated.Box),
                    ["mask"] = Summary(evaluated.Mask),
                    ["seconds"] = evaluated.Seconds,
                });
                writer.Flush();
                break;
            case CheckpointWritten:
                writer.Flush();
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private static JsonObject Summary(CocoSummary summary) => new()
    {
        ["AP"] = summary.AP,
        ["AP50"] = summary.AP50,
        ["AP75"] = summary.AP75,
    };

    private void WriteLine(JsonObject line) => writer.WriteLine(line.ToJsonString());

    private void DropAfter(int iteration)
    {
        writer.Dispose();
        var kept = File.ReadLines(file).Where(line => IterationOf(line) <= iteration).ToList();
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))));
        writer = new StreamWriter(file, append: true);
    }

    /// <summary>The line's iteration; a line that a crash cut short belongs to no iteration.</summary>
    private static int IterationOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["iteration"]?.GetValue<int>() ?? int.MaxValue;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return int.MaxValue;
        }
    }
}
