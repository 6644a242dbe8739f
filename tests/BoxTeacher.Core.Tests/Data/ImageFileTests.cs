using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>Pictures of every kind against OpenCV's decoding; fixtures/pictures/make.py wrote them.</summary>
public sealed class ImageFileTests : IDisposable
{
    private static readonly string Folder = Repository.Fixture("pictures");

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Pictures => [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "pixels.json")))!.AsObject().Select(entry => entry.Key)];

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Pictures))]
    public void Pixels_are_those_that_OpenCV_decodes(string name)
    {
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "pixels.json")))![name]!;

        var image = ImageFile.Read(Path.Combine(Folder, name));

        Assert.Equal(new ImageSize((int)expected["height"]!, (int)expected["width"]!), image.Size);
        Assert.Equal((string)expected["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(image.Pixels)));
    }

    [Theory, MemberData(nameof(Pictures))]
    public void A_picture_cut_off_anywhere_is_refused(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Folder, name));
        // Every end near the file's own, where a decoder may have all the pixels it wants, and some before.
        foreach (var length in Enumerable.Range(0, whole.Length).Where(length => length > whole.Length - 40 || length % 97 == 0))
        {
            // The bytes after the pixels of a WebP file may be one of padding.
            if (name.EndsWith(".webp", StringComparison.Ordinal) && length >= 8 + BitConverter.ToUInt32(whole, 4))
            {
                continue;
            }
            var file = folder.File($"cut-{name}", whole[..length]);
            Assert.Contains(file, Assert.Throws<DataFormatException>(() => ImageFile.Read(file)).Message);
        }
    }

    [Fact]
    public void The_bytes_decide_what_a_file_is_and_not_its_name()
    {
        var file = folder.File("photo.png", File.ReadAllBytes(Path.Combine(Folder, "jpeg-420.jpg")));

        Assert.Equal(ImageFile.Read(Path.Combine(Folder, "jpeg-420.jpg")).Pixels, ImageFile.Read(file).Pixels);
    }

    [Fact]
    public void Another_kind_of_file_is_refused()
    {
        var file = folder.File("animation.gif", "GIF89a\u0001\0\u0001\0\0\0\0;"u8.ToArray());

        Assert.Contains("JPEG, PNG, BMP or WebP", Assert.Throws<DataFormatException>(() => ImageFile.Read(file)).Message);
    }

    [Theory]
    [InlineData(".png", 0)]
    [InlineData(".jpg", 3)]
    [InlineData(".webp", 6)]
    public void Written_pictures_are_read_again(string extension, double meanDifference)
    {
        var image = new Image(37, 53);
        for (var i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i / 3 % 53 * 4);
        }
        var file = folder.At("picture" + extension);

        ImageFile.Write(file, image, quality: 95);

        var again = ImageFile.Read(file);
        Assert.Equal(image.Size, again.Size);
        Assert.InRange(image.Pixels.Zip(again.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, meanDifference);
    }
}
