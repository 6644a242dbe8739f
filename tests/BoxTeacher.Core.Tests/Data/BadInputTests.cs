using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>Bad files end in one error that names file and key.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Images = """[{"id": 7, "file_name": "a.jpg", "width": 20, "height": 10}]""";
    private const string Categories = """[{"id": 3, "name": "disc"}]""";
    private const string Sound = """{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}""";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("""{"id": 2, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4]}""", "annotations[1].image_id", "8 is not the id of an image")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4]}""", "annotations[1].category_id", "4 is not the id of a category")]
    [InlineData("""{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}""", "annotations[1].id", "1 appears twice")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}""", "annotations[1].id", "the key is missing")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3]}""", "annotations[1].bbox", "expected four numbers, found 3")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, -3, 4]}""", "annotations[1].bbox", "a box of -3 by 4 pixels")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, "x", 4]}""", "annotations[1].bbox", "expected a finite number, found a string")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 1e999, 4]}""", "annotations[1].bbox", "expected a finite number")]
    [InlineData("""{"id": 2.5, "image_id": 7, "category_id": 3}""", "annotations[1].id", "expected an integer, found the number 2.5")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3}""", "annotations[1].bbox", "there is neither a box nor a segmentation")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "iscrowd": 2}""", "annotations[1].iscrowd", "expected 0 or 1, found 2")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": [[1, 2, 3, 4]]}""", "annotations[1].segmentation", "at least three points, found 4 numbers")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": [5, 300], "size": [10, 20]}}""", "annotations[1].segmentation.counts", "the runs leave the 10x20 mask")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": "0~", "size": [10, 20]}}""", "annotations[1].segmentation.counts", "a character outside")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": [200], "size": [20, 10]}}""", "annotations[1].segmentation", "a mask of 20x10 pixels in an image of 10x20")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": [5, 3, 10], "size": [10, 20]}}""", "annotations[1].segmentation.counts", "the runs end before the last pixel of the 10x20 mask")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": "05", "size": [10, 20]}}""", "annotations[1].segmentation.counts", "the runs end before the last pixel of the 10x20 mask")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "segmentation": {"counts": "05"}}""", "annotations[1].segmentation.size", "the key is missing")]
    [InlineData("""[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""", "annotations[1]", "expected an object, found an array")]
    [InlineData("""{"id": 2, "x": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""", "annotations[1]", "not valid JSON")]
    public void An_annotation_is_refused_by_its_key(string annotation, string key, string problem)
    {
        string file = Truth($"[{Sound}, {annotation}]");

        AssertRefused(file, key, problem, () => CocoReader.Read(file, folder.Root));
    }

    [Theory]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 3, 4]]}""", "found 4 numbers")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": [1, 2, 3, 4]}""", "expected an array, found the number 1")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": {"size": [10, 20]}}""", "the key is missing")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": {"counts": [200], "size": [20, 10]}}""", "a mask of 20x10 pixels in an image of 10x20")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": {"counts": [5, 300], "size": [10, 20]}}""", "the runs leave")]
    public void A_malformed_shape_is_an_error_for_those_alone_who_want_it(string annotation, string problem)
    {
        string file = Truth($"[{Sound}, {annotation}]");

        var read = CocoReader.Read(file, folder.Root).Images[0].Annotations[1];

        Assert.Equal((Box.FromSize(1, 2, 3, 4), 12, false), (read.Box, read.Area, read.HasMask));
        var error = Assert.Throws<DataFormatException>(() => read.Segmentation!.ToMask(new ImageSize(10, 20)));
        Assert.StartsWith($"{file}: annotations[1].segmentation", error.Message);
        Assert.Contains(problem, error.Message);
    }

    [Theory]
    [InlineData("""{"id": 2.0, "image_id": 7e0, "category_id": 3.0, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0.0, "segmentation": []}""")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "area": null, "iscrowd": null, "segmentation": null}""")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": false, "segmentation": [[]]}""")]
    [InlineData("""{"id": 2, "image_id": 7, "category_id": 3, "bbox": null, "segmentation": [[], [1, 2, 4, 2, 4, 6, 1, 6], []]}""")]
    public void Whole_numbers_may_be_floats_null_is_absent_and_empty_rings_are_none(string annotation)
    {
        var read = CocoReader.Read(Truth($"[{Sound}, {annotation}]"), folder.Root).Images[0].Annotations[1];

        Assert.Equal((2, Box.FromSize(1, 2, 3, 4), 12, false), (read.Id, read.Box, read.Area, read.IsCrowd));
        Assert.Equal(annotation.Contains("[1, 2, 4", StringComparison.Ordinal), read.HasMask);
    }

    [Theory]
    [InlineData("""{"images": [""", "images[0]")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a", "width": 4""", "images[0]")]
    [InlineData("""{"images": []}""", "annotations")]
    [InlineData("""[1, 2]""", "")]
    [InlineData("", "")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a", "width": 0, "height": 3}], "annotations": [], "categories": []}""", "images[0].width")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a", "width": 70000, "height": 3}], "annotations": [], "categories": []}""", "images[0].width")]
    [InlineData("""{"images": [{"id": null, "file_name": "a", "width": 4, "height": 3}], "annotations": [], "categories": []}""", "images[0].id")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a", "width": 4.5, "height": 3}], "annotations": [], "categories": []}""", "images[0].width")]
    [InlineData("""{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}""", "categories[1].name")]
    public void A_broken_file_is_refused(string json, string key)
    {
        string file = folder.File("gt.json", json);

        AssertRefused(file, key, "", () => CocoReader.Read(file, folder.Root));
    }

    [Fact]
    public void Results_may_have_floats_where_they_are_whole()
    {
        var truth = CocoReader.Read(Truth($"[{Sound}]"), folder.Root);
        string file = folder.File("dt.json", """[{"image_id": 7.0, "category_id": 3e0, "bbox": [1, 2, 3, 4], "score": 1, "segmentation": null}]""");

        Assert.Equal((7, 0), Assert.Single(CocoResults.Read(file, truth, IouType.Box)) is var read ? (read.ImageId, read.Category) : default);
    }

    [Fact]
    public void The_index_in_the_message_is_right_when_threads_share_the_file()
    {
        // Several megabytes, so that the array is cut into parts.
        var annotations = Enumerable.Range(1, 60_000).Select(id => id == 45_678
            ? "{\"id\": true}"
            : $"{{\"id\": {id}, \"image_id\": 7, \"category_id\": 3, \"bbox\": [1, 2, 3, 4], \"area\": 12, \"note\": \"}},{{\"}}");
        string file = Truth($"[{string.Join(", ", annotations)}]");

        AssertRefused(file, "annotations[45677].id", "expected an integer, found true", () => CocoReader.Read(file, folder.Root));
    }

    [Fact]
    public void What_threads_read_is_in_the_order_of_the_file()
    {
        var annotations = Enumerable.Range(1, 60_000).Select(id =>
            $"{{\"id\": {id}, \"image_id\": 7, \"category_id\": 3, \"bbox\": [{id}, 2, 3, 4], \"area\": 12, \"parts\": [{{\"a\": 1}},{{\"note\": \"}},{{\"}},{{\"a\": 2}}]}}");
        string file = Truth($"[{string.Join(",", annotations)}]");

        var dataset = CocoReader.Read(file, folder.Root);

        Assert.Equal(Enumerable.Range(1, 60_000).Select(id => (long)id), dataset.Images[0].Annotations.Select(annotation => annotation.Id));
        Assert.All(dataset.Images[0].Annotations, annotation => Assert.Equal(annotation.Id, annotation.Box.X0));
    }

    [Theory]
    [InlineData("""[{"image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1}]""", "[0].image_id")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}]""", "[0].score")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "score": 0.5}]""", "[0]")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "score": NaN}]""", "[0]")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1, "mask_score": "1"}]""", "[0].mask_score")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1, "mask_score": 1e999}]""", "[0].mask_score")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "bbox": [1, 2, -3, 4], "score": 1}]""", "[0].bbox")]
    [InlineData("""[{"image_id": 7, "category_id": 3, "segmentation": {"size": [2, 3], "counts": [0, 6]}, "score": 1}]""", "[0].segmentation")]
    [InlineData("""{"image_id": 7}""", "")]
    public void A_result_is_refused_by_its_key(string json, string key)
    {
        var truth = CocoReader.Read(Truth($"[{Sound}]"), folder.Root);
        string file = folder.File("dt.json", json);

        AssertRefused(file, key, "", () => CocoResults.Read(file, truth, IouType.Mask));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string file = folder.At("absent.json");

        Assert.Contains(file, Assert.Throws<FileNotFoundException>(() => CocoReader.Read(file, folder.Root)).Message);
        Assert.Contains(file, Assert.Throws<FileNotFoundException>(() => ImageFile.Read(file)).Message);
    }

    [Fact]
    public void A_picture_that_promises_more_than_it_holds_is_refused_before_memory_is_spent()
    {
        byte[] whole = ImageFile.Encode(".jpg", new Image(8, 8));
        int frame = whole.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        (whole[frame + 5], whole[frame + 6], whole[frame + 7], whole[frame + 8]) = (0xF0, 0, 0xF0, 0);
        string file = folder.File("huge.jpg", whole);

        AssertRefused(file, "", "cannot hold a picture of 61440x61440 pixels", () => ImageFile.Read(file));
    }

    [Fact]
    public void Pictures_without_labels_are_refused_as_label_maps()
    {
        string color = folder.At("color.png"), jpeg = folder.At("photo.jpg");
        ImageFile.Write(color, new Image(4, 4));
        ImageFile.Write(jpeg, new Image(4, 4));

        AssertRefused(color, "", "color type 2 cannot hold labels", () => ImageFile.ReadIndexed(color));
        AssertRefused(jpeg, "", "not a PNG file", () => ImageFile.ReadGray(jpeg));
    }

    [Fact]
    public void An_import_that_fails_leaves_nothing_behind()
    {
        ImageFile.Write(folder.At("penn", "JPEGImages", "a.jpg"), new Image(8, 8));
        string target = folder.At("out");

        Assert.Throws<DirectoryNotFoundException>(() => PennFudan.Import(folder.At("penn"), target));

        Assert.Equal(["penn"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName));
    }

    private static void AssertRefused(string file, string key, string problem, Action read)
    {
        var error = Assert.Throws<DataFormatException>(read);
        Assert.Contains(file, error.Message);
        Assert.Equal(key, error.Key);
        Assert.Contains(problem, error.Message);
    }

    private string Truth(string annotations) =>
        folder.File("gt.json", $$"""{"images": {{Images}}, "annotations": {{annotations}}, "categories": {{Categories}}}""");
}
