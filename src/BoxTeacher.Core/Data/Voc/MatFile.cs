using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>A numeric matrix of a MATLAB file.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="Values">Rows * columns numbers, column by column.</param>
internal sealed record MatMatrix(int Rows, int Columns, double[] Values)
{
    /// <summary>The matrix as a label map.</summary>
    public LabelMap ToLabelMap(string file, string key)
    {
        if (Rows is < 1 or > ImageSize.MaxSide || Columns is < 1 or > ImageSize.MaxSide)
        {
            throw new DataFormatException(file, key, $"a map of {Rows}x{Columns} is out of range");
        }
        var labels = new ushort[Values.Length];
        for (var x = 0; x < Columns; x++)
        {
            for (var y = 0; y < Rows; y++)
            {
                var value = Values[(x * Rows) + y];
                labels[(y * Columns) + x] = value is >= 0 and <= ushort.MaxValue && value == Math.Truncate(value)
                    ? (ushort)value
                    : throw new DataFormatException(file, key, $"{value} is not a label");
            }
        }
        return new LabelMap(labels, Rows, Columns);
    }
}

/// <summary>
/// Reads one struct of numeric matrices from a MATLAB level 5 file ("MAT-File Format", The MathWorks). Fields of other
/// kinds - cells, sparse matrices, text - are stepped over.
/// </summary>
internal static class MatFile
{
    private const int MaxInflated = 1 << 28;
    private const int MatrixType = 14, CompressedType = 15;
    private const int StructClass = 2, FirstNumericClass = 6, LastNumericClass = 15;

    /// <summary>Reads the fields of a struct.</summary>
    /// <exception cref="DataFormatException">The file is malformed or holds no such struct.</exception>
    public static Dictionary<string, MatMatrix> ReadStruct(string file, string name)
    {
        var data = File.ReadAllBytes(file);
        if (data.Length < 128 || data[126] != 'I' || data[127] != 'M')
        {
            throw new DataFormatException(file, "", "this is not a little-endian MATLAB level 5 file");
        }
        try
        {
            ReadOnlySpan<byte> rest = data.AsSpan(128);
            while (!rest.IsEmpty)
            {
                var (type, _body) = TakeElement(ref rest, padded: false);
                if (type == CompressedType)
                {
                    ReadOnlySpan<byte> inflated = Inflate(_body.ToArray());
                    (type, _body) = TakeElement(ref inflated, padded: true);
                }
                if (type == MatrixType && TryReadStruct(_body, name) is { } fields)
                {
                    return fields;
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new DataFormatException(file, name, "the MATLAB data is damaged or cut off", error);
        }
        throw new DataFormatException(file, name, "the file holds no such struct");
    }

    private static Dictionary<string, MatMatrix>? TryReadStruct(ReadOnlySpan<byte> matrix, string name)
    {
        var kind = TakeHeader(ref matrix, out var dimensions, out var ownName);
        if (kind != StructClass || ownName != name || dimensions.Any(length => length != 1))
        {
            return null;
        }
        var (_, lengthBytes) = TakeElement(ref matrix, padded: true);
        var nameLength = BinaryPrimitives.ReadInt32LittleEndian(lengthBytes);
        var (_, names) = TakeElement(ref matrix, padded: true);
        if (nameLength is < 1 or > 64)
        {
            throw new InvalidDataException("field names of that length");
        }
        var fields = new Dictionary<string, MatMatrix>();
        for (var i = 0; i + nameLength <= names.Length; i += nameLength)
        {
            var field = Encoding.ASCII.GetString(names.Slice(i, nameLength)).TrimEnd('\0');
            var (type, _body) = TakeElement(ref matrix, padded: true);
            if (type == MatrixType && !_body.IsEmpty && TryReadNumbers(_body) is { } numbers)
            {
                fields[field] = numbers;
            }
        }
        return fields;
    }

    private static MatMatrix? TryReadNumbers(ReadOnlySpan<byte> matrix)
    {
        var kind = TakeHeader(ref matrix, out var dimensions, out _);
        if (kind is < FirstNumericClass or > LastNumericClass || dimensions.Length != 2)
        {
            return null;
        }
        var (type, _body) = TakeElement(ref matrix, padded: true);
        var size = type switch
        {
            1 or 2 => 1, 3 or 4 => 2, 5 or 6 or 7 => 4, 9 or 12 or 13 => 8, _ => throw new InvalidDataException($"numbers of type {type}"),
        };
        var count = (long)dimensions[0] * dimensions[1];
        if (dimensions[0] < 0 || dimensions[1] < 0 || count * size != _body.Length)
        {
            throw new InvalidDataException("a matrix of another size than its numbers");
        }
        var values = new double[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ReadNumber(_body[(i * size)..], type);
        }
        return new MatMatrix(dimensions[0], dimensions[1], values);
    }

    private static double ReadNumber(ReadOnlySpan<byte> at, int type) => type switch
    {
        1 => (sbyte)at[0],
        2 => at[0],
        3 => BinaryPrimitives.ReadInt16LittleEndian(at),
        4 => BinaryPrimitives.ReadUInt16LittleEndian(at),
        5 => BinaryPrimitives.ReadInt32LittleEndian(at),
        6 => BinaryPrimitives.ReadUInt32LittleEndian(at),
        7 => BinaryPrimitives.ReadSingleLittleEndian(at),
        9 => BinaryPrimitives.ReadDoubleLittleEndian(at),
        12 => BinaryPrimitives.ReadInt64LittleEndian(at),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(at),
    };

    // What every matrix begins with: flags and class, dimensions, name.
    private static int TakeHeader(ref ReadOnlySpan<byte> matrix, out int[] dimensions, out string name)
    {
        var (_, flags) = TakeElement(ref matrix, padded: true);
        int kind = flags.IsEmpty ? throw new InvalidDataException("a matrix without a class") : flags[0];
        var (_, lengths) = TakeElement(ref matrix, padded: true);
        dimensions = new int[lengths.Length / 4];
        for (var i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32LittleEndian(lengths[(4 * i)..]);
        }
        var (_, text) = TakeElement(ref matrix, padded: true);
        name = Encoding.ASCII.GetString(text);
        return kind;
    }

    // An element's tag is type and length, four bytes each; or, for at most four bytes of data, both in four bytes.
    private static Element TakeElement(scoped ref ReadOnlySpan<byte> data, bool padded)
    {
        var first = BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (first >> 16 != 0)
        {
            var small = (int)(first >> 16);
            var inline = data.Slice(4, small <= 4 ? small : throw new InvalidDataException("a short element of more than four bytes"));
            data = data[8..];
            return new Element((int)(first & 0xFFFF), inline);
        }
        var length = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(data[4..]));
        var body = data.Slice(8, length);
        data = data[Math.Min(data.Length, padded ? 8 + ((length + 7) & ~7) : 8 + length)..];
        return new Element((int)first, body);
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var source = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var target = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = source.Read(buffer)) > 0;)
        {
            target.Write(buffer, 0, read);
            if (target.Length > MaxInflated)
            {
                throw new InvalidDataException("more data than any label map has");
            }
        }
        return target.ToArray();
    }

    private readonly ref struct Element(int type, ReadOnlySpan<byte> body)
    {
        private readonly ReadOnlySpan<byte> _body = body;

        public void Deconstruct(out int kind, out ReadOnlySpan<byte> data)
        {
            kind = type;
            data = _body;
        }
    }
}
