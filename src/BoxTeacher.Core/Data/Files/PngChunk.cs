using System.Buffers.Binary;

namespace BoxTeacher.Data;

/// <summary>The chunks that a PNG file consists of: length, four-letter type, data, check sum.</summary>
internal static class PngChunk
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>The first eight bytes of any PNG file.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Takes the chunk that begins at a place, and moves the place behind it.</summary>
    /// <exception cref="DataFormatException">The file is cut off or the check sum is wrong.</exception>
    public static ReadOnlySpan<byte> Take(string file, ReadOnlySpan<byte> data, scoped ref int at, out uint type)
    {
        if (data.Length - at < 12)
        {
            throw new DataFormatException(file, "", "the PNG file is cut off");
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(data[at..]);
        if (length > data.Length - at - 12)
        {
            throw new DataFormatException(file, "", "the PNG file is cut off");
        }
        type = BinaryPrimitives.ReadUInt32BigEndian(data[(at + 4)..]);
        var body = data.Slice(at + 8, (int)length);
        if (Crc(data.Slice(at + 4, (int)length + 4)) != BinaryPrimitives.ReadUInt32BigEndian(data[(at + 8 + (int)length)..]))
        {
            throw new DataFormatException(file, "", "a check sum in the PNG file is wrong");
        }
        at += 12 + (int)length;
        return body;
    }

    /// <summary>Steps over the chunk at which a stream stands.</summary>
    /// <returns>The whole chunk, for <see cref="Take"/>, if it is of the wanted type; else nothing.</returns>
    /// <exception cref="DataFormatException">The file is cut off.</exception>
    public static byte[] Next(string file, Stream stream, out uint type, uint wanted)
    {
        Span<byte> head = stackalloc byte[8];
        var start = stream.Position;
        var whole = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length;
        type = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head) + 12L;
        if (!whole || length > stream.Length - start)
        {
            throw new DataFormatException(file, "", "the PNG file is cut off");
        }
        byte[] chunk = [];
        if (type == wanted)
        {
            chunk = new byte[length];
            stream.Position = start;
            stream.ReadExactly(chunk);
        }
        stream.Position = start + length;
        return chunk;
    }

    /// <summary>Appends a chunk to a stream.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        var chunk = new byte[body.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        type.CopyTo(chunk.AsSpan(4));
        body.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + body.Length), Crc(chunk.AsSpan(4, body.Length + 4)));
        stream.Write(chunk);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }
        return ~crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var bit = 0; bit < 8; bit++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }
            table[n] = c;
        }
        return table;
    }
}
