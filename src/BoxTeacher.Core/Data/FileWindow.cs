using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace BoxTeacher.Data;

/// <summary>A part of a file in memory, moved along and widened as it is read; one thread's own.</summary>
/// <param name="file">The file.</param>
/// <param name="length">Its length in bytes.</param>
/// <param name="least">Bytes that are read at once.</param>
internal sealed class FileWindow(SafeFileHandle file, long length, int least) : IDisposable
{
    private byte[] _bytes = [];
    private long _start;
    private int _count;

    /// <summary>Length of the file in bytes.</summary>
    public long FileLength => length;

    /// <summary>Whether what <see cref="From"/> gives ends where the file does.</summary>
    public bool ReachesEnd => _start + _count >= length;

    /// <summary>The file's bytes from a place on, at least one unless the file ends there.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public ReadOnlySpan<byte> From(long at)
    {
        if (at < _start || at >= _start + _count)
        {
            Load(at, least);
        }
        return _bytes.AsSpan((int)(at - _start), (int)(_start + _count - at));
    }

    /// <summary>The byte at a place; -1 at the end.</summary>
    public int ByteAt(long at) => at < length ? From(at)[0] : -1;

    /// <summary>The first place from one on where there is no white space.</summary>
    public long SkipSpace(long at)
    {
        while (ByteAt(at) is ' ' or '\n' or '\r' or '\t')
        {
            at++;
        }
        return at;
    }

    /// <summary>Reads on, so that there is about twice as much from a place on.</summary>
    /// <exception cref="InvalidDataException">More than an array holds.</exception>
    public void Widen(long at)
    {
        var wanted = Math.Max(least, 2 * (_start + _count - at));
        Load(at, wanted <= Array.MaxLength ? (int)wanted : throw new InvalidDataException("an element of more than a gigabyte"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    private void Load(long start, int wanted)
    {
        if (_bytes.Length < wanted)
        {
            Dispose();
            _bytes = ArrayPool<byte>.Shared.Rent(wanted);
        }
        (_start, _count) = (start, 0);
        var most = (int)Math.Min(wanted, length - start);
        while (_count < most)
        {
            var read = RandomAccess.Read(file, _bytes.AsSpan(_count, most - _count), start + _count);
            _count += read > 0 ? read : throw new EndOfStreamException("the file became shorter while it was read");
        }
    }
}
