using System.Text.Json.Nodes;
using BoxTeacher.Tests.Commands;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Processes;

/// <summary><c>mpirun boxteacher train</c>: processes of their own over Open MPI.</summary>
public sealed class MpirunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public MpirunTests() => Cases.CopyRects(folder.Root);

    public void Dispose() => folder.Dispose();

    [MpirunFact]
    public void Processes_take_the_steps_of_one_and_the_first_writes()
    {
        Success(Train(1, "one"));
        Success(Train(2, "two"));

        var (one, two) = (Metrics("one"), Metrics("two"));
        Assert.Equal(one.Count, two.Count);
        foreach (var (alone, together) in one.Zip(two))
        {
            Assert.Equal(alone["iteration"]!.GetValue<int>(), together["iteration"]!.GetValue<int>());
            if (alone["total"] is { } total)
            {
                Assert.Equal(total.GetValue<double>(), together["total"]!.GetValue<double>(), 5e-5);
                Assert.True(together["exchange"]!["seconds"]!.GetValue<double>() > 0);
            }
        }

        // Who speaks is the first process alone.
        Assert.Single(Directory.GetFiles(folder.At("two"), "model.safetensors"));
        Assert.Equal("1 x 2", File.ReadAllText(folder.At("two", "threads")));
    }

    [MpirunFact]
    public void A_run_goes_on_with_as_many_processes_to_the_bit_and_with_another_number_of_them()
    {
        Success(Train(2, "run"));
        var weights = File.ReadAllBytes(folder.At("run", "model.safetensors"));

        Forget();
        Success(Train(2, "run"));
        Assert.Equal(weights, File.ReadAllBytes(folder.At("run", "model.safetensors")));

        Forget();
        Success(Train(1, "run"));
        Assert.Equal([1, 2, 3, 4, 5, 6], Metrics("run").Where(line => line["total"] is not null).Select(line => line["iteration"]!.GetValue<int>()));
        Assert.Equal("1", File.ReadAllText(folder.At("run", "threads")));

        // As if the run had been killed after its checkpoint of step 3.
        void Forget()
        {
            Directory.Delete(folder.At("run", "checkpoint-0000006"), recursive: true);
            File.Delete(folder.At("run", "model.safetensors"));
        }
    }

    [MpirunFact]
    public void What_is_wrong_is_said_once_and_ends_all_processes()
    {
        var tooFew = Train(3, "few", "--set", "budget.batchSize=2");
        Assert.Equal(1, tooFew.ExitCode);
        Assert.Single(tooFew.Error.Split('\n'), line => line == "boxteacher: shapes-boxinst: budget.batchSize: 2 images are not one for each of 3 processes");

        // One process of two finds a picture that it cannot read.
        foreach (var picture in Directory.GetFiles(folder.At("shapes", "train")).Order().Take(3))
        {
            File.WriteAllText(picture, "no picture");
        }

        var broken = Train(2, "broken");
        Assert.Equal(1, broken.ExitCode);
        Assert.InRange(broken.Error.Split('\n').Count(line => line.StartsWith("boxteacher: ", StringComparison.Ordinal)), 1, 2);
    }

    // Mpirun passes SIGUSR1 on, and makes of SIGTERM a SIGCONT and, later, a SIGTERM.
    [MpirunTheory]
    [InlineData("TERM")]
    [InlineData("USR1")]
    public void A_signal_stops_all_processes_after_one_step_with_a_checkpoint(string signal)
    {
        using var run = Start(2, "stopped", "--set", "budget.iterations=100000");
        while (!run.HasExited && !(File.Exists(folder.At("stopped", "metrics.jsonl")) && Metrics("stopped").Count > 2))
        {
            Thread.Sleep(100);
        }

        run.Send(signal);
        var ended = run.Wait();

        Assert.NotEqual(0, ended.ExitCode);
        var last = new RunFolder(folder.At("stopped")).Checkpoints.Latest();
        Assert.True(last is not null, ended.Error);
        Assert.Equal(Metrics("stopped")[^1]["iteration"]!.GetValue<int>(), last.Value.Iteration);
    }

    [MpirunFact]
    public void A_killed_process_ends_the_others_and_another_number_of_them_goes_on()
    {
        string[] more = ["--set", "budget.iterations=60", "--set", "budget.evaluateEvery=60"];
        using var run = Start(2, "killed", more);
        var checkpoints = new RunFolder(folder.At("killed")).Checkpoints;
        while (!run.HasExited && checkpoints.Latest() is null)
        {
            Thread.Sleep(20);
        }

        run.KillChild(1);
        var ended = run.Wait();

        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains("signal 9", ended.Error, StringComparison.Ordinal);
        Assert.InRange(checkpoints.Latest()!.Value.Iteration, 3, 57);

        Success(Train(3, "killed", more));
        Assert.Equal(
            Enumerable.Range(1, 60),
            Metrics("killed").Where(line => line["total"] is not null).Select(line => line["iteration"]!.GetValue<int>()));
    }

    private static void Success(CommandResult result) => Assert.True(result.ExitCode == 0, result.Error + result.Output);

    private List<JsonNode> Metrics(string run) =>
        [.. File.ReadAllLines(folder.At(run, "metrics.jsonl")).Where(line => line.EndsWith('}')).Select(line => JsonNode.Parse(line)!)];

    private CommandResult Train(int processes, string run, params string[] more)
    {
        using var command = Start(processes, run, more);
        return command.Wait();
    }

    // Ten seconds for the last checkpoint, where mpirun itself gives one.
    private CommandLineProcess Start(int processes, string run, params string[] more) => CommandLineProcess.StartBy(
        processes == 1 ? ["dotnet"]
            :
            [
                "mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "odls_base_sigkill_timeout", "10",
                "-np", $"{processes}", "dotnet",
            ],
        [
            "train", "--recipe", "shapes-boxinst", "--data", folder.Root, "--out", folder.At(run), "--threads", "1", "--resume",
            "--set", "augmentation.geometry.shortEdges=[64]", "--set", "augmentation.geometry.maxSize=96",
            "--set", "augmentation.testShortEdge=64", "--set", "augmentation.testMaxSize=96", "--set", "budget.batchSize=4",
            "--set", "budget.iterations=6", "--set", "budget.evaluateEvery=6", "--set", "budget.checkpointEvery=3", .. more,
        ]);
}
