using System.Numerics;

namespace BoxTeacher.Data;

/// <summary>How far, from 0 to 1, a place is from a texture's first color to its second.</summary>
internal delegate float Pattern(float x, float y);

/// <summary>A surface of two colors mixed by a pattern, with fine noise on top.</summary>
/// <param name="First">One color, 0..255 a channel.</param>
/// <param name="Second">The other.</param>
/// <param name="Pattern">The mixture.</param>
/// <param name="Grain">Amplitude of the noise.</param>
internal sealed record Texture(Vector3 First, Vector3 Second, Pattern Pattern, Pattern Grain)
{
    /// <summary>The color at a place.</summary>
    public Vector3 At(float x, float y) => Vector3.Lerp(First, Second, Pattern(x, y)) + new Vector3(Grain(x, y));

    /// <summary>The texture of an object's part.</summary>
    public static Texture OfObject(SceneRandom random) => Random(random, 0.05f, 0.25f);

    /// <summary>The texture of a background: calmer than those of the objects, as ground and walls mostly are.</summary>
    public static Texture OfBackground(SceneRandom random) => Random(random, 0.02f, 0.15f);

    private static Texture Random(SceneRandom random, float leastContrast, float mostContrast)
    {
        var first = random.Color(0.15f, 0.9f, 0.25f, 0.95f);
        // Two colors of one surface are related: the second is a mixture of the first and any other.
        var second = Vector3.Lerp(first, random.Color(0.1f, 0.9f, 0.15f, 1f), random.Between(leastContrast, mostContrast));
        return new Texture(first, second, RandomPattern(random), RandomGrain(random));
    }

    /// <summary>A texture of nearly the same colors in another pattern: what resembles its background.</summary>
    public Texture Camouflaged(SceneRandom random)
    {
        var shift = random.Between(0.08f, 0.22f);
        var other = random.Color(0.2f, 0.9f, 0.2f, 1f);
        return new Texture(
            Vector3.Lerp(First, other, shift), Vector3.Lerp(Second, other, shift), RandomPattern(random), RandomGrain(random));
    }

    private static Pattern RandomPattern(SceneRandom random) => random.Integer(0, 5) switch
    {
        0 => Stripes(random),
        1 => Checks(random),
        2 => Dots(random),
        3 => Gradient(random),
        _ => Clouds(random),
    };

    private static Pattern RandomGrain(SceneRandom random)
    {
        var amplitude = random.Between(4, 12);
        var key = (uint)random.Next();
        return (x, y) => amplitude * (Noise(0.9f * x, 0.9f * y, key) - 0.5f);
    }

    private static Pattern Stripes(SceneRandom random)
    {
        float frequency = random.Between(0.25f, 0.9f), angle = random.Between(0, MathF.PI), phase = random.Between(0, 6.3f);
        float dx = frequency * MathF.Cos(angle), dy = frequency * MathF.Sin(angle), wobble = random.Between(0, 2.5f);
        var key = (uint)random.Next();
        return (x, y) => 0.5f + (0.5f * MathF.Sin((dx * x) + (dy * y) + phase + (wobble * Noise(0.06f * x, 0.06f * y, key))));
    }

    private static Pattern Checks(SceneRandom random)
    {
        float cell = 1 / random.Between(4, 12), angle = random.Between(0, MathF.PI / 2);
        float cos = cell * MathF.Cos(angle), sin = cell * MathF.Sin(angle);
        return (x, y) => ((int)MathF.Floor((cos * x) + (sin * y)) + (int)MathF.Floor((cos * y) - (sin * x))) & 1;
    }

    private static Pattern Dots(SceneRandom random)
    {
        float cell = 1 / random.Between(5, 11), radius = random.Between(0.22f, 0.42f), angle = random.Between(0, MathF.PI / 2);
        float cos = cell * MathF.Cos(angle), sin = cell * MathF.Sin(angle);
        return (x, y) =>
        {
            float u = (cos * x) + (sin * y), v = (cos * y) - (sin * x);
            u -= MathF.Floor(u) + 0.5f;
            v -= MathF.Floor(v) + 0.5f;
            return (u * u) + (v * v) < radius * radius ? 1 : 0;
        };
    }

    private static Pattern Gradient(SceneRandom random)
    {
        float angle = random.Between(0, 2 * MathF.PI), slope = random.Between(0.006f, 0.02f), start = random.Between(0, 0.5f);
        float dx = slope * MathF.Cos(angle), dy = slope * MathF.Sin(angle);
        return (x, y) => Math.Clamp(start + (dx * x) + (dy * y), 0, 1);
    }

    private static Pattern Clouds(SceneRandom random)
    {
        float scale = random.Between(0.03f, 0.14f), contrast = random.Between(1.2f, 3f);
        var key = (uint)random.Next();
        return (x, y) =>
        {
            var sum = (0.55f * Noise(scale * x, scale * y, key))
                + (0.3f * Noise(2.1f * scale * x, 2.1f * scale * y, key + 1))
                + (0.15f * Noise(4.3f * scale * x, 4.3f * scale * y, key + 2));
            return Math.Clamp(0.5f + (contrast * (sum - 0.5f)), 0, 1);
        };
    }

    /// <summary>Smooth noise in [0, 1]: random values at whole places, blended between.</summary>
    private static float Noise(float x, float y, uint key)
    {
        float fx = MathF.Floor(x), fy = MathF.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        float u = x - fx, v = y - fy;
        u *= u * (3 - (2 * u));
        v *= v * (3 - (2 * v));
        float top = Hash(ix, iy, key), bottom = Hash(ix, iy + 1, key);
        top += u * (Hash(ix + 1, iy, key) - top);
        bottom += u * (Hash(ix + 1, iy + 1, key) - bottom);
        return top + (v * (bottom - top));
    }

    private static float Hash(int x, int y, uint key)
    {
        var h = ((uint)x * 0x9E3779B1u) ^ ((uint)y * 0x85EBCA77u) ^ (key * 0xC2B2AE3Du);
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return ((h ^ (h >> 15)) >> 8) * (1f / (1 << 24));
    }
}
