using System.Text;

namespace BoxTeacher.Data;

/// <summary>
/// Outlines and names one behind the other as bytes, to be read back by their place. Coordinates of at most two decimals, which is what
/// files have, are kept as hundredths and differences of them, about two bytes each, others as 64-bit floats; both come back to the bit.
/// </summary>
internal sealed class PackedBytes
{
    private const double PerPixel = 100;
    private const double LargestHundredths = 1L << 40;
    private byte[] _bytes = new byte[256];

    /// <summary>Number of bytes so far, the place of what is added next.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes so far, copied.</summary>
    public byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();

    /// <summary>Drops what was added after a place.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Replaces a byte.</summary>
    public void Set(int place, byte value) => _bytes[place] = value;

    /// <summary>Adds a number, at least 0.</summary>
    public void AddCount(long value)
    {
        Reserve(1);
        AddBits((ulong)value);
    }

    /// <summary>Adds a text of UTF-8 bytes.</summary>
    public void AddText(ReadOnlySpan<byte> text)
    {
        AddCount(text.Length);
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Adds an outline x0, y0, x1, y1, ... in hundredths of a pixel.</summary>
    public void AddRing(ReadOnlySpan<long> hundredths)
    {
        AddCount((long)hundredths.Length << 1);
        Reserve(hundredths.Length);
        long x = 0, y = 0;
        foreach (var value in hundredths)
        {
            var difference = value - x;
            AddBits((ulong)((difference << 1) ^ (difference >> 63)));
            (x, y) = (y, value);
        }
    }

    /// <summary>Adds an outline x0, y0, x1, y1, ... in pixels.</summary>
    public void AddRing(ReadOnlySpan<double> ring)
    {
        var hundredths = new long[ring.Length];
        for (var i = 0; i < ring.Length; i++)
        {
            var value = Math.Round(ring[i] * PerPixel);
            hundredths[i] = Math.Abs(value) < LargestHundredths ? (long)value : 0;
            // Bits: the minus of a -0 is kept as well.
            if (BitConverter.DoubleToInt64Bits(hundredths[i] / PerPixel) != BitConverter.DoubleToInt64Bits(ring[i]))
            {
                AddExact(ring);
                return;
            }
        }
        AddRing(hundredths);
    }

    /// <summary>Reads a text.</summary>
    public static string Text(byte[] bytes, int at)
    {
        var length = (int)Count(bytes, ref at);
        return Encoding.UTF8.GetString(bytes, at, length);
    }

    /// <summary>Reads a number, and steps over it.</summary>
    public static long Count(byte[] bytes, ref int at) => (long)Bits(bytes, ref at);

    /// <summary>Reads an outline, and steps over it.</summary>
    public static double[] Ring(byte[] bytes, ref int at)
    {
        var head = Count(bytes, ref at);
        var ring = new double[head >> 1];
        if ((head & 1) != 0)
        {
            Buffer.BlockCopy(bytes, at, ring, 0, sizeof(double) * ring.Length);
            at += sizeof(double) * ring.Length;
            return ring;
        }
        long x = 0, y = 0;
        for (var i = 0; i < ring.Length; i++)
        {
            var bits = Bits(bytes, ref at);
            var value = x + ((long)(bits >> 1) ^ -(long)(bits & 1));
            ring[i] = value / PerPixel;
            (x, y) = (y, value);
        }
        return ring;
    }

    /// <summary>Steps over an outline.</summary>
    public static void SkipRing(byte[] bytes, ref int at)
    {
        var head = Count(bytes, ref at);
        if ((head & 1) != 0)
        {
            at += sizeof(double) * (int)(head >> 1);
            return;
        }
        for (var left = head >> 1; left > 0; left--)
        {
            Bits(bytes, ref at);
        }
    }

    private void AddExact(ReadOnlySpan<double> ring)
    {
        AddCount(((long)ring.Length << 1) | 1);
        var raw = System.Runtime.InteropServices.MemoryMarshal.AsBytes(ring);
        Reserve(raw.Length);
        raw.CopyTo(_bytes.AsSpan(Length));
        Length += raw.Length;
    }

    // Seven bits a byte, the lowest first; the eighth says that more follow.
    private void AddBits(ulong bits)
    {
        for (; bits > 0x7F; bits >>= 7)
        {
            _bytes[Length++] = (byte)(bits | 0x80);
        }
        _bytes[Length++] = (byte)bits;
    }

    private static ulong Bits(byte[] bytes, ref int at)
    {
        ulong bits = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            bits |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return bits;
            }
        }
    }

    // Room for so many numbers of up to 10 bytes.
    private void Reserve(int numbers)
    {
        var needed = checked(Length + (10 * numbers));
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        }
    }
}
