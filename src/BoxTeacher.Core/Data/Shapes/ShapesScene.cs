using System.Numerics;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>One scene: a picture and the visible part of each object in it.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Objects">For each object its category's index and the mask of what is seen of it.</param>
internal sealed record ShapesScene(Image Picture, IReadOnlyList<(int Category, RunLengthMask Visible)> Objects)
{
    // Sub-pixels along each side; a pixel belongs to an object that covers at least half of it.
    private const int Fineness = 4;
    private const int Samples = Fineness * Fineness;
    private const int Placements = 20;
    private const int MinPixels = 60;

    private sealed record Placed(int Category, byte[] Coverage, Func<float, float, Vector3> Color);

    /// <summary>Composes a scene.</summary>
    public static ShapesScene Compose(ShapesOptions options, SceneRandom random)
    {
        var size = options.SceneSize;
        var background = Texture.OfBackground(random);
        var objects = new List<Placed>();
        var wanted = random.Integer(1, options.MaxObjects);
        for (var i = 0; i < wanted; i++)
        {
            for (var attempt = 0; attempt < Placements; attempt++)
            {
                var candidate = Place(options, background, random);
                if (IsFair(objects, candidate, options.MinVisible))
                {
                    objects.Add(candidate);
                    break;
                }
            }
        }
        var canvas = new Vector3[size * size];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                canvas[(y * size) + x] = background.At(x, y);
            }
        }
        foreach (var item in objects)
        {
            for (var i = 0; i < canvas.Length; i++)
            {
                if (item.Coverage[i] > 0)
                {
                    var alpha = item.Coverage[i] / (float)Samples;
                    canvas[i] = Vector3.Lerp(canvas[i], item.Color(i % size, i / size), alpha);
                }
            }
        }
        var owner = Owners(objects, size * size);
        var visible = objects.Select((item, i) => (item.Category, RunLengthMask.Encode(Array.ConvertAll(owner, o => o == i), size, size)));
        return new ShapesScene(Develop(canvas, size, random), [.. visible]);
    }

    private static Placed Place(ShapesOptions options, Texture background, SceneRandom random)
    {
        int category = random.Integer(0, Shape.All.Count - 1), size = options.SceneSize;
        var radius = random.Between(options.MinDiameter, options.MaxDiameter) / 2;
        var margin = 0.6f * radius;
        var center = new Vector2(random.Between(margin, size - margin), random.Between(margin, size - margin));
        float angle = random.Between(-0.35f, 0.35f), squeeze = random.Between(0.8f, 1f);
        var (sin, cos) = MathF.SinCos(angle);
        var inside = Shape.All[category].Inside;
        Vector2 Local(float x, float y)
        {
            var d = (new Vector2(x, y) - center) / radius;
            return new Vector2((cos * d.X) + (sin * d.Y), ((cos * d.Y) - (sin * d.X)) / squeeze);
        }

        int Sample(int x, int y, int s) =>
            inside(Local(x + (((s % Fineness) + 0.5f) / Fineness), y + (((s / Fineness) + 0.5f) / Fineness))) ? 1 : 0;

        var coverage = new byte[size * size];
        int top = Math.Max(0, (int)(center.Y - (1.2f * radius)) - 1), bottom = Math.Min(size, (int)(center.Y + (1.2f * radius)) + 2);
        int left = Math.Max(0, (int)(center.X - (1.2f * radius)) - 1), right = Math.Min(size, (int)(center.X + (1.2f * radius)) + 2);
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                // Where the corners agree the pixel is taken to lie wholly on one side.
                var count = Sample(x, y, 0) + Sample(x, y, Fineness - 1) + Sample(x, y, Samples - Fineness) + Sample(x, y, Samples - 1);
                if (count == 4)
                {
                    count = Samples;
                }
                else if (count != 0)
                {
                    count = 0;
                    for (var s = 0; s < Samples; s++)
                    {
                        count += Sample(x, y, s);
                    }
                }
                coverage[(y * size) + x] = (byte)count;
            }
        }
        var hidden = random.Chance((float)options.CamouflageShare);
        var first = hidden ? background.Camouflaged(random) : Texture.OfObject(random);
        var second = hidden && random.Chance(0.5f) ? background.Camouflaged(random) : Texture.OfObject(random);
        var part = Shape.RandomPart(random);
        float light = random.Between(0, 2 * MathF.PI), shade = random.Between(0, 0.3f);
        var towards = new Vector2(MathF.Cos(light), MathF.Sin(light));
        return new Placed(category, coverage, (x, y) =>
        {
            var local = Local(x + 0.5f, y + 0.5f);
            var color = part(local) ? first.At(x, y) : second.At(x, y);
            return color * (1 + (shade * Vector2.Dot(local, towards)));
        });
    }

    // Whether with one more object on top each still shows enough of itself.
    private static bool IsFair(List<Placed> objects, Placed candidate, double minVisible)
    {
        List<Placed> all = [.. objects, candidate];
        var owner = Owners(all, candidate.Coverage.Length);
        var visible = new int[all.Count];
        foreach (var o in owner)
        {
            if (o >= 0)
            {
                visible[o]++;
            }
        }
        for (var i = 0; i < all.Count; i++)
        {
            var full = all[i].Coverage.Count(IsInside);
            if (visible[i] < MinPixels || visible[i] < minVisible * full)
            {
                return false;
            }
        }
        return true;
    }

    private static int[] Owners(List<Placed> objects, int pixels)
    {
        var owner = new int[pixels];
        Array.Fill(owner, -1);
        for (var i = 0; i < objects.Count; i++)
        {
            var coverage = objects[i].Coverage;
            for (var p = 0; p < pixels; p++)
            {
                if (IsInside(coverage[p]))
                {
                    owner[p] = i;
                }
            }
        }
        return owner;
    }

    private static bool IsInside(byte coverage) => coverage >= Samples / 2;

    // Uneven light and the camera's noise.
    private static Image Develop(Vector3[] canvas, int size, SceneRandom random)
    {
        var image = new Image(size, size);
        float angle = random.Between(0, 2 * MathF.PI), strength = random.Between(0, 0.25f), noise = random.Between(1, 9);
        float dx = strength * MathF.Cos(angle) / size, dy = strength * MathF.Sin(angle) / size;
        for (var i = 0; i < canvas.Length; i++)
        {
            var light = 1 + (dx * ((i % size) - (size / 2f))) + (dy * ((i / size) - (size / 2f)));
            for (var c = 0; c < 3; c++)
            {
                var grain = noise * (random.Unit() + random.Unit() + random.Unit() - 1.5f);
                image.Pixels[(3 * i) + c] = (byte)Math.Clamp((light * canvas[i][c]) + grain + 0.5f, 0, 255);
            }
        }
        return image;
    }
}
