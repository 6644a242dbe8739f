using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>What a check finds before the first step.</summary>
public sealed class DataCheckTests : IDisposable
{
    private static readonly string Pictures = Path.Combine(Repository.Folder, "tests", "BoxTeacher.Core.Tests", "fixtures", "pictures");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(29, 43, "the JSON has 29x43 as stored; upright by its EXIF data the picture is 43x29")]
    [InlineData(43, 29, null)]
    [InlineData(20, 30, "the JSON has 20x30, the picture is 43x29")]
    public void A_size_is_that_of_the_upright_picture(int height, int width, string? problem)
    {
        var report = Check(DataUse.Evaluate, new ImageRecord(1, Path.Combine(Pictures, "jpeg-turned-6.jpg"), width, height, [Label(1)]));

        Assert.Equal(problem, Errors(report).SingleOrDefault()?.Examples.Single().Split(": ", 2)[1]);
    }

    [Fact]
    public void Labels_are_counted_by_what_becomes_of_them()
    {
        var record = Picture("a.png", [
            Label(1),
            Label(2) with { IsCrowd = true },
            Label(3) with { Box = Box.FromSize(3, 3, 0, 5) },
            Label(4) with { Box = Box.FromSize(40, 3, 5, 5) },
            Label(5) with { Box = Box.FromSize(15, 3, 8, 5) },
            Label(6) with { Box = Box.FromSize(15, 3, 5.75, 5) },
        ]);

        var report = Check(DataUse.LearnBoxes, record);

        Assert.Equal(3, report.Labels.Single().Count);
        Assert.Equal(
            [
                ("labels left out as crowd regions: 1 of 6", 2), ("labels left out as their box is empty: 1 of 6", 3),
                ("labels left out as their box lies outside of the picture: 1 of 6", 4),
                ("boxes that reach beyond the picture by more than a pixel: 1 of 6", 5),
            ],
            report.Findings.Select(finding => (finding.What, int.Parse(finding.Examples.Single().Split(' ')[^1], null))));
    }

    [Theory]
    [InlineData(DataUse.LearnBoxes, true, "there is no usable label to learn from")]
    [InlineData(DataUse.LearnMasks, true, "there is no usable label to learn from")]
    [InlineData(DataUse.Evaluate, false, "there is no object to find, so no AP can be measured")]
    public void Labels_that_nobody_can_learn_from_are_refused_unless_they_are_for_evaluation(DataUse use, bool isError, string what)
    {
        var report = Check(use, Picture("a.png", [Label(1) with { Box = Box.FromSize(3, 3, 1e-6, 5) }]));

        Assert.Equal(isError, report.Findings.Single(finding => finding.What == what).IsError);
    }

    [Fact]
    public void Masks_are_asked_for_where_they_are_needed()
    {
        var record = Picture("a.png", [Label(1), Label(2) with { Segmentation = null }, Label(3) with { Segmentation = null, IsCrowd = true }]);

        Assert.DoesNotContain(Check(DataUse.LearnBoxes, record).Findings, finding => finding.What.Contains("mask", StringComparison.Ordinal));
        Assert.Equal("labels without a mask, which this method needs: 1 of 3", Errors(Check(DataUse.LearnMasks, record)).Single().What);
        Assert.Equal(
            "objects without a mask, so no mask AP can be measured: 2 of 3", Check(DataUse.Evaluate, record).Warnings.First().What);
    }

    [Fact]
    public void Ten_examples_are_enough()
    {
        var records = Enumerable.Range(1, 25).Select(id => new ImageRecord(id, folder.At($"{id}.jpg"), 20, 10, [Label(id)])).ToArray();

        var finding = Errors(Check(DataUse.LearnBoxes, records)).Single();

        Assert.Equal("pictures that are not there: 25 of 25", finding.What);
        Assert.Equal([.. records.Take(10).Select(record => record.FileName), "and 15 more"], finding.ToString().Split("\n  ")[1..]);
    }

    [Theory]
    [InlineData("sub\\0001.jpg", "sub/0001.jpg")]
    [InlineData("my%20photo.jpg", "my photo.jpg")]
    [InlineData("sub%5C0001.jpg", "sub/0001.jpg")]
    [InlineData("0001.jpg", "0001.JPG")]
    [InlineData("Photo.jpg", "photo.png")]
    [InlineData("images/0001.jpg", "0001.jpg")]
    [InlineData("0001.jpg", null)]
    public void A_picture_that_was_meant_is_found(string name, string? there)
    {
        if (there is not null)
        {
            folder.File(there, "");
        }

        Assert.Equal(there is null ? null : folder.At(there), new PictureHints().Find(Path.Combine(folder.Root, name)));
    }

    [Fact]
    public void Pictures_are_opened_again_only_when_one_has_changed_and_a_fault_is_never_forgotten()
    {
        var records = new[] { Picture("a.png", [Label(1)]), Picture("b.png", [Label(2)]) };
        var changed = File.GetLastWriteTimeUtc(records[1].FileName);
        Assert.Empty(Check(DataUse.LearnBoxes, records).Findings);

        // Of the same length and time, so that nobody can see it from outside.
        Spoil();
        File.SetLastWriteTimeUtc(records[1].FileName, changed);
        Assert.Empty(Check(DataUse.LearnBoxes, records).Findings);

        File.SetLastWriteTimeUtc(records[1].FileName, changed.AddSeconds(1));
        Assert.Single(Errors(Check(DataUse.LearnBoxes, records)));
        Assert.Single(Errors(Check(DataUse.LearnBoxes, records)));

        void Spoil()
        {
            var bytes = File.ReadAllBytes(records[1].FileName);
            bytes[0] ^= 1;
            File.WriteAllBytes(records[1].FileName, bytes);
        }
    }

    [Fact]
    public void A_note_knows_sizes_of_the_file_and_names_of_pictures()
    {
        var record = Picture("a.png", [Label(1)]);
        Assert.Empty(Check(DataUse.LearnBoxes, record).Findings);

        Assert.Single(Errors(Check(DataUse.LearnBoxes, record with { Width = 19 })));
        Assert.Single(Errors(Check(DataUse.LearnBoxes, record with { FileName = folder.At("b.png") })));
    }

    /// <summary>Below a file there is no folder to write to.</summary>
    [Fact]
    public void Where_no_note_can_be_kept_the_check_is_the_same()
    {
        var record = Picture("a.png", [Label(1)]);

        var report = DataCheck.Run(Dataset("thing", record), Path.Combine(record.FileName, "gt.json"), DataUse.LearnBoxes);

        Assert.Empty(report.Findings);
    }

    [Fact]
    public void Images_of_one_picture_are_worth_a_warning_and_no_images_an_error()
    {
        var record = Picture("a.png", [Label(1)]);

        Assert.Equal("images of a picture that another image has too: 1 of 2", Check(DataUse.LearnBoxes, record, record with { Id = 2 }).Warnings.Single().What);
        Assert.Equal("there are no images", Errors(Check(DataUse.Evaluate)).Single().What);
    }

    [Fact]
    public void Categories_are_joined_by_name_and_keep_the_ids_of_their_own_file()
    {
        var record = Picture("a.png", [Label(1), Label(2) with { Category = 1 }]);
        var dataset = Dataset("unused", record) with { Categories = [new Category(3, "disc"), new Category(8, "ring")] };

        var joined = dataset.JoinedTo([new Category(1, "ring"), new Category(3, "star"), new Category(9, "disc")], "val.json", "train.json");

        Assert.Equal([new Category(8, "ring"), new Category(9, "star"), new Category(3, "disc")], joined.Categories);
        Assert.Equal([2, 0], joined.Images[0].Annotations.Select(annotation => annotation.Category));
        var error = Assert.Throws<DataFormatException>(() => dataset.JoinedTo([new Category(3, "Disc "), new Category(8, "ring")], "val.json", "train.json"));
        Assert.Equal(
            "val.json: categories: disc not among the categories of train.json, which are Disc , ring; is \"disc\" the same as \"Disc \"? Names have to agree letter by letter",
            error.Message);
    }

    [Fact]
    public void Exchanged_categories_give_the_same_data()
    {
        Cases.CopyRects(folder.At("plain"));
        Cases.CopyRects(folder.At("exchanged"), "categories-exchanged");

        var (plain, exchanged) = (Read("plain"), Read("exchanged"));

        Assert.Equal(plain.Training.Categories.Select(category => category.Name), exchanged.Validation!.Categories.Select(category => category.Name));
        Assert.Equal(Classes(plain), Classes(exchanged));

        RecipeData Read(string name) => RecipeData.Read(Recipes.ShapesBoxInst, folder.At(name));
        static IEnumerable<(Box, int)> Classes(RecipeData data) =>
            data.Validation!.Images.SelectMany(image => image.Annotations).Select(annotation => (annotation.Box, annotation.Category));
    }

    [Theory]
    [InlineData("blue, red", "blue, red")]
    [InlineData("red, blue, green", "red, blue")]
    [InlineData("red, green", null)]
    public void Weights_to_go_on_from_have_their_classes_joined_by_name(string weights, string? classes)
    {
        Cases.CopyRects(folder.Root);
        Category[] categories = [.. weights.Split(", ").Select((name, id) => new Category(id, name))];
        new RunFolder(folder.At("run")).Claim(Recipes.ShapesBoxInst, new RecipeData(new InstanceDataset("", categories, []), null));
        var recipe = RecipeJson.Set(Recipes.ShapesBoxInst, "detector.weights", "run/model.safetensors");

        if (classes is null)
        {
            var error = Assert.Throws<DataFormatException>(() => RecipeData.Read(recipe, folder.Root));
            Assert.Contains("blue not among the categories of", error.Message);
        }
        else
        {
            var data = RecipeData.Read(recipe, folder.Root);
            Assert.Equal(classes, string.Join(", ", data.Training.Categories.Select(category => category.Name)));
            Assert.Equal(data.Training.Categories.Select(category => category.Name), data.Validation!.Categories.Select(category => category.Name));
        }
    }

    private static IEnumerable<DataFinding> Errors(DataReport report) => report.Findings.Where(finding => finding.IsError);

    private static Annotation Label(long id) =>
        new(id, 0, Box.FromSize(2, 2, 5, 5), 25, IsCrowd: false, new Segmentation.RunLength(RunLengthMask.FromBox(Box.FromSize(2, 2, 5, 5), 10, 20)));

    private static InstanceDataset Dataset(string category, params ImageRecord[] images) => new("test", [new Category(1, category)], images);

    private DataReport Check(DataUse use, params ImageRecord[] images) => DataCheck.Run(Dataset("thing", images), folder.At("gt.json"), use);

    private ImageRecord Picture(string name, IReadOnlyList<Annotation> annotations)
    {
        var file = folder.At(name);
        ImageFile.Write(file, new Image(10, 20));
        return new ImageRecord(1, file, 20, 10, annotations);
    }
}
