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
    public void A_supervision_file_counts_images_with_objects_by_id()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("split.json", """{"50.0": {"0": [0, 3]}, "25.0": {"1": [9]}}""");
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
