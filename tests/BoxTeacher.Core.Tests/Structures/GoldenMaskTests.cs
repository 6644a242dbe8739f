using System.Text.Json;
using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Structures;

/// <summary>Run-length masks against pycocotools.</summary>
public class GoldenMaskTests
{
    [GoldenTheory("cocoeval/rle/encode.json"), MemberData(nameof(Named), "encode.json", "")]
    public void A_bitmap_becomes_the_same_runs_and_back(string name)
    {
        var node = Case("encode.json", "", name);
        var (height, width) = ((int)node["h"]!, (int)node["w"]!);
        byte[] pixels = Pixels(node["rows"]!, height, width);

        var mask = RunLengthMask.Encode(pixels, height, width);

        Assert.Equal((string)node["rle"]!, mask.ToCompressed());
        Assert.Equal(node["counts"]!.AsArray().Select(count => (uint)count!), mask.ToCounts());
        AssertShape(node, mask);
        Assert.Equal(pixels, mask.Decode());
        Assert.Equal((string)node["rle"]!, RunLengthMask.FromCounts(mask.ToCounts(), height, width).ToCompressed());
    }

    [GoldenTheory("cocoeval/rle/encode_large.json"), MemberData(nameof(Named), "encode_large.json", "")]
    public void A_large_mask_survives_decoding_and_encoding(string name)
    {
        var node = Case("encode_large.json", "", name);
        var (height, width) = ((int)node["h"]!, (int)node["w"]!);

        var mask = RunLengthMask.FromCompressed((string)node["rle"]!, height, width);

        if (node["counts"] is JsonArray counts)
        {
            Assert.Equal(counts.Select(count => (uint)count!), mask.ToCounts());
        }
        AssertShape(node, mask);
        Assert.Equal((string)node["rle"]!, RunLengthMask.Encode(mask.Decode(), height, width).ToCompressed());
    }

    [GoldenTheory("cocoeval/rle/noncanonical.json"), MemberData(nameof(Named), "noncanonical.json", "")]
    public void Unusual_runs_are_accepted_or_refused_alike(string name)
    {
        var node = Case("noncanonical.json", "", name);
        var (height, width) = ((int)node["h"]!, (int)node["w"]!);
        uint[] counts = [.. node["counts"]!.AsArray().Select(count => (uint)count!)];
        if ((string)node["decode"]! != "ok")
        {
            Assert.Throws<FormatException>(() => RunLengthMask.FromCounts(counts, height, width));
            Assert.Throws<FormatException>(() => RunLengthMask.FromCompressed((string)node["rle"]!, height, width));
            return;
        }

        var mask = RunLengthMask.FromCompressed((string)node["rle"]!, height, width);

        Assert.Equal(counts, mask.ToCounts());
        Assert.Equal((string)node["rle"]!, RunLengthMask.FromCounts(counts, height, width).ToCompressed());
        // What lies beyond short runs is left over memory in the reference, and so is the box of an empty last run.
        if (counts.Sum(count => count) == height * width)
        {
            Assert.Equal(Pixels(node["rows"]!, height, width), mask.Decode());
        }
        if ((long)node["area"]! > 0)
        {
            AssertShape(node, mask);
        }
    }

    [GoldenTheory("cocoeval/rle/merge.json"), MemberData(nameof(Indices), "merge.json", "cases")]
    public void Union_and_intersection_are_the_same(int index)
    {
        var node = Golden.Json("cocoeval/rle/merge.json")["cases"]![index]!;
        var (height, width) = ((int)node["h"]!, (int)node["w"]!);
        RunLengthMask[] masks = [.. Strings(node["rles"]!).Select(rle => RunLengthMask.FromCompressed(rle, height, width))];

        Assert.Equal((string)node["union"]!, RunLengthMask.Union(masks).ToCompressed());
        Assert.Equal((string)node["intersect"]!, RunLengthMask.Intersect(masks).ToCompressed());
    }

