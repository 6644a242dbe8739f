using System.Text;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>What files of many annotations are read by: plain forms, tables, chunks.</summary>
public sealed class LargeDataTests : IDisposable
{
    private const string Images = """[{"id": 7, "file_name": "a.jpg", "width": 20, "height": 10}, {"id": 5, "file_name": "b/\u00e9.jpg", "width": 9, "height": 9}]""";
    private const string Categories = """[{"id": 3, "name": "disc"}, {"id": 1, "name": "ring"}]""";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Outlines_come_back_from_their_bytes_to_the_bit()
    {
        double[][] outline =
        [
            [0.0, 0.01, 473.07, 395.93, 0.29, 640],
            [-3.25, 1e9, 0.1, 0.2, 0.3, 7],
            [1 / 3.0, 2.125, 239.97000000000003, 1e300, -1e-300, 12],
            [-0.0, 1, 2, 3, 4, 5],
        ];
        var bytes = new PackedBytes();
        bytes.AddCount(outline.Length);
        Array.ForEach(outline, ring => bytes.AddRing(ring));
        var rings = new PackedRings(bytes.ToArray(), 0);

        Assert.Equal(outline.Length, rings.Count);
        Assert.All(outline.Zip(rings), pair =>
            Assert.Equal(pair.First.Select(BitConverter.DoubleToInt64Bits), pair.Second.Select(BitConverter.DoubleToInt64Bits)));
        Assert.Equal(outline[2], rings[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => rings[outline.Length]);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-12.50", -12.5)]
    [InlineData("702.1057499999998", 702.1057499999998)]
    [InlineData("0.30000000000000004", 0.30000000000000004)]
    [InlineData("123456789012345678", 123456789012345678.0)]
    [InlineData(" \n9007199254740993", 9007199254740993.0)]
    public void A_plain_number_is_rounded_as_the_general_reader_rounds_it(string text, double expected)
    {
        var json = new PlainJson(Encoding.UTF8.GetBytes(text + ","));

        Assert.True(json.Number(out var value));
        Assert.Equal(JsonSerializer.Deserialize<double>(text), value);
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("01,")]
    [InlineData("1.,")]
    [InlineData(".5,")]
    [InlineData("1e3,")]
    [InlineData("-,")]
    [InlineData("-0,")]
    [InlineData("+1,")]
    [InlineData("1234567890123456789,")]
    public void What_is_no_plain_number_or_may_go_on_is_left_to_the_general_reader(string text)
    {
        var json = new PlainJson(Encoding.UTF8.GetBytes(text));

        Assert.False(json.Number(out _));
    }

    [Fact]
    public void Annotations_are_the_same_whichever_reader_looks_at_them()
    {
        string[] plain =
        [
            """{"id":4,"image_id":5,"category_id":1,"bbox":[1.5,2,3,4.25],"area":12.125,"iscrowd":0,"segmentation":[[1,2,4.25,2,4,6.5,1,6]]}""",
            """{"segmentation": [[1, 2, 4, 2, 4, 6, 1], [0.5, 0.25, 3, 1, 2, 2]], "id": 9, "image_id": 7, "category_id": 3, "isfake": false, "note": "x", "bbox": [0, 1, 2, 3], "area": 0.1}""",
            """{"id":2,"image_id":5,"category_id":3,"bbox":[0,0,9,9],"segmentation":[],"iscrowd":1}""",
            """{"id":1,"image_id":7,"category_id":1,"segmentation":[[1.005,2,4,2,4,6,1,6]]}""",
        ];
        // An empty object is none of the plain forms.
        var general = plain.Select(text => text[..^1] + ""","more":{}}""");

        var read = Read(plain);

        Assert.Equal(Read(general).Images.SelectMany(image => image.Annotations).Select(Describe), read.Images.SelectMany(image => image.Annotations).Select(Describe));
        Assert.Equal([9, 1, 4, 2], read.Images.SelectMany(image => image.Annotations).Select(annotation => annotation.Id));
        Assert.Equal([Path.Combine(folder.Root, "a.jpg"), Path.Combine(folder.Root, "b/é.jpg")], read.Images.Select(image => image.FileName));
        Assert.Equal(read.Images[1], read.Images[1]);
    }

    [Fact]
    public void An_element_may_be_longer_than_a_chunk()
    {
        var corners = string.Join(", ", Enumerable.Range(0, 400_000).Select(i => $"{i % 20}.25, {i % 10}"));
        var read = Read(
        [
            """{"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 1, 2, 3]}""",
            $$$"""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [0, 1, 2, 3], "more": {}, "segmentation": [[{{{corners}}}]]}""",
            $$$"""{"id": 3, "image_id": 7, "category_id": 3, "bbox": [0, 1, 2, 3], "segmentation": [[{{{corners}}}]]}""",
            """{"id": 4, "image_id": 7, "category_id": 3, "bbox": [0, 1, 2, 3]}""",
        ]);

        Assert.Equal([1, 2, 3, 4], read.Images[0].Annotations.Select(annotation => annotation.Id));
        Assert.All(
            read.Images[0].Annotations.Skip(1).Take(2),
            annotation => Assert.Equal(800_000, Assert.IsType<Segmentation.Polygons>(annotation.Segmentation).Rings[0].Length));
    }

    [Fact]
    public void Numbers_are_whole_wherever_a_window_ends()
    {
        var numbers = Enumerable.Range(100_000, 300_000).ToList();
        var file = folder.File("numbers.json", $"[{string.Join(',', numbers)}]");
        using var json = new JsonDocumentFile(file);

        Assert.Equal(numbers, json.WholeArray((ref Utf8JsonReader reader) => reader.GetInt32()));
    }

    [Fact]
    public void Long_values_that_nobody_wants_are_skipped()
    {
        var annotations = string.Join(',', Enumerable.Range(1, 20_000).Select(id => $$"""{"id": {{id}}, "note": "],}", "of": [[{{id}}]]}"""));
        var file = folder.File("gt.json", $$"""{"annotations": [{{annotations}}], "licenses": null, "images": {{Images}}}""");

        Assert.Equal([7, 5], CocoReader.ReadImages(file, folder.Root).Images.Select(image => image.Id));
        File.WriteAllText(file, File.ReadAllText(file).Replace("""[[19999]]""", """[[19999]""", StringComparison.Ordinal));
        Assert.Contains("not valid JSON near byte", Assert.Throws<DataFormatException>(() => CocoReader.ReadImages(file, folder.Root)).Message);
    }

    [Fact]
    public void Ids_that_appear_twice_are_found_in_any_order()
    {
        var boxes = new[] { 5, 3, 9, 3 }.Select(id => $$"""{"id": {{id}}, "image_id": 7, "category_id": 3, "bbox": [0, 1, 2, 3]}""");

        Assert.Equal("annotations[3].id", Assert.Throws<DataFormatException>(() => Read(boxes)).Key);
    }

    [Fact]
    public void Categories_are_joined_without_reading_anew()
    {
        var read = Read(["""{"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 1, 2, 3]}"""]);

        var joined = read.JoinedTo([new Category(8, "star"), new Category(9, "disc"), new Category(10, "ring")], "gt.json", "other.json");
        var again = joined.JoinedTo([new Category(0, "ring"), new Category(1, "disc"), new Category(2, "star")], "gt.json", "other.json");

        Assert.Equal((0, 2, 0), (Only(read).Category, Only(joined).Category, Only(again).Category));

        static Annotation Only(InstanceDataset dataset) => Assert.Single(dataset.Images[0].Annotations);
    }

    private static (long, int, Box, double, bool, string) Describe(Annotation annotation) => (
        annotation.Id, annotation.Category, annotation.Box, annotation.Area, annotation.IsCrowd,
        annotation.Segmentation is Segmentation.Polygons(var rings) ? string.Join(';', rings.Select(ring => string.Join(',', ring))) : "none");

    private InstanceDataset Read(IEnumerable<string> annotations) => CocoReader.Read(
        folder.File("gt.json", $$"""{"images": {{Images}}, "annotations": [{{string.Join(", ", annotations)}}], "categories": {{Categories}}}"""), folder.Root);
}
