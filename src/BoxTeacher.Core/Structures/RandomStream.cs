namespace BoxTeacher.Structures;

/// <summary>
/// A seeded, splittable source of random numbers (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). A stream that is split by labels (epoch, image) gives each sample its own numbers, so that pixels depend on the seed
/// alone and never on which thread came first.
/// </summary>
/// <param name="seed">Any number; equal seeds give equal streams.</param>
public sealed class RandomStream(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong _origin = seed;
    private ulong _state = seed;

    /// <summary>A child stream that depends on this stream's seed and <paramref name="label"/> only, not on numbers drawn so far.</summary>
    public RandomStream Split(ulong label) => new(Mix(Mix(_origin + Golden) ^ (label + 1) * Golden));

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1), 53 random bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Uniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0 .. <paramref name="count"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int Below(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return (int)(((UInt128)NextBits() * (ulong)count) >> 64);
    }

    /// <summary>Standard normal (Box and Muller 1958); draws two numbers.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>True with the given probability; draws one number whatever the probability is.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Brings <paramref name="items"/> into a uniformly random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
