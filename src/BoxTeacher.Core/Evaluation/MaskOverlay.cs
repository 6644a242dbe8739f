using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>Draws detections on a picture: each mask tinted in a color of its own with its outline in full color, and its box.</summary>
public static class MaskOverlay
{
    private const int Opacity = 115; // of 256

    private static readonly (byte Red, byte Green, byte Blue)[] Colors =
        [(230, 60, 60), (60, 160, 240), (60, 190, 90), (250, 180, 40), (170, 90, 220), (30, 200, 200), (240, 110, 180), (150, 200, 40)];

    /// <summary>A copy of the picture with the detections drawn, the last one on top.</summary>
    /// <exception cref="ArgumentException">A mask is not of the picture's size.</exception>
    public static Image Draw(Image image, IReadOnlyList<DetectionResult> detections)
    {
        var result = new Image([.. image.Pixels], image.Height, image.Width);
        for (var i = 0; i < detections.Count; i++)
        {
            var color = Colors[i % Colors.Length];
            if (detections[i].Mask is { } mask)
            {
                Tint(result, mask, color);
            }
            Frame(result, detections[i].Box, color);
        }
        return result;
    }

    private static void Tint(Image image, RunLengthMask mask, (byte Red, byte Green, byte Blue) color)
    {
        if (mask.Size != image.Size)
        {
            throw new ArgumentException($"a {mask.Size} mask does not fit a {image.Size} picture", nameof(mask));
        }
        var inside = mask.Decode();
        var width = image.Width;
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = y * width + x;
                if (inside[at] == 0)
                {
                    continue;
                }
                var edge = x == 0 || y == 0 || x == width - 1 || y == image.Height - 1
                    || (inside[at - 1] & inside[at + 1] & inside[at - width] & inside[at + width]) == 0;
                Blend(image, x, y, color, edge ? 256 : Opacity);
            }
        }
    }

    private static void Frame(Image image, Box box, (byte Red, byte Green, byte Blue) color)
    {
        var left = Math.Clamp((int)box.X0, 0, image.Width - 1);
        var right = Math.Clamp((int)box.X1, 0, image.Width - 1);
        var top = Math.Clamp((int)box.Y0, 0, image.Height - 1);
        var bottom = Math.Clamp((int)box.Y1, 0, image.Height - 1);
        for (var x = left; x <= right; x++)
        {
            Blend(image, x, top, color, 256);
            Blend(image, x, bottom, color, 256);
        }
        for (var y = top; y <= bottom; y++)
        {
            Blend(image, left, y, color, 256);
            Blend(image, right, y, color, 256);
        }
    }

    private static void Blend(Image image, int x, int y, (byte Red, byte Green, byte Blue) color, int opacity)
    {
        var pixel = image.Row(y).Slice(3 * x, 3);
        pixel[0] = Mix(pixel[0], color.Red);
        pixel[1] = Mix(pixel[1], color.Green);
        pixel[2] = Mix(pixel[2], color.Blue);

        byte Mix(int below, int above) => (byte)(below + (above - below) * opacity / 256);
    }
}
