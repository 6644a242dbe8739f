using System.IO.Compression;
using System.Text;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>A small MATLAB level 5 file as SBD has them: GTinst with Segmentation (uint8) and Categories (double).</summary>
internal static class MatSample
{
    public static byte[] Make(bool compressed)
    {
        byte[] map = new byte[12];
        map.AsSpan(3, 5).Fill(1);
        byte[] fields = [.. Element(5, Int(16)), .. Element(1, [.. Name("Segmentation"), .. Name("Categories")]), .. Matrix(9, 3, 4, "", Element(2, map)), .. Matrix(6, 1, 1, "", Element(9, BitConverter.GetBytes(7.0)))];
        byte[] body = Matrix(2, 1, 1, "GTinst", fields);
        byte[] header = new byte[128];
        Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file").CopyTo(header, 0);
        (header[125], header[126], header[127]) = (1, (byte)'I', (byte)'M');
        if (compressed)
        {
            using var stream = new MemoryStream();
            using (var deflated = new ZLibStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            {
                deflated.Write(body);
            }
            byte[] packed = stream.ToArray();
            body = [.. Int(15), .. Int(packed.Length), .. packed];
        }
        return [.. header, .. body];
    }

    private static byte[] Matrix(byte kind, int rows, int columns, string name, byte[] content) =>
        Element(14, [.. Element(6, [kind, 0, 0, 0, 0, 0, 0, 0]), .. Element(5, [.. Int(rows), .. Int(columns)]), .. Element(1, Encoding.ASCII.GetBytes(name)), .. content]);

    private static byte[] Element(int type, byte[] data) => [.. Int(type), .. Int(data.Length), .. data, .. new byte[(8 - (data.Length % 8)) % 8]];

    private static byte[] Name(string text) => Encoding.ASCII.GetBytes(text.PadRight(16, '\0'));

    private static byte[] Int(int value) => BitConverter.GetBytes(value);
}