    [GoldenTheory("cocoeval/rle/iou.json"), MemberData(nameof(Indices), "iou.json", "")]
    public void Overlaps_are_equal_to_the_last_bit(int index)
    {
        var node = Golden.Json("cocoeval/rle/iou.json")[index]!;
        bool[] crowd = [.. node["iscrowd"]!.AsArray().Select(flag => (int)flag! == 1)];
        double[] expected = [.. node["iou"]!.AsArray().SelectMany(row => row!.AsArray().Select(value => (double)value!))];
        if ((string)node["kind"]! == "bbox")
        {
            var detections = node["dt"]!.AsArray().Select(ToBox);
            Box[] truths = [.. node["gt"]!.AsArray().Select(ToBox)];
            Assert.Equal(expected, detections.SelectMany(d => truths.Select((g, j) => Box.IoU(d, g, crowd[j]))));
            return;
        }
        var (dtSize, gtSize) = (node["dt_size"] ?? new JsonArray((int)node["h"]!, (int)node["w"]!), node["gt_size"] ?? new JsonArray((int)node["h"]!, (int)node["w"]!));
        RunLengthMask[] dt = [.. Strings(node["dt"]!).Select(rle => RunLengthMask.FromCompressed(rle, (int)dtSize[0]!, (int)dtSize[1]!))];
        RunLengthMask[] gt = [.. Strings(node["gt"]!).Select(rle => RunLengthMask.FromCompressed(rle, (int)gtSize[0]!, (int)gtSize[1]!))];
        double[] actual = new double[expected.Length];

        RunLengthMask.IoU(dt, gt, crowd, actual);

        Assert.Equal(expected, actual);
    }

    [GoldenTheory("cocoeval/rle/polygons.json"), MemberData(nameof(Named), "polygons.json", "polygons")]
    public void Polygons_cover_the_same_pixels(string name)
    {
        var node = Case("polygons.json", "polygons", name);
        var (height, width) = ((int)node["h"]!, (int)node["w"]!);
        double[][] rings = [.. node["polygons"]!.AsArray().Select(ring => ring!.AsArray().Select(value => (double)value!).ToArray())];

        RunLengthMask[] masks = [.. rings.Select(ring => RunLengthMask.FromPolygon(ring, height, width))];

        Assert.Equal(Strings(node["rles"]!), masks.Select(mask => mask.ToCompressed()));
        Assert.Equal(node["areas"]!.AsArray().Select(area => (long)area!), masks.Select(mask => mask.Area));
        Assert.Equal(node["bboxes"]!.AsArray().Select(ToBox), masks.Select(mask => mask.Bounds));
        var union = RunLengthMask.FromPolygons(rings, height, width);
        Assert.Equal((string)node["union"]!, union.ToCompressed());
        Assert.Equal((long)node["union_area"]!, union.Area);
    }

    [GoldenTheory("cocoeval/rle/polygons.json"), MemberData(nameof(Indices), "polygons.json", "boxes")]
    public void Boxes_cover_the_same_pixels(int index)
    {
        var node = Golden.Json("cocoeval/rle/polygons.json")["boxes"]![index]!;

        var mask = RunLengthMask.FromBox(ToBox(node["box"]), (int)node["h"]!, (int)node["w"]!);

        Assert.Equal((string)node["rle"]!, mask.ToCompressed());
        AssertShape(node, mask);
    }

    [GoldenFact("cocoeval/rle/real_annotations.json")]
    public void Annotations_of_photos_cover_the_same_pixels()
    {
        var node = Golden.Json("cocoeval/rle/real_annotations.json");
        var dataset = CocoReader.Read(Golden.PathOf($"cocoeval/eval/{(string)node["case"]!}/gt.json"), ".");
        var masks = dataset.Images.SelectMany(image => image.Annotations.Select(annotation => (annotation.Id, Mask: annotation.Segmentation!.ToMask(image.Size))))
            .ToDictionary(entry => entry.Id, entry => entry.Mask);
        foreach (var item in node["items"]!.AsArray())
        {
            Assert.Equal((string)item!["rle"]!, masks[(long)item["id"]!].ToCompressed());
            AssertShape(item, masks[(long)item["id"]!]);
        }
    }

