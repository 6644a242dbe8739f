using System.Buffers.Binary;

namespace BoxTeacher.Data;

/// <summary>
/// Walks the markers of a JPEG file, which the decoder itself takes too lightly: it fills up what a cut-off file lacks
/// with grey and takes any size at its word.
/// </summary>
internal static class JpegHeader
{
    /// <summary>Whether the bytes begin as a JPEG file does.</summary>
    public static bool Matches(ReadOnlySpan<byte> data) => data.StartsWith<byte>([0xFF, 0xD8, 0xFF]);

    /// <summary>Checks that the file is whole and that it is long enough for the picture it announces.</summary>
    /// <exception cref="DataFormatException">It is not.</exception>
    public static void Check(string file, ReadOnlySpan<byte> data)
    {
        bool sized = false;
        int at = 2;
        while (true)
        {
            int step = data[at..].IndexOf((byte)0xFF);
            at += step;
            if (step < 0 || at + 1 >= data.Length)
            {
                throw new DataFormatException(file, "", "the JPEG file is cut off");
            }
            byte marker = data[at + 1];
            at++;
            // Stuffed bytes, fill bytes and restart markers belong to the entropy-coded data.
            if (marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                at++;
                continue;
            }
            if (marker == 0xFF)
            {
                continue;
            }
            if (marker == 0xD9)
            {
                break;
            }
            at++;
            int length = at + 2 <= data.Length ? BinaryPrimitives.ReadUInt16BigEndian(data[at..]) : 0;
            if (length < 2 || at + length > data.Length)
            {
                throw new DataFormatException(file, "", "the JPEG file is cut off");
            }
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
            {
                if (length < 7)
                {
                    throw new DataFormatException(file, "", "the JPEG frame header is too short");
                }
                int height = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 3)..]);
                int width = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 5)..]);
                // Each block of 8 x 8 pixels takes at least one bit.
                if (height == 0 || width == 0 || (long)height * width / 64 > 8L * data.Length)
                {
                    throw new DataFormatException(file, "", $"{data.Length} bytes cannot hold a JPEG picture of {height}x{width} pixels");
                }
                sized = true;
            }
            at += length;
        }
        if (!sized)
        {
            throw new DataFormatException(file, "", "the JPEG file has no frame");
        }
    }
}
