using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>Recipes with unlabelled images, and how these are read.</summary>
public sealed class UnlabelledDataTests : IDisposable
{
    private readonly SceneFolder scenes = new(6);

    public void Dispose() => scenes.Dispose();

    [Fact]
    public void The_images_of_a_file_are_read_and_its_annotations_are_not_looked_at()
    {
        Write("train.json", scenes.Dataset with { Images = [.. scenes.Dataset.Images.Take(2)] });
        var rest = scenes.Dataset with { Images = [.. scenes.Dataset.Images.Skip(2)] };
        Write("unlabelled.json", rest);
        var damaged = File.ReadAllText(At("unlabelled.json")).Replace("\"category_id\":1", "\"category_id\":\"none\"", StringComparison.Ordinal);
        File.WriteAllText(At("unlabelled.json"), damaged);

        var data = RecipeData.Read(Recipe, scenes.Path);

        Assert.Equal(rest.Images.Select(image => image.FileName), data.Unlabelled!.Images.Select(image => image.FileName));
        Assert.All(data.Unlabelled.Images, image => Assert.Empty(image.Annotations));
        Assert.NotNull(data.Fingerprints.Unlabelled);
        Assert.True(File.Exists(At("unlabelled.json.checked")));
    }

    [Fact]
    public void A_list_of_images_alone_can_be_read()
    {
        File.WriteAllText(At("list.json"), """{"images": [{"id": 3, "file_name": "3.png", "width": 64, "height": 64}]}""");

        Assert.Equal(3, Assert.Single(CocoReader.ReadImages(At("list.json"), scenes.Path).Images).Id);
        Assert.Equal("annotations", Assert.Throws<DataFormatException>(() => CocoReader.Read(At("list.json"), scenes.Path)).Key);
    }

