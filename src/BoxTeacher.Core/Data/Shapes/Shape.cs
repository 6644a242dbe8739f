using System.Numerics;

namespace BoxTeacher.Data;

/// <summary>Whether a place of a shape's own plane, in which it fills the disc of radius 1, is inside.</summary>
internal delegate bool Region(Vector2 place);

/// <summary>The kinds of objects in the scenes.</summary>
internal static class Shape
{
    /// <summary>Names and insides, in the order of the categories.</summary>
    public static IReadOnlyList<(string Name, Region Inside)> All { get; } =
    [
        ("disc", place => place.LengthSquared() <= 1),
        ("square", place => Math.Max(Math.Abs(place.X), Math.Abs(place.Y)) <= 0.8f),
        ("triangle", Triangle),
        ("star", Star),
        ("ring", place => place.LengthSquared() is <= 1 and >= 0.25f),
    ];

    /// <summary>A way to cut an object into two parts of different look.</summary>
    public static Region RandomPart(SceneRandom random)
    {
        float angle = random.Between(0, 2 * MathF.PI), offset = random.Between(-0.35f, 0.35f);
        var normal = new Vector2(MathF.Cos(angle), MathF.Sin(angle));
        var radius = random.Between(0.45f, 0.75f);
        return random.Integer(0, 3) switch
        {
            0 => place => Math.Abs(Vector2.Dot(place, normal)) < 0.3f + (0.3f * Math.Abs(offset)),
            1 => place => Vector2.DistanceSquared(place, offset * normal) < radius * radius,
            _ => place => Vector2.Dot(place, normal) < offset,
        };
    }

    private static bool Triangle(Vector2 place) =>
        place.Y <= 0.55f && (0.866f * Math.Abs(place.X)) - (0.5f * place.Y) <= 0.5f;

    private static bool Star(Vector2 place)
    {
        const float Sector = 2 * MathF.PI / 5, Inner = 0.42f;
        var angle = MathF.Atan2(place.X, -place.Y);
        angle = Math.Abs(angle - (Sector * MathF.Round(angle / Sector)));
        // Within half a sector the rim is the straight line from the tip to the notch.
        var tip = new Vector2(1, 0);
        var notch = Inner * new Vector2(MathF.Cos(Sector / 2), MathF.Sin(Sector / 2));
        var point = place.Length() * new Vector2(MathF.Cos(angle), MathF.Sin(angle));
        var rim = notch - tip;
        return ((point.X - tip.X) * rim.Y) - ((point.Y - tip.Y) * rim.X) <= 0;
    }
}
