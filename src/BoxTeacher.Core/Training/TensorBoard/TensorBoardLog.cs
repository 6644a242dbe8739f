using System.Globalization;
using BoxTeacher.Files;
using Tensorboard;

namespace BoxTeacher.Training;

/// <summary>
/// A run's history for TensorBoard: an event file with each loss, learning rate, norm of the gradient, images per second, resident memory
/// and the metrics of each evaluation. <see cref="Write"/> is a listener of a run.
/// </summary>
/// <remarks>
/// TorchSharp's SummaryWriter begins a file at each start, so that a resumed run has steps twice, knows whole seconds only and opens the
/// file anew for each number.
/// </remarks>
/// <param name="folder">Where the event file lies; one per folder. Nothing is written before the first event.</param>
/// <param name="imagesPerStep">The run's batch size.</param>
public sealed class TensorBoardLog(string folder, int imagesPerStep) : IDisposable
{
    private const string Prefix = "events.out.tfevents.";
    private const string EvaluationTime = "speed/evaluation_seconds";

    private FileStream? _stream;

    /// <summary>
    /// Adds an event. Where a run goes on, a new file takes the place of the former one, with all that happened up to the checkpoint, also
    /// what was not logged then.
    /// </summary>
    public void Write(TrainingEvent happened)
    {
        if (happened is Resumed resumed)
        {
            Dispose();
            _stream = Begin(resumed.Iteration, resumed.History);
        }
        else if (Scalars(happened).ToList() is { Count: > 0 } scalars)
        {
            _stream ??= Begin(0, []);
            EventRecords.Write(_stream, Record(happened.Iteration, scalars.Append(("memory/resident_MB", Environment.WorkingSet / 1e6))));
            _stream.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private FileStream Begin(int iteration, IReadOnlyList<TrainingEvent> history)
    {
        var former = Directory.Exists(folder) ? Directory.GetFiles(folder, Prefix + "*") : [];
        Array.Sort(former, StringComparer.Ordinal);
        var kept = former.Length == 0
            ? []
            : EventRecords.Read(former[^1]).Where(record => record.Summary is not null && record.Step <= iteration).ToList();
        var known = kept.Select(record => (record.Step, IsEvaluation(record))).ToHashSet();
        var missed = history.Where(happened => !known.Contains((happened.Iteration, happened is Evaluated)))
            .Select(happened => Record(happened.Iteration, Scalars(happened)));
        var milliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var file = Path.Combine(folder, $"{Prefix}{milliseconds}.boxteacher");
        AtomicFile.Write(file, stream =>
        {
            EventRecords.Write(stream, new Event { WallTime = Now(), FileVersion = "brain.Event:2" });
            // A TensorBoard that is running forgets what it has read of the former file.
            var start = new SessionLog { Status = SessionLog.Types.SessionStatus.Start };
            EventRecords.Write(stream, new Event { WallTime = Now(), SessionLog = start });
            foreach (var record in kept.Concat(missed))
            {
                EventRecords.Write(stream, record);
            }
        });
        foreach (var old in former.Where(old => old != file))
        {
            File.Delete(old);
        }

        return new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    private static bool IsEvaluation(Event record) => record.Summary.Value.Any(value => value.Tag == EvaluationTime);

    private IEnumerable<(string Tag, double Value)> Scalars(TrainingEvent happened) => happened switch
    {
        StepFinished step =>
        [
            ("loss/total", step.Total),
            .. step.Losses.Select(loss => ($"loss/{loss.Key}", loss.Value)),
            ("optimizer/learning_rate", step.LearningRate),
            .. step.GradientNorm is { } norm ? [("optimizer/gradient_norm", norm)] : Array.Empty<(string, double)>(),
            ("speed/images_per_second", imagesPerStep / step.Seconds),
            .. double.IsFinite(step.DataShare) ? [("speed/data_share", step.DataShare)] : Array.Empty<(string, double)>(),
        ],
        Evaluated evaluated =>
        [
            .. evaluated.Metrics.Where(metric => double.IsFinite(metric.Value)).Select(metric => ($"evaluation/{metric.Name}", metric.Value)),
            (EvaluationTime, evaluated.Seconds),
        ],
        _ => [],
    };

    private static Event Record(int iteration, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        // TensorBoard's tags have no spaces.
        summary.Value.AddRange(scalars.Select(scalar =>
            new Summary.Types.Value { Tag = scalar.Tag.Replace(' ', '_'), SimpleValue = (float)scalar.Value }));
        return new Event { WallTime = Now(), Step = iteration, Summary = summary };
    }

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
