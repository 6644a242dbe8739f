using System.Buffers.Binary;
using System.Text;

namespace BoxTeacher.Torch;

/// <summary>
/// The versions of other libraries' symbols that a 64-bit little-endian ELF library asks for (section .gnu.version_r). The dynamic linker
/// refuses a library whose need is not met, unless the need is marked weak.
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const byte WeakFlag = 2;                    // VER_FLG_WEAK

    /// <summary>Marks the needs of one version weak.</summary>
    /// <param name="file">The library's bytes; changed in place.</param>
    /// <param name="version">The version's name, such as GLIBCXX_3.4.32.</param>
    /// <returns>Whether the library had such a need.</returns>
    public static bool Weaken(Span<byte> file, string version)
    {
        var name = Encoding.ASCII.GetBytes(version);
        var sections = (int)BinaryPrimitives.ReadInt64LittleEndian(file[40..]);
        var (size, count) = (Short(file, 58), Short(file, 60));
        var found = false;
        for (var section = sections; section < sections + count * size; section += size)
        {
            if (Word(file, section + 4) == VersionNeedSection)
            {
                var strings = sections + (int)Word(file, section + 40) * size;
                found |= Weaken(file, Offset(file, section), Offset(file, strings), name);
            }
        }
        return found;
    }

    /// <summary>
    /// Walks the libraries of a section, and the versions asked for of each: both are lists linked by distances, 0 at the end.
    /// </summary>
    private static bool Weaken(Span<byte> file, int need, int strings, ReadOnlySpan<byte> version)
    {
        var found = false;
        for (uint toNeed = 1; toNeed != 0; need += (int)toNeed)
        {
            var entry = need + (int)Word(file, need + 8);
            for (uint toEntry = 1; toEntry != 0; entry += (int)toEntry)
            {
                var name = file[(strings + (int)Word(file, entry + 8))..];
                if (name[..name.IndexOf((byte)0)].SequenceEqual(version))
                {
                    file[entry + 4] |= WeakFlag;
                    found = true;
                }
                toEntry = Word(file, entry + 12);
            }
            toNeed = Word(file, need + 12);
        }
        return found;
    }

    private static int Offset(ReadOnlySpan<byte> file, int section) => (int)BinaryPrimitives.ReadInt64LittleEndian(file[(section + 24)..]);

    private static uint Word(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);

    private static int Short(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);
}
