using BoxTeacher.Augmentation;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Views;

/// <summary>Views of labelled and unlabelled images, and batches of both.</summary>
public sealed class SemiSupervisedViewTests
{
    private static readonly SoftTeacherViews Small = (SoftTeacherViews)SoftTeacherViews.Published.Resized(64, 96);

    private static readonly ImageSize Canvas = new(180, 200);

    public static TheoryData<string> Operations => ["four", "five", "resize"];

    [Theory]
    [MemberData(nameof(Operations))]
    public void The_matrix_of_a_view_leads_to_where_the_pixels_are(string name)
    {
        ViewOperation operation = name switch
        {
            "four" => GeometryChoices.OneOfFour(0.1, 30, 30, 0),
            "five" => GeometryChoices.OneOfFive(0.1, 30, 30, 0),
            _ => new ResizeRange(100, 300, 320, 0.5).Apply,
        };
        for (ulong seed = 0; seed < 40; seed++)
        {
            // A bright square on black: its center of mass is its center.
            var image = new Image(Canvas.Height, Canvas.Width);
            var square = Box.FromSize(66, 62, 15, 15);
            for (var y = 62; y < 77; y++)
            {
                image.Row(y).Slice(3 * 66, 3 * 15).Fill(255);
            }

            var view = operation(new AugmentedImage(image, Homography.Identity), new RandomStream(seed));

            // Warps move indices of pixels, a resize moves edges; half a pixel is the difference.
            var (x, y0) = Center(view.Image);
            var (expectedX, expectedY) = view.FromOriginal.Apply((square.X0 + square.X1) / 2, (square.Y0 + square.Y1) / 2);
            Assert.InRange(x, expectedX - 0.75, expectedX + 0.75);
            Assert.InRange(y0, expectedY - 0.75, expectedY + 0.75);
        }
    }

    [Fact]
    public void Labelled_images_have_one_view_and_unlabelled_ones_two_of_their_own_geometry()
    {
        using var scope = NewDisposeScope();
        using var scenes = new SceneFolder(12, 50, 90);

        foreach (var batch in Batches(scenes, Recipe()).Take(4))
        {
            Assert.Same(batch.Labelled.Weak, batch.Labelled.Strong);
            Assert.All(batch.Labelled.Weak.Truth, truth => Assert.True(truth.Count > 0));
            var (weak, strong) = batch.Unlabelled!;
            Assert.All(weak.Truth.Concat(strong.Truth), truth => Assert.Equal(0, truth.Count));
            Assert.NotEqual(weak.FromOriginal, strong.FromOriginal);
            Assert.Null(weak.Pixels);
            // One tensor for all views of a batch.
            Assert.Equal(batch.Labelled.Weak.Images.PaddedSize, weak.Images.PaddedSize);
            Assert.Equal(weak.Images.PaddedSize, strong.Images.PaddedSize);
            Assert.Equal(5, batch.Labelled.Weak.Count + weak.Count);
        }
    }

    [Theory]
    [InlineData("random", true)]
    [InlineData("random", false)]
    [InlineData("fixed", true)]
    public void Batches_from_an_iteration_on_are_those_of_a_run_from_the_start(string composition, bool grouped)
    {
        using var scenes = new SceneFolder(12, 50, 90);
        var recipe = Recipe(composition, grouped);

        var whole = Sums(Batches(scenes, recipe).Take(7));

        // Three views per batch.
        Assert.Equal(whole[9..], Sums(Batches(scenes, recipe, first: 3).Take(4)));
        Assert.Equal(whole, Sums(Batches(scenes, recipe).Take(7)));
        Assert.NotEqual(whole, Sums(Batches(scenes, recipe with { Seed = 2 }).Take(7)));
    }

    [Fact]
    public void Batches_leave_no_tensor_behind()
    {
        using var scenes = new SceneFolder(12, 50, 90);
        using var batches = Batches(scenes, Recipe()).GetEnumerator();
        var counts = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            batches.MoveNext();
            scope.DisposeEverything();
            counts.Add(Tensor.TotalCount);
        }

