using System.Text;

namespace BoxTeacher.Tests;

/// <summary>Weights that a reference set gives as a formula: FNV-1a of the name seeds SplitMix64, whose upper 24 bits fill a range.</summary>
internal static class HashedWeights
{
    public static float[] Values(string salt, string name, long count, double low, double high)
    {
        var seed = 0xcbf29ce484222325;
        foreach (var value in Encoding.UTF8.GetBytes($"{salt}/{name}"))
            seed = (seed ^ value) * 0x100000001b3;
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var z = seed + (ulong)(i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            values[i] = (float)(low + (high - low) * ((z >> 40) / (double)(1 << 24)));
        }
        return values;
    }
}
