using System.IO.Compression;
using System.Text;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using BoxTeacher.Training;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>One kind of file and what reads it.</summary>
/// <param name="Name">A name for messages.</param>
/// <param name="Prepare">Fills a folder with sound files; gives the file to mutate and the action that reads it.</param>
internal sealed record FuzzTarget(string Name, Func<string, (string File, Action Run)> Prepare)
{
    /// <summary>How the file's bytes are changed.</summary>
    public Func<byte[], Random, byte[]> Damage { get; init; } = Fuzzer.Mutate;

    /// <summary>Whether an exception is one clear error: it names a file of the folder.</summary>
    public static bool IsClear(Exception error, string folder) =>
        error is DataFormatException or DataCheckException or RecipeException or InvalidDataException or IOException
            && error.Message.Contains(folder, StringComparison.Ordinal);
}

/// <summary>All that reads files made by others.</summary>
internal static class FuzzTargets
{
    private const int Size = 48;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("truth", folder => (Write(folder, "gt.json", Truth()), () => EvaluateCoco(folder))),
        new("results", folder => (Write(folder, "dt.json", Results()), () => EvaluateCoco(folder))),
        new("voc-results", folder => (Write(folder, "dt.json", Results()), () => EvaluateVoc(folder))),
        new("jpeg", folder => Picture(folder, "picture.jpg", file => ImageFile.Read(file))),
        new("png", folder => Picture(folder, "picture.png", file => ImageFile.Read(file))),
        new("webp", folder => Picture(folder, "picture.webp", file => ImageFile.Read(file))),
        new("bmp", folder => Bitmap(folder, file => ImageFile.Read(file))),
        new("jpeg-header", folder => Picture(folder, "picture.jpg", file => ImageFile.ReadHeader(file))),
        new("png-header", folder => Picture(folder, "picture.png", file => ImageFile.ReadHeader(file))),
        new("webp-header", folder => Picture(folder, "picture.webp", file => ImageFile.ReadHeader(file))),
        new("bmp-header", folder => Bitmap(folder, file => ImageFile.ReadHeader(file))),
        new("palette-png", folder => Labels(folder, depth: 8, colorType: 3, file => ImageFile.ReadIndexed(file))),
        new("gray-png", folder => Labels(folder, depth: 16, colorType: 0, file => ImageFile.ReadGray(file))),
        new("bit-png", folder => Labels(folder, depth: 1, colorType: 0, file => ImageFile.ReadIndexed(file))),
        new("voc-xml", folder => Voc(folder, "Annotations/a.xml")),
        new("voc-objects", folder => Voc(folder, "SegmentationObject/a.png")),
        new("voc-list", folder => Voc(folder, "ImageSets/Segmentation/val.txt")),
        new("sbd-mat", folder => Sbd(folder, compressed: false)),
        new("sbd-mat-compressed", folder => Sbd(folder, compressed: true)),
        new("cityscapes-polygons", folder => (Write(folder, "a_0_1_gtFine_polygons.json", Polygons), () => CityscapesPolygons.DrawInstanceIds(Path.Combine(folder, "a_0_1_gtFine_polygons.json")))),
        new("cityscapes-text", folder => Cityscapes(folder, "pred/a_0_1_pred.txt")),
        new("cityscapes-mask", folder => Cityscapes(folder, "pred/m.png")),
        new("cityscapes-ids", folder => Cityscapes(folder, "gtFine/a_0_1_gtFine_instanceIds.png")),
        new("supervision", folder => (Write(folder, "split.json", "{\"50.0\": {\"0\": [1]}}"), () => SemiSupervisedSplit.FromSupervisionFile(Dataset(folder), Path.Combine(folder, "split.json"), "50.0", 0))),
        new("truth-meaning", folder => (Write(folder, "gt.json", Truth()), () => EvaluateCoco(folder))) { Damage = JsonDamage.Change },
        new("results-meaning", folder => (Write(folder, "dt.json", Results()), () => EvaluateCoco(folder))) { Damage = JsonDamage.Change },
        new("data-meaning", CheckedData) { Damage = JsonDamage.Change },
        .. RunFileTargets.All,
    ];

    private const string Polygons =
        """{"imgHeight": 48, "imgWidth": 64, "objects": [{"label": "road", "polygon": [[0, 20], [63, 20], [63, 47], [0, 47]]}, {"label": "car", "polygon": [[3, 4], [20, 9], [14, 30], [-5, 12]], "deleted": 0}, {"label": "cargroup", "polygon": [[30, 4], [50, 9], [44, 30]]}]}""";

    private static string Truth()
    {
        string mask = Disc(20, 20, 9).ToCompressed();
        string counts = string.Join(',', Disc(30, 12, 7).ToCounts());
        return $$$"""
            {"info": {"year": 2017}, "images": [{"id": 7, "file_name": "a.jpg", "width": 48, "height": 48}, {"id": 9, "file_name": "b.jpg", "width": 48, "height": 48}],
            "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [11, 11, 19, 19], "area": 250.5, "iscrowd": 0, "segmentation": {"size": [48, 48], "counts": {{{System.Text.Json.JsonSerializer.Serialize(mask)}}}}},
            {"id": 2, "image_id": 7, "category_id": 1, "bbox": [23, 5, 15, 15], "area": 150, "iscrowd": 1, "segmentation": {"counts": [{{{counts}}}], "size": [48, 48]}},
            {"id": 5, "image_id": 9, "category_id": 3, "bbox": [4.5, 5, 20, 21.25], "area": 400, "iscrowd": 0, "segmentation": [[4.5, 5, 24.5, 7, 20, 26.25], [30, 30, 40.5, 30, 40, 44]]}],
            "categories": [{"id": 1, "name": "disc", "supercategory": "s"}, {"id": 3, "name": "ring"}]}
            """;
    }

    private static string Results() => $$$"""
        [{"image_id": 7, "category_id": 3, "bbox": [10.5, 11, 19, 20], "score": 0.9}, {"image_id": 7, "category_id": 1, "score": 0.25, "segmentation": {"size": [48, 48], "counts": {{{System.Text.Json.JsonSerializer.Serialize(Disc(29, 13, 7).ToCompressed())}}}}},
        {"image_id": 9, "category_id": 3, "bbox": [4, 5, 20, 20], "segmentation": [[4, 5, 24, 7, 20, 25]], "score": 1e-3}]
        """;

    private static RunLengthMask Disc(int x, int y, int radius) => RunLengthMask.Encode(
        [.. Enumerable.Range(0, Size * Size).Select(i => (((i % Size) - x) * ((i % Size) - x)) + (((i / Size) - y) * ((i / Size) - y)) <= radius * radius ? (byte)1 : (byte)0)], Size, Size);

    private static string Write(string folder, string name, string text) => Write(folder, name, Encoding.UTF8.GetBytes(text));

    private static string Write(string folder, string name, byte[] bytes)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static InstanceDataset Dataset(string folder)
    {
        string file = Path.Combine(folder, "gt.json");
        return CocoReader.Read(File.Exists(file) ? file : Write(folder, "gt.json", Truth()), folder);
    }

    private static (InstanceDataset, IReadOnlyList<DetectionResult>) Load(string folder)
    {
        var truth = Dataset(folder);
        string file = Path.Combine(folder, "dt.json");
        return (truth, CocoResults.Read(File.Exists(file) ? file : Write(folder, "dt.json", Results()), truth, IouType.Mask));
    }

    private static void EvaluateCoco(string folder)
    {
        var (truth, results) = Load(folder);
        _ = CocoEvaluation.Match(truth, results, IouType.Box).Summary;
        _ = MaskCoverage.Problem(truth, results) is null ? CocoEvaluation.Match(truth, results, IouType.Mask).Summary : null;
    }

    // What is found to be in order can be used.
    private static (string, Action) CheckedData(string folder)
    {
        string file = Write(folder, "gt.json", Truth());
        foreach (string name in (string[])["a.jpg", "b.jpg"])
        {
            ImageFile.Write(Path.Combine(folder, name), new Image(Size, Size));
        }
        var categories = CocoReader.Read(file, folder).Categories;
        return (file, () =>
        {
            var dataset = CocoReader.Read(file, folder).JoinedTo(categories, file, file);
            DataCheckException.ThrowIfRefused(DataCheck.Run(dataset, file, DataUse.LearnMasks));
            foreach (var image in dataset.Images)
            {
                var sizes = image.Annotations.Where(annotation => annotation.HasMask)
                    .Select(annotation => annotation.Segmentation!.ToMask(image.Size).Size).Append(ImageFile.Read(image.FileName).Size);
                if (sizes.Any(size => size != image.Size))
                {
                    throw new InvalidOperationException($"{image.FileName} passed the check with {image.Size}");
                }
            }
        });
    }

    private static void EvaluateVoc(string folder)
    {
        var (truth, results) = Load(folder);
        _ = VocEvaluator.Evaluate(truth, results, MaskCoverage.Problem(truth, results) is null ? IouType.Mask : IouType.Box);
    }

    private static (string, Action) Picture(string folder, string name, Action<string> read)
    {
        var image = new Image(40, 56);
        new Random(5).NextBytes(image.Pixels.AsSpan(0, 3000));
        string file = Path.Combine(folder, name);
        ImageFile.Write(file, image);
        return (file, () => read(file));
    }

    private static (string, Action) Bitmap(string folder, Action<string> read)
    {
        var file = Path.Combine(folder, "picture.bmp");
        File.Copy(Repository.Fixture("pictures", "bmp-rgb.bmp"), file);
        return (file, () => read(file));
    }

    // A label picture of any depth: rows of stored bytes, each behind its filter's number.
    private static byte[] Png(int height, int width, byte depth, byte colorType)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        Chunk("IHDR", [0, 0, 0, (byte)width, 0, 0, 0, (byte)height, depth, colorType, 0, 0, 0]);
        if (colorType == 3)
        {
            Chunk("PLTE", new byte[768]);
        }
        using var body = new MemoryStream();
        using (var deflated = new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true))
        {
            int rowBytes = ((width * depth) + 7) / 8;
            for (int y = 0; y < height; y++)
            {
                // Every fifth row is stored, those between repeat the one above.
                byte[] row = new byte[rowBytes + 1];
                row[0] = (byte)(y % 5 == 0 ? 0 : 2);
                for (int i = 1; i <= rowBytes / 2 && y % 5 == 0 && y < height / 2; i++)
                {
                    row[i] = depth == 16 ? (byte)(i % 2 == 1 ? 0x65 : 0x91) : depth == 1 ? byte.MaxValue : (byte)1;
                }
                deflated.Write(row);
            }
        }
        Chunk("IDAT", body.ToArray());
        Chunk("IEND", []);
        byte[] png = file.ToArray();
        PngDamage.RepairCheckSums(png);
        return png;

        void Chunk(string type, byte[] data)
        {
            file.Write([(byte)(data.Length >> 24), (byte)(data.Length >> 16), (byte)(data.Length >> 8), (byte)data.Length]);
            file.Write(Encoding.ASCII.GetBytes(type));
            file.Write(data);
            file.Write(new byte[4]);
        }
    }

    private static (string, Action) Labels(string folder, byte depth, byte colorType, Action<string> read)
    {
        string file = Write(folder, "labels.png", Png(30, 40, depth, colorType));
        return (file, () => read(file));
    }

    private static (string, Action) Voc(string folder, string mutated)
    {
        Write(folder, "SegmentationObject/a.png", Png(30, 40, 8, 3));
        Write(folder, "SegmentationClass/a.png", Png(30, 40, 8, 3));
        Write(folder, "ImageSets/Segmentation/val.txt", "a\n");
        Write(folder, "Annotations/a.xml", "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>20.5</xmax><ymax>15</ymax></bndbox></object></annotation>");
        return (Path.Combine(folder, mutated), () => VocReader.Read(folder, "val"));
    }

    private static (string, Action) Sbd(string folder, bool compressed)
    {
        Write(folder, "val.txt", "a\n");
        return (Write(folder, "inst/a.mat", MatSample.Make(compressed)), () => SbdReader.Read(folder, "val"));
    }

    private static (string, Action) Cityscapes(string folder, string mutated)
    {
        Write(folder, "gtFine/a_0_1_gtFine_instanceIds.png", Png(30, 40, 16, 0));
        Write(folder, "pred/m.png", Png(30, 40, 8, 0));
        Write(folder, "pred/a_0_1_pred.txt", "m.png 26 0.75\nm.png 24 0.5\n");
        return (Path.Combine(folder, mutated), () => CityscapesResults.Evaluate(Path.Combine(folder, "gtFine"), Path.Combine(folder, "pred")));
    }
}
