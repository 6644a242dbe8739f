using System.Diagnostics;
using System.Globalization;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Spectre.Console;

namespace BoxTeacher.Cli;

/// <summary>
/// Shows a run on the console: in a terminal one line that is written over, otherwise a line now and then; a line for each evaluation.
/// </summary>
internal sealed class TrainingDisplay(Recipe recipe) : IDisposable
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMilliseconds(200);
    private readonly bool interactive = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    private readonly Stopwatch sinceLast = Stopwatch.StartNew();
    private double meanSeconds;
    private int steps;
    private bool lineOpen;

    public void Show(TrainingEvent happened)
    {
        switch (happened)
        {
            case StepFinished step:
                // The first step compiles code; it counts only until there is a second one.
                meanSeconds += (step.Seconds - meanSeconds) * Math.Max(0.05, 1.0 / Math.Max(steps++, 1));
                if (step.Iteration == recipe.Budget.Iterations || sinceLast.Elapsed > (interactive ? RefreshEvery : LineEvery))
                {
                    Progress(step);
                }
                break;
            case Evaluated evaluated:
                Line(string.Create(CultureInfo.InvariantCulture,
                    $"iteration {evaluated.Iteration}: {evaluated.Network.ToString().ToLowerInvariant()} mask AP {100 * evaluated.Mask.AP:F1} AP50 {100 * evaluated.Mask.AP50:F1} AP75 {100 * evaluated.Mask.AP75:F1}, box AP {100 * evaluated.Box.AP:F1}"));
                break;
            case CheckpointWritten written:
                Line($"checkpoint {written.Folder}");
                break;
            case Resumed resumed:
                Line($"resumed from {resumed.Folder}");
                break;
        }
    }

    public void Dispose() => EndLine();

    private void Progress(StepFinished step)
    {
        sinceLast.Restart();
        var left = TimeSpan.FromSeconds((recipe.Budget.Iterations - step.Iteration) * meanSeconds);
        var losses = string.Join(' ', step.Losses.Select(loss =>
            string.Create(CultureInfo.InvariantCulture, $"{loss.Key.Replace("loss_", "", StringComparison.Ordinal).Replace("fcos_", "", StringComparison.Ordinal)} {loss.Value:F3}")));
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{step.Iteration}/{recipe.Budget.Iterations} eta {left:h\\:mm\\:ss} {1000 * meanSeconds:F0} ms lr {step.LearningRate:G3} loss {step.Total:F3} ({losses})");
        if (interactive)
        {
            var width = Math.Max(AnsiConsole.Profile.Width - 1, 20);
            Console.Write("\r" + (text.Length > width ? text[..width] : text.PadRight(width)));
            lineOpen = true;
        }
        else
        {
            Console.WriteLine(text);
        }
    }

    private void Line(string text)
    {
        EndLine();
        Console.WriteLine(text);
    }

    private void EndLine()
    {
        if (lineOpen)
        {
            Console.WriteLine();
            lineOpen = false;
        }
    }
}
