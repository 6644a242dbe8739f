using BoxTeacher.Torch;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Training;

public class RecipeTests
{
    private static readonly string Text = RecipeJson.Write(Recipes.ShapesBoxTeacher);

    public static TheoryData<string> Names => new(Recipes.All.Select(recipe => recipe.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Presets_survive_a_round_trip(string name)
    {
        var text = RecipeJson.Write(Recipes.All.Single(recipe => recipe.Name == name));

        Assert.Equal(text, RecipeJson.Write(RecipeJson.Parse(text)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Presets_are_found_by_name_and_read_from_files(string name)
    {
        using var folder = new TemporaryFolder();
        var preset = Recipes.Find(name)!;

        Assert.Same(Recipes.All.Single(recipe => recipe.Name == name), preset);
        Assert.Empty(preset.Problems());
        Assert.Equal(RecipeJson.Write(preset), RecipeJson.Write(RecipeJson.Read(folder.File("recipe.json", RecipeJson.Write(preset)))));
    }

    [Fact]
    public void What_is_no_preset_is_not_found() => Assert.Null(Recipes.Find("shapes"));

    [Theory]
    [InlineData("\"clipNorm\"", "\"clipnorm\"", "recipe: solver.clipnorm: unknown key")]
    [InlineData("\"clipNorm\": 5", "\"clipNorm\": 5, \"warmth\": 1", "recipe: solver.warmth: unknown key")]
    [InlineData("\"momentumCap\": 0.99", "\"momentumCap\": \"high\"", "recipe: method.teacher.momentumCap: the value is of the wrong kind")]
    [InlineData("\"momentumCap\": 0.99", "\"momentumCap\": 1.5", "recipe: method.teacher.momentumCap: must be in 0..1, not 1.5")]
    [InlineData("\"published\"", "\"nice\"", "recipe: method.pseudoMasks.confidence: the value is of the wrong kind; it takes published, paper, off")]
    [InlineData("\"published\"", "\"published, paper\"", "recipe: method.pseudoMasks.confidence: the value is of the wrong kind; it takes published, paper, off")]
    [InlineData("\"training\": \"float32\"", "\"training\": \"int8\"", "recipe: precision.training: the value is of the wrong kind; it takes float32, bfloat16, float16")]
    [InlineData("\"batchSize\": 8", "\"batchSize\": 0", "recipe: budget.batchSize: must be positive, not 0")]
    [InlineData("\"name\": \"shapes-boxteacher\",", "", "recipe: missing key 'name'")]
    public void Bad_recipes_are_refused_by_key(string good, string bad, string message)
    {
        var text = Text.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Text, text);

        Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeJson.Parse(text)).Message);
    }

    [Theory]
    [InlineData("swin_base_3x", "\"dropPath\": 0.2", "\"dropPath\": 1", "recipe: detector.backbone.dropPath: must be in 0..1 and below 1, not 1")]
    [InlineData("swin_base_3x", "\"channels\": 128", "\"channels\": 126", "recipe: detector.backbone.heads: needs four positive numbers that divide the stages' channels")]
    [InlineData("swin_base_3x", "\"kind\": \"swin\"", "\"kind\": \"vgg\"", "recipe: detector.backbone: ")]
    [InlineData("swin_base_3x", "\"frozen\": 2", "\"frozen\": 6", "recipe: detector.backbone.frozen: must be in 0..5, not 6")]
    [InlineData("swin_base_3x", "\"depths\"", "\"depth\"", "recipe: detector.backbone.depth: unknown key")]
    [InlineData("r101_dcn_3x", "\"depth\": 101", "\"depth\": 152", "recipe: detector.backbone.depth: must be 50 or 101, not 152")]
    [InlineData("r101_dcn_3x", "        3,", "        1,", "recipe: detector.backbone.deformableStages: must be different numbers in 2..5")]
    [InlineData("r101_dcn_3x", "\"channels\": 256", "\"channels\": 100", "recipe: detector.channels: must be a positive multiple of 32, not 100")]
    [InlineData("r101_dcn_3x", "\"maskFeatures\": 16", "\"maskFeatures\": 0", "recipe: detector.maskFeatures: must be positive, not 0")]
    public void Bad_published_recipes_are_refused_by_key(string name, string good, string bad, string message)
    {
        var published = RecipeJson.Write(CocoRecipes.All.Single(recipe => recipe.Name == "coco-boxteacher_" + name));
        var text = published.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(published, text);

        Assert.StartsWith(message, Assert.Throws<RecipeException>(() => RecipeJson.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "configs/x.json")]
    [InlineData("[]", "configs/x.json")]
    [InlineData("null", "configs/x.json")]
    public void What_is_no_recipe_is_refused_by_source(string text, string source) =>
        Assert.StartsWith(source + ": ", Assert.Throws<RecipeException>(() => RecipeJson.Parse(text, source)).Message, StringComparison.Ordinal);

    [Fact]
    public void One_word_stands_for_all_precisions()
    {
        var changed = RecipeJson.Set(Recipes.ShapesBoxTeacher, "precision", "bfloat16");

        Assert.Equal(PrecisionRecipe.Of(Precision.Bfloat16), changed.Precision);
        Assert.Equal(
            new PrecisionRecipe(Precision.Bfloat16, Precision.Float16, Precision.Bfloat16),
            RecipeJson.Set(changed, "precision.teacher", "float16").Precision);
        Assert.Equal(
            "precision=int8: precision takes float32, bfloat16, float16, or an object of training, teacher, inference",
            Assert.Throws<RecipeException>(() => RecipeJson.Set(changed, "precision", "int8")).Message);
    }

    [Fact]
    public void A_recipe_without_precision_is_of_float32()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(Text)!.AsObject();
        Assert.True(json.Remove("precision"));

        Assert.Equal(PrecisionRecipe.Of(Precision.Float32), RecipeJson.Parse(json.ToJsonString()).Precision);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.StartsWith("nowhere.json: ", Assert.Throws<RecipeException>(() => RecipeJson.Read("nowhere.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Set_changes_one_value()
    {
        var changed = RecipeJson.Set(Recipes.ShapesBoxTeacher, "solver.optimizer.learningRate", "0.5");

        Assert.Equal(0.5, changed.Solver.Optimizer.LearningRate);
        Assert.Equal(Text.Replace("\"learningRate\": 0.002", "\"learningRate\": 0.5", StringComparison.Ordinal), RecipeJson.Write(changed));
        Assert.Equal("abc", RecipeJson.Set(Recipes.ShapesBoxTeacher, "name", "abc").Name);
        Assert.Null(((SharedGeometryViews)RecipeJson.Set(Recipes.ShapesBoxTeacher, "augmentation.strong", "null").Augmentation).Strong);
    }

    [Theory]
    [InlineData("solver.speed", "1", "solver.speed: no such key; there are optimizer, schedule, clipNorm")]
    [InlineData("solver.speed.x", "1", "solver.speed.x: no such key at 'speed'; there are optimizer, schedule, clipNorm")]
    [InlineData("budget.iterations", "many", "budget.iterations=many: budget.iterations takes a whole number")]
    public void Set_refuses_what_does_not_fit(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeJson.Set(Recipes.ShapesBoxTeacher, key, value)).Message);
}
