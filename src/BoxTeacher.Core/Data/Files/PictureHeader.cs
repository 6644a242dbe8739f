using System.Buffers.Binary;
using BoxTeacher.Structures;
using SkiaSharp;

namespace BoxTeacher.Data;

/// <summary>What the header of a picture tells.</summary>
/// <param name="Stored">Size of the rows and columns as they are stored.</param>
/// <param name="IsTurned">Whether the EXIF orientation exchanges height and width.</param>
/// <param name="IsMoved">Whether the EXIF orientation turns or mirrors the picture in any way.</param>
internal readonly record struct PictureHeader(ImageSize Stored, bool IsTurned, bool IsMoved)
{
    /// <summary>Whether the size does not tell labels of the upright picture from those of the stored one.</summary>
    public bool IsAmbiguous => IsMoved && Upright == Stored;

    /// <summary>Size of the upright picture, which <see cref="ImageFile.Read"/> gives.</summary>
    public ImageSize Upright => IsTurned ? Turned : Stored;

    /// <summary>Height and width of the stored picture exchanged.</summary>
    public ImageSize Turned => new(Stored.Width, Stored.Height);
}

/// <summary>How a camera was held, by the EXIF data of a picture (EXIF 2.3, section 4.6: a TIFF header and a list of tags).</summary>
internal static class ExifOrientation
{
    private const ushort Tag = 0x0112;
    private const int EntryLength = 12;

    /// <summary>Where the first pixel of the file belongs; upper left if nothing, or nothing valid, is said of it.</summary>
    /// <param name="exif">EXIF data, "II" or "MM" first; may be empty.</param>
    public static SKEncodedOrigin Of(ReadOnlySpan<byte> exif)
    {
        var little = exif.StartsWith("II*\0"u8);
        if (!little && !exif.StartsWith("MM\0*"u8) || exif.Length < 8)
        {
            return SKEncodedOrigin.TopLeft;
        }
        var list = little ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        var count = list <= exif.Length - 2 ? Short(exif[(int)list..], little) : 0;
        for (var at = (long)list + 2; count > 0 && at + EntryLength <= exif.Length; count--, at += EntryLength)
        {
            var entry = exif[(int)at..];
            if (Short(entry, little) == Tag)
            {
                return Short(entry[8..], little) is >= 1 and <= 8 and var origin ? (SKEncodedOrigin)origin : SKEncodedOrigin.TopLeft;
            }
        }
        return SKEncodedOrigin.TopLeft;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
