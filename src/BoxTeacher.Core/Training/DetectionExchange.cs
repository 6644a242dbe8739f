using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Processes;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>Brings the detections of several processes together.</summary>
internal static class DetectionExchange
{
    /// <summary>Detections of batches that processes took in turn, in the order of the batches.</summary>
    /// <param name="own">Of this process's batches.</param>
    /// <param name="processes">Those that took part.</param>
    /// <returns>All of them, in process 0; none elsewhere.</returns>
    public static IReadOnlyList<DetectionResult> InTurn(IReadOnlyList<IReadOnlyList<DetectionResult>> own, IProcessGroup processes)
    {
        if (!processes.AreMany())
        {
            return [.. own.SelectMany(batch => batch)];
        }

        var all = processes.Gather(Write(own));
        if (!processes.IsFirst())
        {
            return [];
        }

        var batches = all.Select(Read).ToList();
        return
        [
            .. from turn in Enumerable.Range(0, batches[0].Count)
               from process in batches
               where turn < process.Count
               from detection in process[turn]
               select detection,
        ];
    }

    private static byte[] Write(IReadOnlyList<IReadOnlyList<DetectionResult>> batches)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(batches.Count);
        foreach (var batch in batches)
        {
            writer.Write(batch.Count);
            foreach (var found in batch)
            {
                writer.Write(found.ImageId);
                writer.Write(found.Category);
                double[] numbers = [found.Score, found.MaskScore, found.Box.X0, found.Box.Y0, found.Box.Width, found.Box.Height];
                Array.ForEach(numbers, writer.Write);
                writer.Write(found.Mask is not null);
                if (found.Mask is { } mask)
                {
                    writer.Write(mask.ToCompressed());
                    writer.Write(mask.Height);
                    writer.Write(mask.Width);
                }
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static List<List<DetectionResult>> Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        return Many(() => Many(Detection));

        List<T> Many<T>(Func<T> one) => [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => one())];

        DetectionResult Detection()
        {
            var (image, category) = (reader.ReadInt64(), reader.ReadInt32());
            var (score, maskScore) = (reader.ReadDouble(), reader.ReadDouble());
            var box = Box.FromSize(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            var mask = reader.ReadBoolean()
                ? RunLengthMask.FromCompressed(reader.ReadString(), reader.ReadInt32(), reader.ReadInt32())
                : null;
            return new DetectionResult(image, category, score, box, mask) { MaskScore = maskScore };
        }
    }
}
