using System.Text.Json;
using System.Text.Json.Nodes;
using BoxTeacher.Evaluation;
using BoxTeacher.Files;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// A run's history as JSON lines: <c>{"iteration": 1, "losses": {...}, "total": ..., ...}</c> for each step and
/// <c>{"iteration": 400, "evaluated": "student", "metrics": {"mask AP": ...}}</c> for each evaluation.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>
    /// Opens a run's file where the run goes on; makes it, with its folder, where there is none. Lines of later iterations, which the run
    /// repeats, are dropped, and so is a line that a crash cut short.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="iteration">Number of finished iterations.</param>
    public MetricsFile(string file, int iteration)
    {
        History = [.. Read(file).Where(happened => happened.Iteration <= iteration)];
        AtomicFile.WriteText(file, string.Concat(History.Select(happened => Line(happened) + "\n")));
        // What a checkpoint knows, the file has to know before: no step of a run that is killed is without its line.
        _writer = new StreamWriter(file, append: true) { AutoFlush = true };
    }

    /// <summary>The steps and evaluations that the file began with.</summary>
    public IReadOnlyList<TrainingEvent> History { get; }

    /// <summary>
    /// The steps and evaluations of a run's file, none where there is no file; a line that a crash cut short is left out.
    /// </summary>
    public static IReadOnlyList<TrainingEvent> Read(string file) =>
        File.Exists(file) ? [.. File.ReadLines(file).Select(Parse).OfType<TrainingEvent>()] : [];

    /// <summary>Writes the event's line, if it has one.</summary>
    public void Write(TrainingEvent happened)
    {
        if (Line(happened) is { } line)
        {
            _writer.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static string? Line(TrainingEvent happened) => happened switch
    {
        StepFinished step => Entry(step).ToJsonString(),
        Evaluated evaluated => new JsonObject
        {
            ["iteration"] = evaluated.Iteration,
            ["evaluated"] = JsonNamingPolicy.CamelCase.ConvertName(evaluated.Network.ToString()),
            ["metrics"] = Numbers(evaluated.Metrics.Select(metric => KeyValuePair.Create(metric.Name, metric.Value))),
            ["seconds"] = evaluated.Seconds,
        }.ToJsonString(),
        _ => null,
    };

    private static JsonObject Entry(StepFinished step)
    {
        var entry = new JsonObject
        {
            ["iteration"] = step.Iteration,
            ["total"] = step.Total,
            ["losses"] = Numbers(step.Losses),
            ["learningRate"] = step.LearningRate,
            ["gradientNorm"] = step.GradientNorm,
            ["seconds"] = step.Seconds,
            ["dataSeconds"] = step.DataSeconds,
        };
        if (step.Exchange is { } sums)
        {
            entry["exchange"] = new JsonObject { ["seconds"] = sums.Seconds, ["waited"] = sums.Waited };
        }

        return entry;
    }

    // JSON has no word for what is no number.
    private static JsonObject Numbers(IEnumerable<KeyValuePair<string, double>> values) =>
        new(values.Select(entry => KeyValuePair.Create(entry.Key, double.IsFinite(entry.Value) ? (JsonNode?)entry.Value : null)));

    private static TrainingEvent? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var json = document.RootElement;
            var (iteration, seconds) = (json.GetProperty("iteration").GetInt32(), json.GetProperty("seconds").GetDouble());
            return json.TryGetProperty("evaluated", out var network)
                ? new Evaluated(
                    iteration,
                    NetworkOf(network.GetString()),
                    [.. json.GetProperty("metrics").EnumerateObject().Select(metric => new Metric(metric.Name, Number(metric.Value)))],
                    seconds)
                : new StepFinished(
                    iteration,
                    json.GetProperty("losses").EnumerateObject().ToDictionary(loss => loss.Name, loss => Number(loss.Value)),
                    json.GetProperty("total").GetDouble(),
                    json.GetProperty("learningRate").GetDouble(),
                    json.GetProperty("gradientNorm") is { ValueKind: JsonValueKind.Number } norm ? norm.GetDouble() : null,
                    seconds,
                    json.TryGetProperty("dataSeconds", out var waited) && waited.ValueKind == JsonValueKind.Number
                        ? waited.GetDouble()
                        : null,
                    json.TryGetProperty("exchange", out var sums)
                        ? new Exchange(sums.GetProperty("seconds").GetDouble(), sums.GetProperty("waited").GetDouble())
                        : null);
        }
        catch (Exception error) when (
            error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static Network NetworkOf(string? name) =>
        Enum.GetValues<Network>().Single(network => JsonNamingPolicy.CamelCase.ConvertName(network.ToString()) == name);

    private static double Number(JsonElement json) => json.ValueKind == JsonValueKind.Null ? double.NaN : json.GetDouble();
}
