using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Which category was taken for which.</summary>
public sealed class ConfusionMatrixTests
{
    private static readonly Box Here = Box.FromCorners(0, 0, 40, 40), There = Box.FromCorners(60, 60, 100, 100);

    [Fact]
    public void The_highest_score_takes_the_truth_whatever_its_category()
    {
        var matrix = CocoEvaluation.Match(
            Scenes.Truth((0, Here), (1, There)),
            [Scenes.Found(0, 0.8, Here), Scenes.Found(1, 0.9, Here), Scenes.Found(2, 0.29, There)],
            IouType.Box).Confusion(score: 0.3);

        // a was taken for b, b was missed, and the second detection of a found nothing left.
        Assert.Equal([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0], Counts(matrix));
    }

    [Fact]
    public void What_lies_on_a_crowd_of_its_category_counts_nowhere()
    {
        var truth = Scenes.Dataset([Scenes.Image(1, [Scenes.Annotate(1, 0, Here, isCrowd: true)])]);
        var part = Box.FromCorners(0, 0, 10, 10);

        var matrix = CocoEvaluation.Match(truth, [Scenes.Found(0, 0.9, part), Scenes.Found(1, 0.8, part)], IouType.Box).Confusion();

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], Counts(matrix));
    }

    [Property]
    public void Each_truth_counts_once_and_each_detection_at_most_once(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);

        var matrix = CocoEvaluation.Match(truth, results, IouType.Box).Confusion(score: 0.5);

        var all = Enumerable.Range(0, matrix.Background + 1).ToList();
        for (var category = 0; category < matrix.Background; category++)
        {
            var truths = truth.Images.Sum(image => image.Annotations.Count(item => !item.IsCrowd && item.Category == category));
            Assert.Equal(truths, all.Sum(detected => matrix[category, detected]));
            var found = results.Count(result => result.Category == category && result.Score >= 0.5);
            Assert.InRange(all.Sum(real => matrix[real, category]), 0, found);
        }
        Assert.Equal(0, matrix[matrix.Background, matrix.Background]);
    }

    private static IEnumerable<int> Counts(ConfusionMatrix matrix) =>
        from truth in Enumerable.Range(0, matrix.Background + 1)
        from detected in Enumerable.Range(0, matrix.Background + 1)
        select matrix[truth, detected];
}
