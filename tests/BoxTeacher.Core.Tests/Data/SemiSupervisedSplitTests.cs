using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>Labelled and unlabelled parts of a data set.</summary>
public sealed class SemiSupervisedSplitTests
{
    [Fact]
    public void Soft_teachers_parts_are_the_whole_in_its_order()
    {
        var dataset = Dataset(50);

        var split = SemiSupervisedSplit.SoftTeacher(dataset, percent: 10, fold: 1);

        Assert.Equal(SemiSupervisedSplit.Draw(50, 10, 1).Order(), split.Labelled.Images.Select(image => dataset.Images.ToList().IndexOf(image)));
        Assert.Equal(dataset.Images.Except(split.Labelled.Images), split.Unlabelled.Images);
    }

    [Fact]
    public void Shares_have_names_of_their_own()
    {
        double[] shares = [10, 10.004, 10.0041, 33.333333, 50];
        var names = shares.Select(share => SemiSupervisedSplit.SoftTeacher(Dataset(50), share, fold: 1).Labelled.Name).ToList();

        Assert.Equal(shares.Length, names.Distinct().Count());
        Assert.Equal(shares, names.Select(name => SemiSupervisedSplit.Origin(name + ".json")!.Percent));
    }

    [Theory]
    [InlineData("1.jpg")]
    [InlineData("../part/1.jpg")]
    [InlineData("/somewhere/else/1.jpg")]
    public void Names_of_pictures_stay_as_they_are(string name)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File(
            "all.json", $$"""{"images": [{"id": 1, "file_name": "{{name}}", "width": 9, "height": 9}], "annotations": [], "categories": []}""");

        var split = SemiSupervisedSplit.SoftTeacher(SemiSupervisedSplit.ReadWhole(file), percent: 100, fold: 1);

        Assert.Contains($"\"file_name\":\"{name}\"", File.ReadAllText(split.Write(folder.At("out")).Labelled), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/x.2@5.json", "--annotations a/x.json --percent 5 --fold 2 --out a")]
    [InlineData("a/stac/x.2@5-unlabelled.json", "--annotations a/x.json --percent 5 --fold 2 --convention stac --out a/stac")]
    [InlineData("a/softteacher/x.2@0.5.json", "--annotations a/x.json --percent 0.5 --fold 2 --out a/softteacher")]
    [InlineData(
        "a/unbiased/x.2@5.0.json",
        "--annotations a/x.json --percent 5 --fold 2 --convention unbiased --list COCO_supervision.txt --out a/unbiased")]
    public void The_command_of_a_part_makes_it(string file, string options) =>
        Assert.Equal($"boxteacher data split {options}", SemiSupervisedSplit.Origin(file)!.Command(file));

    [Fact]
    public void A_supervision_file_counts_images_with_objects_by_id()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("split.json", "\uFEFF" + """{"50.0": {"0": [0, 3]}, "25.0": {"1": [9]}}""");
        // Ids 8, 7, ..., 1; only those of even id have an object that is no crowd.
        var dataset = Dataset(8);
        dataset = dataset with { Images = [.. dataset.Images.Reverse().Select(image => image.Id % 2 == 0 ? image : image with { Annotations = [image.Annotations[0] with { IsCrowd = true }] })] };

        var split = SemiSupervisedSplit.FromSupervisionFile(dataset, file, "50.0", 0);

        Assert.Equal([2, 8], split.Labelled.Images.Select(image => image.Id));
        Assert.Equal([4, 6], split.Unlabelled.Images.Select(image => image.Id));
        Assert.Equal("25.0.1[0]", Assert.Throws<DataFormatException>(() => SemiSupervisedSplit.FromSupervisionFile(dataset, file, "25.0", 1)).Key);
        Assert.Equal("50.0.7", Assert.Throws<DataFormatException>(() => SemiSupervisedSplit.FromSupervisionFile(dataset, file, "50.0", 7)).Key);
        Assert.Throws<DataFormatException>(() => SemiSupervisedSplit.FromSupervisionFile(Dataset(30), file, "50.0", 0));
    }

    private static InstanceDataset Dataset(int images) => new("test", [new Category(1, "a")], [.. Enumerable.Range(1, images).Select(id =>
        new ImageRecord(id, $"{id}.jpg", 10, 10, [new Annotation(id, 0, Box.FromSize(1, 1, 2, 2), 4, false, null)]))]);
}
