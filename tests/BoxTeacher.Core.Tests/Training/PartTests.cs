using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>Functions in the place of a method's own: bad ones are found before the first step, and records and runs agree.</summary>
public sealed class PartTests
{
    private static readonly ConfidenceScore SoundConfidence = masks => full_like(masks.Scores, 0.5);

    [Fact]
    public void Sound_parts_are_taken()
    {
        var parts = new BoxTeacherParts(
            SoundConfidence, Assignment.OneToOne(), Affinity.SmoothedMasks, Affinity.Color, Momentum.Constant(0.5));
        using var method = Recipes.ShapesBoxTeacher.Replacing(parts, "a script").BuildMethod(classes: 2, parts: parts);

        Assert.Equal(["Confidence", "Assignment", "MaskAffinity", "ColorAffinity", "Momentum"], parts.Names);
        Assert.Equal(["Momentum"], new BoxTeacherParts(Momentum: Momentum.Capped()).Names);
    }

    [Fact]
    public void A_confidence_must_be_one_number_per_mask()
    {
        Assert.Equal(
            "part Confidence returned [2, 3] for 3 masks; it must return one number per mask, [3]",
            Refusal(new BoxTeacherParts(Confidence: masks => stack([masks.Scores, masks.Scores]))));
        Assert.Contains("[1]", Refusal(new BoxTeacherParts(Confidence: masks => masks.Scores.narrow(0, 0, 1))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_confidence_must_be_a_share_of_one()
    {
        Assert.Equal("part Confidence returned NaN; confidences must be in [0, 1]", Refusal(new BoxTeacherParts(Confidence: masks => masks.Scores * double.NaN)));
        Assert.Equal("part Confidence returned 1.5; confidences must be in [0, 1]", Refusal(new BoxTeacherParts(Confidence: masks => full_like(masks.Scores, 1.5))));
        Assert.Contains("returned -1", Refusal(new BoxTeacherParts(Confidence: masks => full_like(masks.Scores, -1))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaskAffinity")]
    [InlineData("ColorAffinity")]
    public void An_affinity_must_be_a_share_of_one_per_box_and_pair(string name)
    {
        BoxTeacherParts Parts(PairAffinity affinity) =>
            name == "MaskAffinity" ? new BoxTeacherParts(MaskAffinity: affinity) : new BoxTeacherParts(ColorAffinity: affinity);

        Assert.Equal(
            $"part {name} returned [2, 8, 8]; it must return one affinity per box and pair, [2, 4, 8, 8]",
            Refusal(Parts((_, masks, _) => masks.alias())));
        Assert.Equal(
            $"part {name} returned values in [0, 2]; affinities must be in [0, 1]",
            Refusal(Parts((_, masks, pairs) => Affinity.OfMasks(masks.round(), pairs) * 2)));
        Assert.Contains("values in [NaN", Refusal(Parts((_, masks, pairs) => Affinity.OfMasks(masks, pairs) * double.NaN)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_momentum_must_be_a_share_of_one_all_the_time()
    {
        Assert.Equal("part Momentum returned 1.5 at iteration 1; momenta must be in [0, 1]", Refusal(new BoxTeacherParts(Momentum: Momentum.Constant(1.5))));
        Assert.Contains("at iteration 1000", Refusal(new BoxTeacherParts(Momentum: iteration => iteration < 500 ? 0.9 : double.NaN)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_assignment_must_have_a_row_for_each_box()
    {
        Assert.StartsWith(
            "part Assignment returned [0] for 3 predictions and 2 boxes; it must return for each box",
            Refusal(new BoxTeacherParts(Assignment: (_, _) => [0])), StringComparison.Ordinal);
        Assert.StartsWith("part Assignment returned [0, 3]", Refusal(new BoxTeacherParts(Assignment: (_, _) => [0, 3])), StringComparison.Ordinal);
        Assert.StartsWith("part Assignment returned [-2, 0]", Refusal(new BoxTeacherParts(Assignment: (_, _) => [-2, 0])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_raises_is_named()
    {
        var parts = new BoxTeacherParts(Confidence: _ => throw new TimeoutException("too late\nfor this"));

        var error = Assert.Throws<PartException>(() => Build(Recipes.ShapesBoxTeacher, parts));

        Assert.Equal("part Confidence fails on a small batch: too late", error.Message);
        Assert.IsType<TimeoutException>(error.InnerException);
    }

    [Fact]
    public void Parts_of_BoxInst_are_tried_too() => Assert.StartsWith(
        "part ColorAffinity returned [2, 8, 8]",
        Assert.Throws<PartException>(() => Build(Recipes.ShapesBoxInst, new BoxInstParts((_, masks, _) => masks.alias()))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Parts_that_are_not_on_record_are_refused()
    {
        var parts = new BoxTeacherParts(Confidence: SoundConfidence, Momentum: Momentum.Constant(0.9));

        Assert.Equal(
            "shapes-boxteacher: the parts Confidence, Momentum are not on the recipe's record; Recipe.Replacing puts them there",
            Message(() => Recipes.ShapesBoxTeacher.BuildMethod(2, parts: parts)));
        var one = Recipes.ShapesBoxTeacher.Replacing(new BoxTeacherParts(Confidence: SoundConfidence), "a script");
        Assert.Contains("not on the recipe's record", Message(() => one.BuildMethod(2, parts: parts)), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_on_record_that_are_not_given_are_refused()
    {
        var recipe = Recipes.ShapesBoxTeacher.Replacing(new BoxTeacherParts(Confidence: SoundConfidence), "experiments/mine.fsx");

        Assert.Equal(
            "shapes-boxteacher: this run has parts of a script's own (Confidence from experiments/mine.fsx), and only that script can continue or repeat it",
            Message(() => recipe.BuildMethod(2)));
        Assert.Contains("only that script", Message(() => recipe.BuildMethod(2, parts: new BoxTeacherParts(Momentum: Momentum.Capped()))), StringComparison.Ordinal);
        // The record is kept with the recipe.
        var read = RecipeJson.Parse(RecipeJson.Write(recipe));
        Assert.Equal([new PartRecord("Confidence", "experiments/mine.fsx")], read.Parts);
        using var method = read.BuildMethod(2, parts: new BoxTeacherParts(Confidence: SoundConfidence));
    }

    [Fact]
    public void Parts_of_another_method_are_refused()
    {
        var parts = new BoxTeacherParts(Confidence: SoundConfidence);

        Assert.Equal(
            "BoxInstRecipe has no place for Confidence; its parts are a BoxInstParts",
            Message(() => Build(Recipes.ShapesBoxInst, parts)));
        Assert.Equal("SupervisedRecipe has no place for Confidence", Message(() => Build(Recipes.ShapesCondInst, parts)));
    }

    [Fact]
    public void Parts_of_a_staged_run_are_those_of_its_last_stage()
    {
        var asked = 0;
        var parts = new PoliteTeacherParts(MaskFilter: labels =>
        {
            asked++;
            return PseudoLabelFilters.All(labels);
        });
        using var scope = NewDisposeScope();
        using var method = Recipes.ShapesPoliteTeacher.Replacing(parts, "a script").BuildMethod(classes: 2, parts: parts);
        var tried = asked;
        var mutual = Assert.IsType<PoliteTeacherMethod>(method.PseudoLabelling);
        mutual.Settings.Masks(new PseudoLabels(new Instances(zeros(1, 4), zeros(1, int64), ones(1))));

        Assert.Equal(tried + 1, asked);
        // A last stage that has no place for them says so itself.
        var turned = Recipes.ShapesPoliteTeacher with { Method = new StagedRecipe([new StageRecipe(0, new SupervisedRecipe(Supervision.Masks))]) };
        turned = turned with { Dataset = turned.Dataset with { Unlabelled = null } };
        Assert.Equal("SupervisedRecipe has no place for MaskFilter", Message(() => Build(turned, parts)));
    }

    private static string Refusal(BoxTeacherParts parts) => Assert.Throws<PartException>(() => Build(Recipes.ShapesBoxTeacher, parts)).Message;

    private static string Message(Action build) => Assert.Throws<RecipeException>(build).Message;

    private static void Build(Recipe recipe, MethodParts parts)
    {
        using var scope = NewDisposeScope();
        recipe.Replacing(parts, "a script").BuildMethod(classes: 2, parts: parts).Dispose();
    }
}
