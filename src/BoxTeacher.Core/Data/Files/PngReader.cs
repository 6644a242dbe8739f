using System.Buffers.Binary;
using System.IO.Compression;
using BoxTeacher.Structures;
using SkiaSharp;

namespace BoxTeacher.Data;

/// <summary>What Skia does not tell of a PNG file.</summary>
/// <param name="Origin">Where its first pixel belongs, by its EXIF data.</param>
/// <param name="Depth">Bits per sample, 1 to 16.</param>
internal readonly record struct PngFacts(SKEncodedOrigin Origin, byte Depth);

/// <summary>
/// Reads gray and palette PNG files as the numbers that they store. General decoders replace palette indices by
/// colors and may cut 16 bits to 8, which loses labels.
/// </summary>
internal static class PngReader
{
    /// <summary>Color type of gray pictures.</summary>
    public const byte Gray = 0;

    /// <summary>Color type of pictures with a palette.</summary>
    public const byte Palette = 3;

    private const uint HeaderType = 0x49484452, DataType = 0x49444154, EndType = 0x49454E44, ExifType = 0x65584966;

    // DEFLATE cannot do better than this.
    private const long MaxCompression = 1032;

    private readonly record struct Header(int Height, int Width, byte Depth, byte ColorType, byte Interlace);

    /// <summary>Checks that every chunk is whole, and that the file is long enough for the picture it announces.</summary>
    /// <param name="file">The file's path for messages.</param>
    /// <param name="data">The file's bytes.</param>
    /// <exception cref="DataFormatException">It is not.</exception>
    public static PngFacts Check(string file, ReadOnlySpan<byte> data)
    {
        var at = PngChunk.Signature.Length;
        var facts = new PngFacts(SKEncodedOrigin.TopLeft, ReadHeader(file, data, ref at, data.Length).Depth);
        uint type;
        do
        {
            var body = PngChunk.Take(file, data, ref at, out type);
            facts = type == ExifType ? facts with { Origin = ExifOrientation.Of(body) } : facts;
        }
        while (type != EndType);
        return facts;
    }

    /// <summary>The same without the check sums of what holds the pixels, whose bytes are not read.</summary>
    /// <param name="file">The file's path for messages.</param>
    /// <param name="stream">The file, at any place.</param>
    /// <exception cref="DataFormatException">A chunk is cut off, or the header is damaged.</exception>
    public static PngFacts Skim(string file, Stream stream)
    {
        stream.Position = PngChunk.Signature.Length;
        var at = 0;
        var header = ReadHeader(file, PngChunk.Next(file, stream, out _, HeaderType), ref at, stream.Length);
        var facts = new PngFacts(SKEncodedOrigin.TopLeft, header.Depth);
        uint type;
        do
        {
            var chunk = PngChunk.Next(file, stream, out type, ExifType);
            at = 0;
            facts = type == ExifType ? facts with { Origin = ExifOrientation.Of(PngChunk.Take(file, chunk, ref at, out _)) } : facts;
        }
        while (type != EndType);
        return facts;
    }

