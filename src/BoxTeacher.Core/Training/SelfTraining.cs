using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>What was found for the boxes of a data set.</summary>
/// <param name="Boxes">Boxes without crowds.</param>
/// <param name="Masks">How many of them got a predicted mask; the others keep their rectangle.</param>
public sealed record PseudoLabelCount(int Boxes, int Masks);

/// <summary>
/// Naive self-training, the baseline that a teacher which learns along is to beat (Cheng et al. 2023, section 3): train on boxes, make
/// masks once with the final weights, train a new network on these as if they were true.
/// </summary>
public static class SelfTraining
{
    private const int ImagesAtOnce = 64;

    /// <summary>
    /// Both stages, in <c>boxes</c> and <c>masks</c> below a folder, with <c>pseudo.json</c> between them. Called again, it goes on
    /// where it was stopped.
    /// </summary>
    /// <param name="boxes">The first stage's recipe, normally BoxInst's.</param>
    /// <param name="masks">The second stage's recipe; it learns from masks, as CondInst does, on the first stage's training images.</param>
    /// <param name="root">The folder that the recipes' paths are relative to.</param>
    /// <param name="folder">Where everything goes.</param>
    /// <param name="listener">Is told what happens in both runs.</param>
    /// <param name="cancellation">Ends the run in progress after its step, with a checkpoint.</param>
    /// <returns>How the last run that was begun ended.</returns>
    /// <exception cref="RecipeException">The second recipe does not learn from masks, or a folder holds another run.</exception>
    /// <exception cref="IOException">Another process is at work in the folder, or it cannot be written to.</exception>
    public static TrainingResult Run(
        Recipe boxes, Recipe masks, string root, string folder, Action<TrainingEvent>? listener =
            null, CancellationToken cancellation = default)
    {
        if (masks.Method.Supervision != Supervision.Masks)
        {
            throw new RecipeException(
                $"{masks.Name}: the second stage of self-training learns from masks; {masks.Method.GetType().Name} does not look at them");
        }
        using var held = new RunFolder(folder).Lock();
        var first = new RunFolder(Path.Combine(folder, "boxes"));
        var pseudo = Path.GetFullPath(Path.Combine(folder, "pseudo.json"));
        if (!File.Exists(pseudo))
        {
            var result = Train(boxes, root, first, listener, cancellation);
            if (!result.Finished)
            {
                return result;
            }
            var training = RecipeData.Read(boxes, root).Training;
            using var network = boxes.BuildDetector(training.Categories.Count);
            ModelFile.Read(first.ModelFile, boxes.Method.Evaluated, network);
            Label(new Inference(network, boxes), training, Assignment.OneToOne(), pseudo);
        }
        var second = masks with { Dataset = masks.Dataset with { TrainAnnotations = pseudo, TrainImages = boxes.Dataset.TrainImages } };
        return Train(second, root, new RunFolder(Path.Combine(folder, "masks")), listener, cancellation);
    }

    /// <summary>Writes a data set anew with predicted masks: each box has that of its prediction, or its own rectangle.</summary>
    /// <param name="inference">The network.</param>
    /// <param name="dataset">Images and boxes; masks in it are not looked at.</param>
    /// <param name="assignment">Which prediction a box gets.</param>
    /// <param name="file">Instances JSON to write.</param>
    public static PseudoLabelCount Label(Inference inference, InstanceDataset dataset, PseudoMaskAssignment assignment, string file)
    {
        var images = new List<ImageRecord>();
        var found = 0;
        foreach (var part in dataset.Images.Chunk(ImagesAtOnce))
        {
            var detections = inference.Detect(dataset with { Images = part }).ToLookup(detection => detection.ImageId);
            foreach (var image in part)
            {
                var (labelled, masks) = Label(image, [.. detections[image.Id]], assignment);
                images.Add(labelled);
                found += masks;
            }
        }
        CocoWriter.Write(file, dataset with { Name = $"{dataset.Name} with predicted masks", Images = images });
        return new PseudoLabelCount(images.Sum(image => image.Annotations.Count(annotation => !annotation.IsCrowd)), found);
    }

    private static (ImageRecord Image, int Masks) Label(
        ImageRecord image, IReadOnlyList<DetectionResult> detections, PseudoMaskAssignment assignment)
    {
        var objects = image.Annotations.Where(annotation => !annotation.IsCrowd).ToArray();
        var overlaps = new float[detections.Count, objects.Length];
        for (var row = 0; row < detections.Count; row++)
        {
            for (var box = 0; box < objects.Length; box++)
            {
                overlaps[row, box] = (float)Box.IoU(detections[row].Box, objects[box].Box);
            }
        }
        var rows = assignment([.. detections.Select((detection, row) => new RankedPrediction(row, (float)detection.Score))], overlaps);
        var labelled = objects.Zip(rows, (annotation, row) => annotation with
        {
            Segmentation = row < 0 ? Rectangle(annotation.Box) : new Segmentation.RunLength(detections[row].Mask!),
        });
        return (image with { Annotations = [.. labelled, .. image.Annotations.Where(annotation => annotation.IsCrowd)] },
            rows.Count(row => row >= 0));
    }

    private static Segmentation.Polygons Rectangle(Box box) => new([[box.X0, box.Y0, box.X1, box.Y0, box.X1, box.Y1, box.X0, box.Y1]]);

    private static TrainingResult Train(
        Recipe recipe, string root, RunFolder folder, Action<TrainingEvent>? listener, CancellationToken cancellation)
    {
        var data = RecipeData.Read(recipe, root);
        using var method = recipe.BuildMethod(data.Training.Categories.Count, root);
        return new TrainingRun(recipe, method, data, folder).Run(listener, cancellation);
    }
}
