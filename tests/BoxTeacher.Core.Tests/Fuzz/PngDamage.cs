using System.Buffers.Binary;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>Makes the check sums of a damaged PNG file right again, so that the damage behind them is met.</summary>
internal static class PngDamage
{
    public static void RepairCheckSums(Span<byte> png)
    {
        for (int at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 12)
            {
                return;
            }
            BinaryPrimitives.WriteUInt32BigEndian(png[(at + 8 + (int)length)..], Crc(png.Slice(at + 4, (int)length + 4)));
            at += 12 + (int)length;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }
        return ~crc;
    }
}