        Assert.Single(counts.Distinct());
    }

    [Fact]
    public void Groups_are_alike_in_both_kinds_and_each_pass_has_every_image_once()
    {
        bool[] labelled = [.. Enumerable.Range(0, 9).Select(i => i % 3 == 0)], unlabelled = [.. Enumerable.Range(0, 40).Select(i => i % 4 > 0)];
        var batches = BatchOrder.Mixed(labelled, unlabelled, BatchCompositions.Random(1, 4), 5, seed: 3).Take(400).ToList();

        Assert.All(batches, batch => Assert.Single(
            batch.Labelled.Select(key => labelled[key.Image]).Concat(batch.Unlabelled.Select(key => unlabelled[key.Image])).Distinct()));
        Assert.All(batches, batch => Assert.True(batch.Labelled.Count > 0 && batch.Unlabelled.Count > 0));
        foreach (var group in batches.SelectMany(batch => batch.Unlabelled).GroupBy(key => (key.Epoch, Wide: unlabelled[key.Image])))
        {
            Assert.Equal(group.Count(), group.Select(key => key.Image).Distinct().Count());
        }

        // 33 of 49 images are wide.
        Assert.InRange(batches.Count(batch => unlabelled[batch.Unlabelled[0].Image]), 230, 310);
        // 1 + 0.8^5 - 0.2^5
        Assert.InRange(batches.Average(batch => batch.Labelled.Count), 1.22, 1.44);
    }

    [Fact]
    public void A_kind_without_images_in_a_group_takes_the_other_group()
    {
        var batches = BatchOrder.Mixed([true, true], [true, false, false], BatchCompositions.Fixed(1, 1), 4, seed: 1).Take(30).ToList();

        Assert.Equal([0, 1, 2], batches.SelectMany(batch => batch.Unlabelled).Select(key => key.Image).Distinct().Order());
        Assert.All(batches, batch => Assert.Equal((2, 2), (batch.Labelled.Count, batch.Unlabelled.Count)));
    }

    [Fact]
    public void Views_stay_within_their_numbers()
    {
        var image = new Image(60, 90);
        image.Pixels.AsSpan().Fill(200);
        var random = new RandomStream(5);
        for (var i = 0; i < 50; i++)
        {
            var pixels = image.Pixels.ToArray();
            CutOut.Published.Apply(pixels, image.Size, random);
            // At most four patches of a fifth of the sides.
            Assert.InRange(pixels.Count(value => value == 125), 0, 4 * 3 * 12 * 18);
            Assert.All(pixels, value => Assert.True(value is 200 or 125));
        }

        var bits = Enumerable.Range(0, 500).Select(_ => ColorStrengths.Continuous.Bits(random)).Distinct().Order();
        Assert.Equal([0, 1, 2, 3, 4], bits);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(ColorStrengths.Continuous.Factor(random), 0.1, 1.9));
    }

    [Fact]
    public void Erasing_leaves_labels_and_geometry_alone()
    {
        using var scope = NewDisposeScope();
        using var scenes = new SceneFolder(6, 64, 90);
        var recipe = Recipe("fixed") with { Augmentation = UnbiasedTeacherViews.Published.Resized(64, 96) };

        var batch = Batches(scenes, recipe).First();

        Assert.Equal(batch.Labelled.Weak.FromOriginal, batch.Labelled.Strong.FromOriginal);
        Assert.Equal(batch.Unlabelled!.Weak.FromOriginal, batch.Unlabelled.Strong.FromOriginal);
        Assert.True(batch.Labelled.Weak.Truth[0].Count > 0);
        Assert.Same(batch.Labelled.Weak.Truth, batch.Labelled.Strong.Truth);
        Assert.Null(batch.Labelled.Weak.Erased);
        Assert.Equal(batch.Labelled.Strong.Count, batch.Labelled.Strong.Erased!.Count);
        Assert.Same(batch.Unlabelled.Strong.Erased![1], Assert.Single(batch.Unlabelled.Strong.Image(1).Erased!));
    }

    [Fact]
    public void Erased_rectangles_are_on_record_and_noise_lies_in_them_alone()
    {
        using var scope = NewDisposeScope();
        var colors = UnbiasedTeacherColors.Published with
        {
            Jitter = UnbiasedTeacherColors.Published.Jitter with { Probability = 0 }, Grayscale = 0, BlurProbability = 0,
        };
        var gray = new Image(40, 60);
        gray.Pixels.AsSpan().Fill(77);
        var counts = new HashSet<int>();
        for (ulong seed = 0; seed < 40; seed++)
        {
            var view = colors.Apply(new AugmentedImage(gray, Homography.Identity), new RandomStream(seed));
            var isNoise = tensor(view.Image.Pixels, [40, 60, 3]).ne(77).any(2);
            var erased = PixelRectangle.Union(view.Erased!, gray.Size, CPU);
            Assert.False(isNoise.logical_and(erased.logical_not()).any().item<bool>());
            // A pixel of noise has the old color by chance in 1 of 256^3.
            Assert.Equal(erased.sum().item<long>(), isNoise.sum().item<long>());
            counts.Add(view.Erased!.Count);
        }

        Assert.Equal([0, 1, 2, 3], counts.Order());
        // A square of three pixels does not fit into one row.
        var square = new RandomErasing(1, 0.9, 0.9, 1, 1);
        Assert.Null(square.Apply(new byte[3 * 10], new ImageSize(1, 10), new RandomStream(0)));
    }

    [Fact]
    public void Own_padding_is_black_before_normalization_and_the_rest_zero()
    {
        using var scope = NewDisposeScope();
        Image[] images = [new(32, 40), new(70, 64)];
        images[0].Pixels.AsSpan().Fill(100);
        var normalization = PixelNormalization.CaffeBgr;

        var batch = PixelPlanes.Batch(images, normalization, CPU, ImagePadding.BeforeNormalizing).Images;
        var plain = PixelPlanes.Batch(images, normalization, CPU).Images;

        Assert.Equal([2, 3, 96, 64], batch.shape);
        // 32 x 40 is padded to 32 x 64, then the batch to 96 x 64.
        Assert.Equal(-103.53f, batch[0, 0, 5, 50].item<float>());
        Assert.Equal(0, batch[0, 0, 40, 10].item<float>());
        Assert.Equal(-123.675f, batch[1, 2, 80, 10].item<float>());
        Assert.Equal(0, plain[0, 0, 5, 50].item<float>());
        Assert.Equal(100 - 103.53f, plain[0, 0, 5, 10].item<float>(), 4);
    }

    [Fact]
    public void Published_views_read_back_as_they_were_written()
    {
        AugmentationRecipe[] all = [SoftTeacherViews.Published, SoftTeacherViews.MmDetection3, UnbiasedTeacherViews.Published];
        foreach (var views in all)
        {
            var recipe = Recipes.ShapesBoxInst with { Augmentation = views };
            var text = RecipeJson.Write(recipe);

            Assert.Empty(views.Problems());
            Assert.Equal(text, RecipeJson.Write(RecipeJson.Parse(text)));
        }
    }

    internal static Recipe Recipe(string composition = "random", bool grouped = true) => Recipes.ShapesBoxInst with
    {
        Method = new TakesUnlabelled(),
        Augmentation = Small,
        Budget = Recipes.ShapesBoxInst.Budget with { BatchSize = 5 },
        Dataset = Recipes.ShapesBoxInst.Dataset with
        {
            GroupByAspect = grouped,
            Unlabelled = new UnlabelledRecipe(
                "unlabelled.json", "train", composition == "random" ? new RandomComposition(1, 4) : new FixedComposition(1, 4)),
        },
    };

    private static IEnumerable<Batch> Batches(SceneFolder scenes, Recipe recipe, long first = 0)
    {
        var (known, unknown) = (scenes.Dataset.Images.Take(4), scenes.Dataset.Images.Skip(4));
        return TrainingRun.Batches(
            recipe, scenes.Dataset with { Images = [.. known] }, CPU, scenes.Dataset with { Images = [.. unknown] })(first);
    }

    private static double[] Sums(IEnumerable<Batch> batches)
    {
        using var scope = NewDisposeScope();
        return [.. batches.SelectMany(batch => new[] { batch.Labelled.Weak, batch.Unlabelled!.Weak, batch.Unlabelled.Strong })
            .Select(view => view.Images.Images.to(float64).sum().item<double>())];
    }

    private static (double X, double Y) Center(Image image)
    {
        double sum = 0, sumX = 0, sumY = 0;
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                double value = image.Row(y)[3 * x];
                (sum, sumX, sumY) = (sum + value, sumX + value * (x + 0.5), sumY + value * (y + 0.5));
            }
        }

        return (sumX / sum, sumY / sum);
    }
}