    [Fact]
    public void A_picture_in_both_files_is_refused_with_both_names()
    {
        Write("train.json", scenes.Dataset);
        Write("unlabelled.json", scenes.Dataset with { Images = [.. scenes.Dataset.Images.Skip(5)] });

        var error = Assert.Throws<DataFormatException>(() => RecipeData.Read(Recipe, scenes.Path));

        Assert.Contains(At("train.json"), error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"{At("unlabelled.json")}: images: 1 of 1 pictures", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_or_a_list_of_names_needs_no_JSON()
    {
        Write("train.json", scenes.Dataset with { Images = [.. scenes.Dataset.Images.Take(2)] });
        Directory.CreateDirectory(At("more/below"));
        File.Move(At("4.png"), At("more/below/4.png"));
        File.Move(At("5.png"), At("more/5.png"));
        File.WriteAllText(At("more/notes.txt"), "no picture");
        File.WriteAllText(At("names.txt"), "3.png\n\n more/5.png \r\n");

        var ofFolder = RecipeData.Read(Of(null, "more/"), scenes.Path);
        var ofList = RecipeData.Read(Of("names.txt", "."), scenes.Path);

        Assert.Equal([At("more/5.png"), At("more/below/4.png")], ofFolder.Unlabelled!.Images.Select(image => image.FileName));
        Assert.Equal([At("3.png"), At("more/5.png")], ofList.Unlabelled!.Images.Select(image => image.FileName));
        Assert.Equal([(1L, new ImageSize(64, 64)), (2, new ImageSize(64, 64))], ofList.Unlabelled.Images.Select(image => (image.Id, image.Size)));
        Assert.NotNull(ofList.Fingerprints.Unlabelled);
        Assert.Equal(ofFolder.Fingerprints, RecipeData.Read(Of(null, "more"), scenes.Path).Fingerprints);
        Assert.NotNull(BatchesOf(ofList));
    }

    [Fact]
    public void A_link_to_a_folder_is_followed_once_and_never_in_a_circle()
    {
        Directory.CreateDirectory(At("more/below"));
        Directory.CreateDirectory(At("elsewhere"));
        File.Move(At("3.png"), At("elsewhere/3.png"));
        File.Move(At("4.png"), At("more/below/4.png"));
        Directory.CreateSymbolicLink(At("more/below/up"), "..");
        Directory.CreateSymbolicLink(At("more/below/self"), "../below");
        Directory.CreateSymbolicLink(At("more/out"), At("elsewhere"));
        Directory.CreateSymbolicLink(At("more/again"), "../elsewhere");
        Directory.CreateSymbolicLink(At("elsewhere/back"), "../more");

        Assert.Equal(
            [At("more/again/3.png"), At("more/below/4.png")],
            PictureList.OfFolder(At("more")).Pictures.Images.Select(image => image.FileName));
    }

    [Fact]
    public void Sizes_are_noted_beside_the_list_and_believed_while_nothing_changes()
    {
        File.WriteAllText(At("names.txt"), "2.png\n3.png\n");
        Assert.Equal([64, 64], Heights());
        var note = File.ReadAllBytes(At("names.txt.sizes"));
        note[^2] = 9;
        File.WriteAllBytes(At("names.txt.sizes"), note);

        Assert.Equal([64, 9], Heights());
        ImageFile.Write(At("3.png"), new Image(32, 64));
        Assert.Equal([64, 32], Heights());
        File.WriteAllBytes(At("names.txt.sizes"), note[..^1]);
        Assert.Equal([64, 32], Heights());

        IEnumerable<int> Heights() => PictureList.OfFile(At("names.txt"), scenes.Path).Pictures.Images.Select(image => image.Height);
    }

    [Fact]
    public void Bad_lists_are_refused_with_file_and_picture()
    {
        Write("train.json", scenes.Dataset with { Images = [.. scenes.Dataset.Images.Take(2)] });
        File.WriteAllText(At("names.txt"), "2.png\nabsent.png\n2.png\n0.png\n");
        File.WriteAllText(At("broken.png"), "");
        File.WriteAllText(At("broken.txt"), "broken.png\n");
        File.WriteAllBytes(At("zero.txt"), [65, 0, 65]);

        Assert.StartsWith($"{At("names.txt")}: images: 1 of 4 pictures are in", Refused<DataFormatException>("names.txt"));
        File.WriteAllText(At("names.txt"), "2.png\nabsent.png\n");
        Assert.Contains($"{At("names.txt")}: pictures that are not there: 1 of 2\n  {At("absent.png")}", Refused<DataCheckException>("names.txt"));
        Assert.Contains($"{At("broken.txt")}: pictures that cannot be read: 1 of 1", Refused<DataCheckException>("broken.txt"));
        Assert.StartsWith($"{At("zero.txt")}: line 1: a NUL character", Refused<DataFormatException>("zero.txt"));
        Assert.Contains("there is no such file", Refused<FileNotFoundException>("none.txt"));
        File.WriteAllText(At("none.txt"), "\n");
        Assert.Contains($"{At("none.txt")}: there are no images", Refused<DataCheckException>("none.txt"));
        Assert.False(File.Exists(At("names.txt.sizes")));

        string Refused<T>(string list)
            where T : Exception => Assert.Throws<T>(() => RecipeData.Read(Of(list, "."), scenes.Path)).Message;
    }

    [Fact]
    public void A_recipe_without_a_list_is_the_same_as_JSON_and_back()
    {
        var recipe = Recipes.ShapesSoftTeacher.With(
            recipe => recipe.Dataset.Unlabelled, new UnlabelledRecipe(null, "more", new RandomComposition(1, 4)));

        Assert.Equal(recipe.Dataset, RecipeJson.Parse(RecipeJson.Write(recipe)).Dataset);
        Assert.Contains("\"annotations\": null", RecipeJson.Write(recipe), StringComparison.Ordinal);
    }

    private static Recipe Of(string? list, string images) =>
        Recipe.With(recipe => recipe.Dataset.Unlabelled, new UnlabelledRecipe(list, images, new RandomComposition(1, 4)));

    private static BatchSource BatchesOf(RecipeData data) =>
        TrainingRun.Batches(Recipe, data.Training, TorchSharp.torch.CPU, data.Unlabelled);

    [Theory]
    [InlineData("coco-softteacher_r50_1p_fold2", "1 --fold 2", "coco/annotations/softteacher")]
    [InlineData("coco-softteacher-mmdet3_r50_10p_fold1", "10 --fold 1 --convention stac", "coco/annotations/stac")]
    [InlineData(
        "coco-unbiasedteacher_r50_1p_fold1", "1 --fold 1 --convention unbiased --list COCO_supervision.txt", "coco/annotations/unbiased")]
    [InlineData(
        "coco-politeteacher_r50_5p_fold0", "5 --fold 0 --convention unbiased --list COCO_supervision.txt", "coco/annotations/unbiased")]
    [InlineData(
        "coco-centermask_r50_10p_fold9", "10 --fold 9 --convention unbiased --list COCO_supervision.txt", "coco/annotations/unbiased")]
    public void A_missing_part_is_told_how_to_make(string name, string options, string folder)
    {
        var error = Assert.Throws<FileNotFoundException>(() => RecipeData.Read(Recipes.Find(name)!, scenes.Path));

        var whole = At("coco/annotations/instances_train2017.json");
        Assert.EndsWith(
            $"'boxteacher data split --annotations {whole} --percent {options} --out {At(folder)}' makes it", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_picture_is_refused()
    {
        Write("train.json", scenes.Dataset with { Images = [.. scenes.Dataset.Images.Take(2)] });
        var image = scenes.Dataset.Images[3] with { FileName = "other.png" };
        Write("unlabelled.json", scenes.Dataset with { Images = [image] });

        var error = Assert.Throws<DataCheckException>(() => RecipeData.Read(Recipe, scenes.Path));

        Assert.StartsWith($"{At("unlabelled.json")}: pictures that are not there: 1 of 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipes_that_do_not_agree_with_their_method_are_refused_by_key()
    {
        Assert.Equal(
            "dataset.unlabelled: must be null; boxInst does not learn from unlabelled images",
            Problem(Recipe with { Method = Recipes.ShapesBoxInst.Method }));
        Assert.Equal(
            "dataset.unlabelled: is null; TakesUnlabelled learns from unlabelled images",
            Problem(Recipe with { Dataset = Recipe.Dataset with { Unlabelled = null } }));
        Assert.Equal(
            "dataset.unlabelled.composition.labelled: must be positive, not 0",
            Problem(Recipe.With(recipe => recipe.Dataset.Unlabelled!.Composition, new FixedComposition(0, 1))));
        Assert.Equal(
            "budget.batchSize: must be at least 2, one labelled and one unlabelled image, not 1",
            Problem(Recipe.With(recipe => recipe.Budget.BatchSize, 1)));
        Assert.Equal(
            "budget.batchSize: 5 images in the ratio 9:1 are not at least one of each kind",
            Problem(Recipe.With(recipe => recipe.Dataset.Unlabelled!.Composition, new FixedComposition(9, 1))));

        static string? Problem(Recipe recipe) => recipe.Problems().FirstOrDefault();
    }

    [Fact]
    public void An_augmentation_may_leave_out_its_kind_and_a_data_set_its_unlabelled_images()
    {
        var text = RecipeJson.Write(Recipes.ShapesBoxInst);
        var plain = text.Replace("\"kind\": \"sharedGeometry\",", "", StringComparison.Ordinal);
        Assert.NotEqual(text, plain);

        Assert.Equal(text, RecipeJson.Write(RecipeJson.Parse(plain.Replace(",\n    \"unlabelled\": null", "", StringComparison.Ordinal))));
        Assert.Contains(
            "unknown key",
            Assert.Throws<RecipeException>(() => RecipeJson.Parse(plain.Replace("\"geometry\"", "\"geometri\"", StringComparison.Ordinal))).Message,
            StringComparison.Ordinal);
    }

    private static Recipe Recipe { get; } = SemiSupervisedViewTests.Recipe() with
    {
        Dataset = new DatasetRecipe(
            "train.json", ".", Unlabelled: new UnlabelledRecipe("unlabelled.json", ".", new RandomComposition(1, 4))),
    };

    private void Write(string name, InstanceDataset dataset) => CocoWriter.Write(At(name), dataset);

    private string At(string name) => Path.Combine(scenes.Path, name);
}
