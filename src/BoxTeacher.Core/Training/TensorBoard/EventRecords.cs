using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace BoxTeacher.Training;

/// <summary>
/// TensorBoard's event files, which are TFRecords: for each event the length of its protocol buffer in eight bytes, their checksum in
/// four, the buffer, and its checksum. Little-endian; a checksum is CRC-32C, rotated and shifted ("masked").
/// </summary>
internal static class EventRecords
{
    private const int HeaderSize = sizeof(ulong) + sizeof(uint);

    /// <summary>Appends an event.</summary>
    public static void Write(Stream stream, Event happened)
    {
        var buffer = happened.ToByteArray();
        var record = new byte[HeaderSize + buffer.Length + sizeof(uint)];
        BinaryPrimitives.WriteInt64LittleEndian(record, buffer.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Checksum(record.AsSpan(0, sizeof(ulong))));
        buffer.CopyTo(record, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeaderSize + buffer.Length), Checksum(buffer));
        stream.Write(record);
    }

    /// <summary>The events of a file, up to one that a crash cut short or that is damaged.</summary>
    public static IReadOnlyList<Event> Read(string file)
    {
        var bytes = File.ReadAllBytes(file).AsSpan();
        var events = new List<Event>();
        while (bytes.Length >= HeaderSize && IsSound(bytes, sizeof(ulong)))
        {
            var size = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            bytes = bytes[HeaderSize..];
            if (size + sizeof(uint) > (ulong)bytes.Length || !IsSound(bytes, (int)size))
            {
                break;
            }

            events.Add(Event.Parser.ParseFrom(bytes[..(int)size].ToArray()));
            bytes = bytes[((int)size + sizeof(uint))..];
        }

        return events;
    }

    private static bool IsSound(ReadOnlySpan<byte> bytes, int size) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[size..]) == Checksum(bytes[..size]);

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
