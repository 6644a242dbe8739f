using System.Buffers.Binary;
using System.IO.Compression;

namespace BoxTeacher.Data;

/// <summary>Makes PNG files of label maps: gray with 8 and 16 bits, and with a palette.</summary>
internal static class PngWriter
{
    /// <summary>A gray label map; 16 bits per pixel if asked for or needed.</summary>
    public static byte[] Gray(LabelMap map, bool wide)
    {
        var sixteen = wide || map.Labels.AsSpan().ContainsAnyExceptInRange<ushort>(0, 255);
        return sixteen
            ? Make(map.Height, map.Width, depth: 16, PngReader.Gray, 2 * map.Width, palette: null, (y, row) =>
            {
                for (var x = 0; x < map.Width; x++)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(row[(2 * x)..], map.Labels[(y * map.Width) + x]);
                }
            })
            : Make(map.Height, map.Width, depth: 8, PngReader.Gray, map.Width, palette: null, (y, row) => Narrow(map, y, row));
    }

    /// <summary>A label map with a palette of up to 256 colors, as r, g, b, r, g, b, ...</summary>
    public static byte[] Indexed(LabelMap map, ReadOnlyMemory<byte> palette) =>
        map.Labels.AsSpan().ContainsAnyExceptInRange<ushort>(0, 255)
            ? throw new ArgumentException("A palette has 256 colors at most; a label is larger.", nameof(map))
            : Make(map.Height, map.Width, depth: 8, PngReader.Palette, map.Width, palette, (y, row) => Narrow(map, y, row));

    private delegate void RowWriter(int y, Span<byte> row);

    private static void Narrow(LabelMap map, int y, Span<byte> row)
    {
        for (var x = 0; x < map.Width; x++)
        {
            row[x] = (byte)map.Labels[(y * map.Width) + x];
        }
    }

    private static byte[] Make(
        int height, int width, byte depth, byte colorType, int rowBytes, ReadOnlyMemory<byte>? palette, RowWriter writeRow)
    {
        using var file = new MemoryStream();
        file.Write(PngChunk.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9], header[10], header[11], header[12]) = (depth, colorType, 0, 0, 0);
        PngChunk.Write(file, "IHDR"u8, header);
        if (palette is { } colors)
        {
            PngChunk.Write(file, "PLTE"u8, colors.Span);
        }
        using var body = new MemoryStream();
        using (var deflated = new ZLibStream(body, CompressionLevel.Optimal, leaveOpen: true))
        {
            // Each row begins with the number of its filter; 0 stores the bytes as they are.
            var row = new byte[rowBytes + 1];
            for (var y = 0; y < height; y++)
            {
                writeRow(y, row.AsSpan(1));
                deflated.Write(row);
            }
        }
        PngChunk.Write(file, "IDAT"u8, body.GetBuffer().AsSpan(0, (int)body.Length));
        PngChunk.Write(file, "IEND"u8, []);
        return file.ToArray();
    }
}
