using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Metrics of some of the images, from matches made once.</summary>
public sealed class ImageSliceTests
{
    [Property]
    public void A_slice_has_the_very_arrays_of_evaluating_its_images_alone(int seed)
    {
        var (truth, results) = Scenes.Draw(seed, masks: true);
        var random = new RandomStream((ulong)seed + 1);
        var slice = ImageSlice.Where("some", truth, _ => random.Chance(0.5));
        var alone = truth with { Images = [.. truth.Images.Where(image => slice.ImageIds.Contains(image.Id))] };

        foreach (var type in new[] { IouType.Box, IouType.Mask })
        {
            var sliced = CocoEvaluation.Match(truth, results, type).Of(slice);

            AssertSame(CocoEvaluation.Match(alone, [.. results.Where(result => slice.ImageIds.Contains(result.ImageId))], type).Summary, sliced);
        }
    }

    [Property]
    public void Images_that_count_twice_have_the_very_arrays_of_a_data_set_that_holds_them_twice(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);
        var evaluation = CocoEvaluation.Match(truth, results, IouType.Box);
        var copies = Copies(truth, seed);
        var (repeated, repeatedResults) = Repeat(truth, results, copies);

        var summary = CocoCurves.Draw(evaluation.Groups, evaluation.Outcome, evaluation.Options, copies);

        AssertSame(CocoEvaluation.Match(repeated, repeatedResults, IouType.Box).Summary, summary);
    }

    [Fact]
    public void An_image_that_was_not_evaluated_is_refused()
    {
        var evaluation = CocoEvaluation.Match(Scenes.Truth(), [], IouType.Box);

        var error = Assert.Throws<ArgumentException>(() => evaluation.Of(new ImageSlice("night", new HashSet<long> { 7 })));

        Assert.Contains("night: image 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_are_named_by_id_or_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("slices.json", """{"night": [2, "a/3.jpg"], "day": ["1.jpg"]}""");

        var slices = ImageSlice.Read(file, Streets);

        Assert.Equal(["night", "day"], slices.Select(slice => slice.Name));
        Assert.Equal([2, 3], slices[0].ImageIds.Order());
        Assert.Equal([1], slices[1].ImageIds);
    }

    [Theory]
    [InlineData("""{"night": [9]}""", "night[0]: 9 is not the id of an image of the data set")]
    [InlineData("""{"night": [1, "9.jpg"]}""", "night[1]: the data set has no image named 9.jpg")]
    [InlineData("""{"night": ["3.jpg"]}""", "night[0]: 2 images are named 3.jpg; add their folder")]
    [InlineData("""{"night": [1, "1.jpg"]}""", "night[1]: image 1 is listed twice")]
    [InlineData("""{"night": [true]}""", "night[0]: expected an integer, found true")]
    [InlineData("""{"night": []}""", "night: the list is empty")]
    [InlineData("""{"night": [1], "night": [2]}""", "night: there is another slice of this name")]
    [InlineData("""{"night": 1}""", "expected night: an array")]
    [InlineData("""{}""", "there is no slice")]
    public void What_is_wrong_in_a_file_is_named(string text, string problem)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("slices.json", text);

        var error = Assert.Throws<DataFormatException>(() => ImageSlice.Read(file, Streets));

        Assert.StartsWith($"{file}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static InstanceDataset Streets => Scenes.Dataset(
    [
        .. new[] { "b/1.jpg", "b/2.jpg", "a/3.jpg", "b/3.jpg" }
            .Select((name, i) => Scenes.Image(i + 1, []) with { FileName = $"/data/{name}" }),
    ]);

    internal static int[] Copies(InstanceDataset truth, int seed)
    {
        var random = new RandomStream((ulong)seed + 2);
        return [.. truth.Images.Select(_ => random.Below(4))];
    }

    /// <summary>A data set that holds each image, in ascending order of ids, so many times.</summary>
    internal static (InstanceDataset Truth, IReadOnlyList<DetectionResult> Results) Repeat(
        InstanceDataset truth, IReadOnlyList<DetectionResult> results, int[] copies)
    {
        var images = new List<ImageRecord>();
        var found = new List<DetectionResult>();
        foreach (var (i, image) in truth.Images.OrderBy(image => image.Id).Index())
        {
            for (var copy = 0; copy < copies[i]; copy++)
            {
                var id = (10 * image.Id) + copy;
                images.Add(image with { Id = id });
                found.AddRange(results.Where(result => result.ImageId == image.Id).Select(result => result with { ImageId = id }));
            }
        }
        return (truth with { Images = images }, found);
    }

    private static void AssertSame(CocoSummary expected, CocoSummary actual)
    {
        Assert.Equal(expected.Precision, actual.Precision);
        Assert.Equal(expected.Recall, actual.Recall);
        Assert.Equal(expected.Scores, actual.Scores);
    }
}
