using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>Pictures of every kind against OpenCV's decoding; fixtures/pictures/make.py wrote them.</summary>
public sealed class ImageFileTests : IDisposable
{
    private static readonly string Folder = Path.Combine(Golden.Repository(), "tests", "BoxTeacher.Core.Tests", "fixtures", "pictures");

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

    [Theory, MemberData(nameof(Pictures))]
    public void The_header_tells_the_size_of_what_is_read(string name)
    {
        var file = Path.Combine(Folder, name);

        Assert.Equal(ImageFile.Read(file).Size, ImageFile.ReadHeader(file).Upright);
    }

    /// <summary>Where the end of the header is far from the beginning of the file.</summary>
    [Fact]
    public void A_header_may_be_long()
    {
        var picture = File.ReadAllBytes(Path.Combine(Folder, "jpeg-turned-6.jpg"));
        byte[] note = [0xFF, 0xE5, 0xEA, 0x60, .. new byte[0xEA60 - 2]];
        var file = folder.File("long.jpg", [.. picture[..2], .. note, .. picture[2..]]);

        Assert.Equal((new ImageSize(29, 43), new ImageSize(43, 29)), ImageFile.ReadHeader(file) is var header ? (header.Stored, header.Upright) : default);
    }

    [Theory, MemberData(nameof(Pictures))]
    public void A_file_that_is_cut_off_is_seen_without_its_pixels(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Folder, name));
        // Of a BMP file only the decoder knows.
        if (!name.EndsWith(".bmp", StringComparison.Ordinal))
        {
            var file = folder.File($"cut-{name}", whole[..(whole.Length * 3 / 4)]);
            Assert.Contains(file, Assert.Throws<DataFormatException>(() => ImageFile.ReadHeader(file)).Message);
        }
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer")]
    [InlineData("\r\n<!DOCTYPE HTML><html><head>", "an HTML page")]
    [InlineData("GIF89a", "no JPEG, PNG, BMP or WebP file")]
    public void What_stands_in_the_place_of_a_picture_is_named(string text, string words)
    {
        var file = folder.File("photo.jpg", text);

        Assert.Contains(words, Assert.Throws<DataFormatException>(() => ImageFile.Read(file)).Message);
        Assert.Contains(words, Assert.Throws<DataFormatException>(() => ImageFile.ReadHeader(file)).Message);
    }

    [Theory]
    [InlineData(4095, false)]
    [InlineData(255, false)]
    [InlineData(4096, true)]
    [InlineData(65535, true)]
    public void Raw_samples_of_twelve_bits_do_not_come_out_black(ushort most, bool isRead)
    {
        var file = folder.File("deep.png", PngWriter.Gray(new LabelMap([0, 17, most, 200], 2, 2), wide: true));

        var header = Record.Exception(() => ImageFile.ReadHeader(file));
        var picture = Record.Exception(() => Assert.Equal(most >> 8, ImageFile.Read(file).Pixels[6]));

        Assert.Equal((isRead, isRead), (header is null, picture is null));
        Assert.All(new[] { header, picture }.OfType<Exception>(), error => Assert.Contains("multiply them by 16", error.Message));
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
