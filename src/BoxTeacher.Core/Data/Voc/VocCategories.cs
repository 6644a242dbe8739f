namespace BoxTeacher.Data;

/// <summary>The twenty categories of PASCAL VOC.</summary>
public static class VocCategories
{
    /// <summary>Ids 1 to 20 in the order of the alphabet.</summary>
    public static IReadOnlyList<Category> All { get; } =
    [
        .. new[]
        {
            "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
            "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
        }.Select((name, index) => new Category(index + 1, name)),
    ];

    /// <summary>
    /// The 256 colors of VOC's label pictures, r, g, b, ...: the bits of a label, three at a time, become the high bits
    /// of red, green and blue.
    /// </summary>
    public static byte[] Palette()
    {
        var palette = new byte[3 * 256];
        for (var label = 0; label < 256; label++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    var value = (label >> ((3 * bit) + channel)) & 1;
                    palette[(3 * label) + channel] |= (byte)(value << (7 - bit));
                }
            }
        }
        return palette;
    }
}
