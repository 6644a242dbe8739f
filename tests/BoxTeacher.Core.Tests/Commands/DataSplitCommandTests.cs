using BoxTeacher.Data;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary><c>boxteacher data split</c>.</summary>
public sealed class DataSplitCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public DataSplitCommandTests() => CocoWriter.Write(folder.At("all.json"), new InstanceDataset("all", [new Category(1, "a")],
        [.. Enumerable.Range(0, 40).Select(id => new ImageRecord(
            id, $"part/{id}.jpg", 10, 10, [new Annotation(id, 0, Box.FromSize(1, 1, 2, 2), 4, false, null)]))]));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("softteacher")]
    [InlineData("stac")]
    public void Both_parts_are_written(string convention)
    {
        var result = Run("--percent", "25", "--fold", "2", "--convention", convention, "--out", folder.At("out"));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var labelled = CocoReader.Read(folder.At("out", "all.2@25.json"), folder.Root);
        var unlabelled = CocoReader.Read(folder.At("out", "all.2@25-unlabelled.json"), folder.Root);
        int[] drawn = convention == "stac"
            ? [.. SemiSupervisedSplit.DrawWithReplacement(40, 25, 2).Distinct().Order()]
            : [.. SemiSupervisedSplit.Draw(40, 25, 2).Order()];
        Assert.Equal(drawn.Select(id => (long)id), labelled.Images.Select(image => image.Id));
        Assert.All(labelled.Images, image => Assert.Single(image.Annotations));
        Assert.All(labelled.Images, image => Assert.Equal(folder.At("part", $"{image.Id}.jpg"), image.FileName));
        Assert.Equal(40 - drawn.Length, unlabelled.Images.Count);
        Assert.All(unlabelled.Images, image => Assert.Empty(image.Annotations));
        Assert.Contains($"{drawn.Length} images, {drawn.Length} annotations", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_unbiased_teacher_is_taken()
    {
        var list = folder.File("list.txt", """{"5.0": {"1": [3, 8]}}""");

        var result = Run("--percent", "5", "--convention", "unbiased", "--list", list, "--out", folder.At("out"));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal([3, 8], CocoReader.Read(folder.At("out", "all.1@5.0.json"), ".").Images.Select(image => image.Id));
    }

    [Theory]
    [InlineData(2, "--percent 0: must be above 0 and below 100", "--percent", "0")]
    [InlineData(2, "--fold -1: must not be negative", "--percent", "5", "--fold", "-1")]
    [InlineData(2, "--list goes with --convention unbiased", "--percent", "5", "--convention", "unbiased")]
    [InlineData(2, "--list goes with --convention unbiased", "--percent", "5", "--list", "a.txt")]
    [InlineData(2, "--convention other: must be softteacher, stac, unbiased", "--percent", "5", "--convention", "other")]
    [InlineData(2, "--convention 7: must be softteacher, stac, unbiased", "--percent", "5", "--convention", "7")]
    [InlineData(2, "--convention stac,unbiased: must be softteacher, stac, unbiased", "--percent", "5", "--convention", "stac,unbiased")]
    [InlineData(2, "--percent 1,5: must be a number", "--percent", "1,5")]
    [InlineData(1, "images: 1 % of 40 images leave one of both parts without any", "--percent", "1")]
    public void What_means_nothing_is_refused(int code, string words, params string[] options)
    {
        var result = Run([.. options, "--out", folder.At("out")]);

        Assert.Equal(code, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("out")));
    }

    private CommandResult Run(params string[] options) =>
        CommandLineProcess.Run(["data", "split", "--annotations", folder.At("all.json"), .. options]);
}
