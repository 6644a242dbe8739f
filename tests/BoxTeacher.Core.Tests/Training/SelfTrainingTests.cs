using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Methods;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class SelfTrainingTests : IDisposable
{
    private readonly SceneFolder scenes = new(4);

    public void Dispose() => scenes.Dispose();

    [Fact]
    public void The_second_network_learns_from_what_the_first_one_drew()
    {
        Write("truth.json", scenes.Dataset);
        var (boxes, masks) = (Recipe(Recipes.ShapesBoxInst), Recipe(Recipes.ShapesCondInst));
        var folder = Path.Combine(scenes.Path, "self");

        var steps = new List<StepFinished>();
        var result = SelfTraining.Run(boxes, masks, scenes.Path, folder, happened =>
        {
            if (happened is StepFinished step)
            {
                steps.Add(step);
            }
        });

        Assert.True(result.Finished);
        Assert.Equal([true, true, false, false], steps.Select(step => step.Losses.ContainsKey("loss_prj")));
        Assert.Equal([false, false, true, true], steps.Select(step => step.Losses.ContainsKey("loss_mask")));
        var pseudo = CocoReader.Read(Path.Combine(folder, "pseudo.json"), scenes.Path);
        Assert.Equal(
            scenes.Dataset.Images.SelectMany(image => image.Annotations).Select(annotation => annotation.Box),
            pseudo.Images.SelectMany(image => image.Annotations).Select(annotation => annotation.Box));
        Assert.All(pseudo.Images.SelectMany(image => image.Annotations), annotation => Assert.NotNull(annotation.Segmentation));

        // All is done: nothing is trained a second time.
        SelfTraining.Run(boxes, masks, scenes.Path, folder, happened => Assert.IsNotType<StepFinished>(happened));
    }

    [Fact]
    public void A_box_takes_the_mask_of_its_prediction_or_its_rectangle()
    {
        using var network = Recipes.ShapesBoxInst.BuildDetector(scenes.Dataset.Categories.Count);
        using (no_grad())
        {
            // Every location is sure of itself, so that some predictions lie on the objects.
            var parameters = network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
            parameters["proposal_generator.fcos_head.cls_logits.bias"].fill_(1);
        }
        var file = Path.Combine(scenes.Path, "pseudo.json");

        var count = SelfTraining.Label(new Inference(network, Recipe(Recipes.ShapesBoxInst)), scenes.Dataset, Assignment.OneToOne(0.1), file);

        var segmentations = CocoReader.Read(file, scenes.Path).Images.SelectMany(image => image.Annotations).Select(annotation => annotation.Segmentation).ToList();
        Assert.Equal(count.Boxes, segmentations.Count);
        Assert.Equal(count.Masks, segmentations.Count(segmentation => segmentation is Segmentation.RunLength));
        Assert.InRange(count.Masks, 1, count.Boxes);
    }

    [Fact]
    public void A_second_stage_that_does_not_look_at_masks_is_refused()
    {
        var error = Assert.Throws<RecipeException>(() => SelfTraining.Run(Recipes.ShapesBoxInst, Recipes.ShapesBoxTeacher, scenes.Path, scenes.Path));

        Assert.StartsWith("shapes-boxteacher: the second stage", error.Message, StringComparison.Ordinal);
    }

    private void Write(string name, InstanceDataset dataset) => CocoWriter.Write(Path.Combine(scenes.Path, name), dataset);

    private static Recipe Recipe(Recipe preset) => preset with
    {
        Dataset = new DatasetRecipe("truth.json", ".", "truth.json", ".", GroupByAspect: false),
        Augmentation = (SharedGeometryViews)preset.Augmentation with { Geometry = new GeometryAugmentation([64], 64, 0.5), TestShortEdge = 64, TestMaxSize = 64 },
        Budget = new BudgetRecipe(2, 2, 100, 100),
    };
}
