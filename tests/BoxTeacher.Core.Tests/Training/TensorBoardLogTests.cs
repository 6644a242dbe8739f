using System.Numerics;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Training;
using Tensorboard;
using Xunit;

namespace BoxTeacher.Tests.Training;

public sealed class TensorBoardLogTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_number_of_a_step_and_of_an_evaluation_is_a_scalar()
    {
        using (var log = new TensorBoardLog(folder.Root, imagesPerStep: 8))
        {
            log.Write(Step(1));
            log.Write(new CheckpointWritten(1, "x"));
            log.Write(new Evaluated(1, Network.Teacher, [new Metric("mask AP", 0.25), new Metric("mask AP75", double.NaN)], 2));
        }

        var events = Read();
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        var scalars = events.Where(record => record.Summary is not null).SelectMany(record => record.Summary.Value)
            .ToLookup(value => value.Tag, value => value.SimpleValue);
        Assert.Equal(3, scalars["loss/total"].Single());
        Assert.Equal([1f, 2f], [scalars["loss/loss_prj"].Single(), scalars["loss/loss_pairwise"].Single()]);
        Assert.Equal([0.5f, 4f], [scalars["optimizer/learning_rate"].Single(), scalars["optimizer/gradient_norm"].Single()]);
        Assert.Equal(32, scalars["speed/images_per_second"].Single());
        Assert.Equal(0.25f, scalars["evaluation/mask_AP"].Single());
        Assert.Empty(scalars["evaluation/mask_AP75"]);
        Assert.All(scalars["memory/resident_MB"], megabytes => Assert.InRange(megabytes, 1, 1e6));
        Assert.InRange(events[^1].WallTime, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60);
    }

    /// <summary>Steps 1 to 4, of which a checkpoint knew two, then the rest; the log was off in step 3, and the crash cut step 4 short.</summary>
    [Fact]
    public void A_run_that_goes_on_has_each_step_once()
    {
        using (var log = new TensorBoardLog(folder.Root, 8))
        {
            log.Write(Step(1));
            log.Write(Step(2));
            log.Write(Step(4));
        }

        var file = Directory.GetFiles(folder.Root).Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^5]);

        using (var log = new TensorBoardLog(folder.Root, 8))
        {
            log.Write(new Resumed(3, "x", [Step(1), Step(2), Step(3)]));
            log.Write(Step(4));
        }

        Assert.Equal([1L, 2, 3, 4], Steps());

        using (var log = new TensorBoardLog(folder.Root, 8))
        {
            log.Write(Step(1));
        }

        Assert.Equal([1L], Steps());
    }

    [Fact]
    public void A_damaged_record_ends_a_file()
    {
        using (var log = new TensorBoardLog(folder.Root, 8))
        {
            log.Write(Step(1));
        }

        var file = Directory.GetFiles(folder.Root).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[^10] ^= 1;
        File.WriteAllBytes(file, bytes);

        Assert.DoesNotContain(EventRecords.Read(file), record => record.Summary is not null);
        Assert.ThrowsAny<Exception>(Read);
    }

    private static StepFinished Step(int iteration) => new(
        iteration, new Dictionary<string, double> { ["loss_prj"] = 1, ["loss_pairwise"] = 2 }, 3, 0.5, 4, 0.25);

    private IEnumerable<long> Steps() => Read().Where(record => record.Summary is not null).Select(record => record.Step);

    /// <summary>What TensorBoard reads of the folder's one file, by the definition of TFRecord.</summary>
    private List<Event> Read()
    {
        using var reader = new BinaryReader(File.OpenRead(Directory.GetFiles(folder.Root, "*tfevents*").Single()));
        var events = new List<Event>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var header = reader.ReadBytes(8);
            Assert.Equal(Masked(header), reader.ReadUInt32());
            var record = reader.ReadBytes((int)BitConverter.ToInt64(header));
            Assert.Equal(Masked(record), reader.ReadUInt32());
            events.Add(Event.Parser.ParseFrom(record));
        }

        return events;
    }

    /// <summary>CRC-32C bit by bit.</summary>
    private static uint Masked(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