    [GoldenFact("boxteacher/o_rle.json")]
    public void Masks_of_the_training_code_are_the_same()
    {
        foreach (var instance in GoldenCase.Load("boxteacher/o_rle").Instances)
        {
            if (instance.Has("in.mask"))
            {
                var size = instance.Ints("size");
                var mask = RunLengthMask.Encode(Bits(instance, "in.mask"), size[0], size[1]);
                Assert.Equal(instance.Attributes.GetProperty("counts").GetString(), mask.ToCompressed());
                Assert.Equal(instance.Int("area"), mask.Area);
                double[] box = Doubles(instance.Attributes.GetProperty("bbox_xywh"));
                Assert.Equal(Box.FromSize(box[0], box[1], box[2], box[3]), mask.Bounds);
            }
            else if (instance.Has("out.mask"))
            {
                double[][] rings = [.. instance.Attributes.GetProperty("polygons").EnumerateArray().Select(Doubles)];
                var mask = RunLengthMask.FromPolygons(rings, instance.Int("h"), instance.Int("w"));
                Assert.Equal(instance.Attributes.GetProperty("counts").GetString(), mask.ToCompressed());
                Assert.Equal(Bits(instance, "out.mask"), mask.Decode().Select(pixel => pixel != 0));
            }
            else
            {
                AssertOverlaps(instance);
            }
        }
    }

    private static void AssertOverlaps(GoldenInstance instance)
    {
        using var expected = instance["out.iou"];
        using var first = instance["in.a"];
        bool[] crowd = [.. instance.Ints("iscrowd").Select(flag => flag == 1)];
        double[] actual = new double[expected.numel()];
        if (first.dim() == 3)
        {
            RunLengthMask.IoU(Stack(instance, "in.a"), Stack(instance, "in.b"), crowd, actual);
        }
        else
        {
            var (detections, truths) = (Boxes(instance, "in.a"), Boxes(instance, "in.b"));
            actual = [.. detections.SelectMany(d => truths.Select((g, j) => Box.IoU(d, g, crowd[j])))];
        }
        Assert.Equal(expected.data<double>().ToArray(), actual);
    }

    private static Box[] Boxes(GoldenInstance instance, string name)
    {
        using var tensor = instance[name];
        return [.. tensor.data<double>().ToArray().Chunk(4).Select(box => Box.FromSize(box[0], box[1], box[2], box[3]))];
    }

    private static RunLengthMask[] Stack(GoldenInstance instance, string name)
    {
        using var tensor = instance[name];
        var (count, height, width) = ((int)tensor.size(0), (int)tensor.size(1), (int)tensor.size(2));
        bool[] bits = Bits(instance, name);
        return [.. Enumerable.Range(0, count).Select(i => RunLengthMask.Encode(bits.AsSpan(i * height * width, height * width), height, width))];
    }

    private static bool[] Bits(GoldenInstance instance, string name)
    {
        using var tensor = instance[name];
        return tensor.data<bool>().ToArray();
    }

    private static double[] Doubles(JsonElement numbers) => [.. numbers.EnumerateArray().Select(value => value.GetDouble())];

    public static TheoryData<string> Named(string file, string key) =>
        new(Cases(file, key).Select(node => (string)node!["name"]!));

    public static TheoryData<int> Indices(string file, string key) => new(Enumerable.Range(0, Cases(file, key).Count));

    private static JsonArray Cases(string file, string key) =>
        !Golden.Exists($"cocoeval/rle/{file}") ? []
        : key.Length == 0 ? Golden.Json($"cocoeval/rle/{file}").AsArray()
        : Golden.Json($"cocoeval/rle/{file}")[key]!.AsArray();

    private static JsonNode Case(string file, string key, string name) => Cases(file, key).First(node => (string)node!["name"]! == name)!;

    private static IEnumerable<string> Strings(JsonNode node) => node.AsArray().Select(item => (string)item!);

    private static Box ToBox(JsonNode? node) => Box.FromSize((double)node![0]!, (double)node[1]!, (double)node[2]!, (double)node[3]!);

    private static byte[] Pixels(JsonNode rows, int height, int width)
    {
        byte[] pixels = [.. Strings(rows).SelectMany(row => row.Select(symbol => (byte)(symbol - '0')))];
        Assert.Equal(height * width, pixels.Length);
        return pixels;
    }

    private static void AssertShape(JsonNode node, RunLengthMask mask)
    {
        Assert.Equal((long)node["area"]!, mask.Area);
        Assert.Equal(ToBox(node["bbox"]), mask.Bounds);
    }
}
