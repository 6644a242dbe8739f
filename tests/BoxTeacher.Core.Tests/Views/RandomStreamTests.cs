using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Views;

public class RandomStreamTests
{
    [Fact]
    public void The_first_numbers_are_those_of_the_published_SplitMix64()
    {
        var stream = new RandomStream(1234567);

        ulong[] first = [stream.NextBits(), stream.NextBits(), stream.NextBits(), stream.NextBits(), stream.NextBits()];

        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821], first);
    }

    [Property]
    public void A_child_depends_on_seed_and_label_only(ulong seed, ulong label, byte draws)
    {
        var parent = new RandomStream(seed);
        for (var i = 0; i <= draws; i++)
        {
            parent.NextBits();
        }

        Assert.Equal(new RandomStream(seed).Split(label).NextBits(), parent.Split(label).NextBits());
    }

    [Property]
    public void Children_of_different_labels_differ(ulong seed) =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(label => new RandomStream(seed).Split((ulong)label).NextBits()).Distinct().Count());

    [Fact]
    public void Uniform_numbers_fill_their_range_evenly()
    {
        var stream = new RandomStream(5);
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
        {
            counts[(int)(10 * stream.NextDouble())]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400)); // expected 10,000, standard deviation 95
    }

    [Fact]
    public void Shuffle_gives_each_order_equally_often()
    {
        var stream = new RandomStream(11);
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < 60_000; i++)
        {
            int[] items = [0, 1, 2];
            stream.Shuffle(items.AsSpan());
            var order = string.Concat(items);
            seen[order] = seen.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, seen.Count);
        Assert.All(seen.Values, count => Assert.InRange(count, 9_600, 10_400));
    }
}
