using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

public sealed class HostValuesTests
{
    [Fact]
    public void Whoever_listens_hears_of_each_copy_until_he_stops()
    {
        using var scope = NewDisposeScope();
        var (heard, inner) = (new List<HostCopy>(), new List<HostCopy>());
        var values = DeviceValues.Of([1f, 2, 3], [3], CPU);
        using (HostValues.Listen(heard.Add))
        {
            HostValues.Floats(values);
            using (HostValues.Listen(inner.Add))
            {
                HostValues.Rows(values > 1);
            }

            DeviceValues.Of([1L, 2], CPU);
        }

        HostValues.Floats(values);
        const string Here = $"{nameof(HostValuesTests)}.{nameof(Whoever_listens_hears_of_each_copy_until_he_stops)}";
        Assert.Equal(
            [(Here, CopyDirection.ToHost, 12L), (Here, CopyDirection.ToHost, 8), (Here, CopyDirection.ToDevice, 16)],
            heard.Select(copy => (copy.Place, copy.Direction, copy.Bytes)));
        Assert.Equal([heard[1]], inner);
    }

    [Fact]
    public void Another_thread_is_not_listened_to()
    {
        var heard = new List<HostCopy>();
        using var listening = HostValues.Listen(heard.Add);
        var other = new Thread(() =>
        {
            using var scope = NewDisposeScope();
            HostValues.Floats(ones(1, device: CPU));
        });
        other.Start();
        other.Join();

        Assert.Empty(heard);
    }

    [Fact]
    public void Boxes_and_their_numbers_come_in_one_copy()
    {
        using var scope = NewDisposeScope();
        var (boxes, numbers) = HostValues.Boxes(
            DeviceValues.Of([1.5f, 2, 3, 4, 5, 6, 7, 8], [2, 4], CPU), DeviceValues.Of([-1L, 1 << 24], CPU));

        Assert.Equal([1.5f, 2, 3, 4, 5, 6, 7, 8], boxes);
        Assert.Equal([-1L, 1 << 24], numbers);
        Assert.Empty(HostValues.Boxes(zeros([0, 4], device: CPU), zeros([0], int64, CPU)).Numbers);
    }

    [Fact]
    public void Values_are_where_they_are_wanted_and_of_the_type_that_is_wanted()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(DeviceType.META, DeviceValues.Of([1L], META).device_type);
        Assert.Equal(float64, DeviceValues.Of([1f], [1, 1], CPU, float64).dtype);
        Assert.Equal([7, 8], HostValues.Bytes(DeviceValues.Of([(byte)7, (byte)8], [2], CPU)));
        Assert.Throws<ArgumentException>(() => DeviceValues.Of([1], [1], CPU));
    }

    [Fact]
    public void Known_objects_are_not_read_and_all_others_at_once()
    {
        using var scope = NewDisposeScope();
        var known = Of(1) with { OnHost = new HostObjects([9, 9, 9, 9], [9]) };
        var heard = new List<HostCopy>();
        using var listening = HostValues.Listen(heard.Add);

        Assert.Same(known.OnHost, Assert.Single(HostObjects.Of([known])));
        Assert.Empty(heard);
        var objects = HostObjects.Of([Of(2), known, Of(0), Of(1)]);
        Assert.Single(heard, copy => copy.Direction == CopyDirection.ToHost);
        Assert.Equal([[0L, 1], [9], [], [0]], objects.Select(image => image.Classes));
        Assert.Equal([[0f, 1, 2, 3, 4, 5, 6, 7], [9, 9, 9, 9], [], [0, 1, 2, 3]], objects.Select(image => image.Boxes));

        static Instances Of(int count) => new(arange(4 * count, float32, CPU).view(count, 4), arange(count, int64, CPU));
    }
}
