using System.Numerics;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Random numbers of one scene: a scene depends on the seed and its own number alone, so scenes can be
/// made in any order and come out the same on every platform.
/// </summary>
internal sealed class SceneRandom(RandomStream stream)
{
    /// <summary>The stream of one scene.</summary>
    public static SceneRandom Of(long seed, int split, int scene)
    {
        var mixed = new RandomStream((ulong)seed).NextBits() ^ ((ulong)(uint)split << 32 | (uint)scene);
        return new SceneRandom(new RandomStream(new RandomStream(mixed).NextBits()));
    }

    /// <summary>64 random bits.</summary>
    public ulong Next() => stream.NextBits();

    /// <summary>A number in [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>A number in [low, high).</summary>
    public float Between(float low, float high) => low + ((high - low) * Unit());

    /// <summary>An integer from low to high, both possible.</summary>
    public int Integer(int low, int high) => low + (int)(((Next() >> 32) * (ulong)(high - low + 1)) >> 32);

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => Unit() < probability;

    /// <summary>A color of 0..255 with the given ranges of saturation and brightness.</summary>
    public Vector3 Color(float saturationLow, float saturationHigh, float valueLow, float valueHigh)
    {
        float hue = Between(0, 6), saturation = Between(saturationLow, saturationHigh), value = Between(valueLow, valueHigh);
        return 255 * value * new Vector3(Channel(5), Channel(3), Channel(1));

        // The usual conversion from hue, saturation and value.
        float Channel(float offset)
        {
            var k = (offset + hue) % 6;
            return 1 - (saturation * Math.Clamp(Math.Min(k, 4 - k), 0, 1));
        }
    }
}