    /// <summary>Reads the stored numbers.</summary>
    /// <param name="file">The file's path for messages.</param>
    /// <param name="data">The file's bytes.</param>
    /// <param name="colorTypes">The color types that are accepted.</param>
    /// <exception cref="DataFormatException">The file is of another kind, cut off or damaged.</exception>
    public static LabelMap Read(string file, byte[] data, params ReadOnlySpan<byte> colorTypes)
    {
        if (!data.AsSpan().StartsWith(PngChunk.Signature))
        {
            throw new DataFormatException(file, "", data.Length == 0 ? "the file is empty" : "this is not a PNG file");
        }
        var at = PngChunk.Signature.Length;
        var header = ReadHeader(file, data, ref at, data.Length);
        if (!colorTypes.Contains(header.ColorType))
        {
            throw new DataFormatException(
                file, "",
                $"PNG color type {header.ColorType} cannot hold labels; expected a gray{(colorTypes.Contains(Palette) ? " or palette" : "")} picture");
        }
        if (header.Interlace != 0)
        {
            throw new DataFormatException(file, "", "interlaced PNG label maps are not supported");
        }
        using var compressed = new MemoryStream();
        uint type;
        do
        {
            var body = PngChunk.Take(file, data, ref at, out type);
            if (type == DataType)
            {
                compressed.Write(body);
            }
        }
        while (type != EndType);
        compressed.Position = 0;
        try
        {
            using var inflated = new ZLibStream(compressed, CompressionMode.Decompress);
            return ReadRows(file, inflated, header);
        }
        // Inflating fails in either way.
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new DataFormatException(file, "", "the PNG picture data is damaged or cut off", error);
        }
    }

    private static Header ReadHeader(string file, ReadOnlySpan<byte> data, ref int at, long length)
    {
        var body = PngChunk.Take(file, data, ref at, out var type);
        if (type != HeaderType || body.Length != 13)
        {
            throw new DataFormatException(file, "", "the PNG file does not begin with its header");
        }
        uint width = BinaryPrimitives.ReadUInt32BigEndian(body), height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        var (depth, color) = (body[8], body[9]);
        if (width is 0 or > ImageSize.MaxSide || height is 0 or > ImageSize.MaxSide || (long)width * height > ImageFile.MaxPixels)
        {
            throw new DataFormatException(file, "", $"a PNG picture of {height}x{width} pixels is out of range");
        }
        var known = color switch
        {
            Gray => depth is 1 or 2 or 4 or 8 or 16,
            Palette => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!known || body[10] != 0 || body[11] != 0 || body[12] > 1)
        {
            throw new DataFormatException(file, "", $"PNG color type {color} of {depth} bits is not valid");
        }
        if ((long)width * height * depth / 8 > MaxCompression * length)
        {
            throw new DataFormatException(file, "", $"{length} bytes cannot hold a PNG picture of {height}x{width} pixels");
        }
        return new Header((int)height, (int)width, depth, color, body[12]);
    }

    private static LabelMap ReadRows(string file, Stream inflated, Header header)
    {
        var labels = new ushort[header.Height * header.Width];
        var step = header.Depth == 16 ? 2 : 1;
        var rowBytes = ((header.Width * header.Depth) + 7) / 8;
        // The left neighbors of a row's first pixel are zero, and so is the row above the first.
        byte[] above = new byte[rowBytes + step], row = new byte[rowBytes + step];
        for (var y = 0; y < header.Height; y++)
        {
            var filter = inflated.ReadByte();
            inflated.ReadExactly(row, step, rowBytes);
            if (filter is < 0 or > 4)
            {
                throw new DataFormatException(file, "", $"PNG row {y} names the unknown filter {filter}");
            }
            Unfilter(filter, row, above, step);
            Unpack(row.AsSpan(step), header.Depth, labels.AsSpan(y * header.Width, header.Width));
            (row, above) = (above, row);
        }
        return new LabelMap(labels, header.Height, header.Width);
    }

    private static void Unfilter(int filter, byte[] row, byte[] above, int step)
    {
        for (var i = step; i < row.Length; i++)
        {
            int left = row[i - step], up = above[i], corner = above[i - step];
            row[i] += (byte)(filter switch
            {
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                4 => Paeth(left, up, corner),
                _ => 0,
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void Unpack(ReadOnlySpan<byte> row, int depth, Span<ushort> labels)
    {
        if (depth == 16)
        {
            for (var x = 0; x < labels.Length; x++)
            {
                labels[x] = BinaryPrimitives.ReadUInt16BigEndian(row[(2 * x)..]);
            }
            return;
        }
        int perByte = 8 / depth, mask = (1 << depth) - 1;
        for (var x = 0; x < labels.Length; x++)
        {
            var shift = 8 - depth - (x % perByte * depth);
            labels[x] = (ushort)((row[x / perByte] >> shift) & mask);
        }
    }
}
