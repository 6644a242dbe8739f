using BoxTeacher.Augmentation;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Views;

/// <summary>Pixels and boxes of the published data pipeline (Pillow, torchvision, detectron2), byte for byte.</summary>
public class ImageOperationGoldenTests
{
    private const string Case = "boxteacher/l_image_ops";

    [GoldenFact(Case + ".json")]
    public void Operations_give_the_published_bytes()
    {
        using var scope = NewDisposeScope();
        foreach (var instance in GoldenCase.Load(Case).Instances)
        {
            if (instance.Has("out.table"))
            {
                CheckSizes(instance);
                continue;
            }
            var (pixels, size) = Bytes(instance["in.image"]);
            var result = Apply(instance, pixels, size);
            Assert.Equal(Bytes(instance["out.image"]).Pixels, result);
        }
    }

    [GoldenFact(Case + ".json")]
    public void Boxes_follow_the_pixels()
    {
        using var scope = NewDisposeScope();
        foreach (var instance in GoldenCase.Load(Case).Instances.Where(instance => instance.Has("in.boxes")))
        {
            var size = Bytes(instance["in.image"]).Size;
            var transform = instance.Attributes.GetProperty("fn").GetString() == "hflip"
                ? Homography.HorizontalFlip(size.Width)
                : Homography.Resize(size, new ImageSize(instance.Ints("new_hw")[0], instance.Ints("new_hw")[1]));
            var expected = Boxes(instance["out.boxes"]);
            var actual = Boxes(instance["in.boxes"]).Select(box => transform.Apply(box)).ToList();
            Assert.Equal(expected.Count, actual.Count);
            foreach (var (want, got) in expected.Zip(actual))
            {
                Assert.Equal((float)want.X0, (float)got.X0, 4);
                Assert.Equal((float)want.Y0, (float)got.Y0, 4);
                Assert.Equal((float)want.X1, (float)got.X1, 4);
                Assert.Equal((float)want.Y1, (float)got.Y1, 4);
            }
        }
    }

    private static void CheckSizes(GoldenInstance instance)
    {
        var rows = HostValues.Longs(instance["out.table"]).Chunk(6).ToList();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var size = new ImageSize((int)row[0], (int)row[1]).Resized((int)row[2], (int)row[3]);
            Assert.Equal(new ImageSize((int)row[4], (int)row[5]), size);
        }
    }

    private static byte[] Apply(GoldenInstance instance, byte[] pixels, ImageSize size)
    {
        switch (instance.Attributes.GetProperty("fn").GetString())
        {
            case "resize":
                return BilinearResize.Apply(pixels, size.Height, size.Width, instance.Ints("new_hw")[0], instance.Ints("new_hw")[1]);
            case "hflip":
                return HorizontalFlip.Apply(pixels, size.Width);
            case "gaussian_blur":
                return GaussianBlur.Apply(pixels, size.Height, size.Width, instance.Int("kernel"), instance.Number("sigma"));
            case "grayscale":
                ColorOperations.Grayscale(pixels);
                return pixels;
            case "brightness" or "bgr_brightness": // the operation treats all channels alike
                return Color(0, instance.Number("factor"));
            case "contrast":
                return Color(1, instance.Number("factor"));
            case "saturation":
                return Color(2, instance.Number("factor"));
            case "hue":
                return Color(3, instance.Number("factor"));
            case "jitter_chain":
                foreach (var operation in instance.Ints("order"))
                {
                    Color(operation, instance.Attributes.GetProperty("factors").GetProperty(operation.ToString()).GetDouble());
                }
                return pixels;
            case var other:
                throw new InvalidDataException($"{instance}: unknown function {other}");
        }

        byte[] Color(int operation, double factor)
        {
            Action apply = operation switch
            {
                0 => () => ColorOperations.Brightness(pixels, (float)factor),
                1 => () => ColorOperations.Contrast(pixels, (float)factor),
                2 => () => ColorOperations.Saturation(pixels, (float)factor),
                _ => () => ColorOperations.Hue(pixels, factor),
            };
            apply();
            return pixels;
        }
    }

    private static (byte[] Pixels, ImageSize Size) Bytes(Tensor image) =>
        (image.data<byte>().ToArray(), new ImageSize((int)image.size(0), (int)image.size(1)));

    private static List<Box> Boxes(Tensor boxes) =>
        [.. HostValues.Floats(boxes).Chunk(4).Select(box => Box.FromCorners(box[0], box[1], box[2], box[3]))];
}
