using System.Diagnostics;
using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>A run of a recipe in a folder: makes the trainer's parts, goes on from the newest checkpoint, keeps the history.</summary>
/// <param name="recipe">What to do.</param>
/// <param name="method">The method, normally of <see cref="Recipe.BuildMethod"/>; the caller keeps ownership.</param>
/// <param name="data">What to learn from, where images without a usable label are left out, as published, and to evaluate on.</param>
/// <param name="folder">Where checkpoints, history and final weights go.</param>
public sealed class TrainingRun(Recipe recipe, ITrainingMethod method, RecipeData data, RunFolder folder)
{
    /// <summary>Runs to the end of the budget, from the newest checkpoint of the folder if there is one.</summary>
    /// <param name="listener">Is told what happens, on the calling thread.</param>
    /// <param name="cancellation">Ends the run after the step or evaluation in progress, with a checkpoint.</param>
    /// <exception cref="RecipeException">The folder holds another run, or one of other data; or no image has a label.</exception>
    /// <exception cref="InvalidDataException">The newest checkpoint is damaged; the message says how to go on.</exception>
    /// <exception cref="IOException">Another process is at work in the folder, or it cannot be written to.</exception>
    /// <exception cref="NotFiniteNumberException">Loss or gradient is infinite or no number; the terms are named.</exception>
    public TrainingResult Run(Action<TrainingEvent>? listener = null, CancellationToken cancellation = default)
    {
        using var held = folder.Lock();
        var batches = Batches(recipe, data.Training, method.Student.Device, data.Unlabelled);
        folder.Claim(recipe, data);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        var scaler = LossScaler.Of(recipe.Precision.Training);
        var latest = folder.Checkpoints.LoadLatest(method, optimizer, scaler);
        var first = latest?.Iteration ?? 0;
        using var metrics = new MetricsFile(folder.MetricsFile, first);
        if (latest is { } resumed)
        {
            listener?.Invoke(new Resumed(first, resumed.Folder, metrics.History));
        }

        EvaluationResult? final = null;
        var trainer = new Trainer(
            method,
            batches,
            optimizer,
            recipe.Solver.LearningRate(recipe.Budget.Iterations),
            recipe.Solver.ClipNorm,
            recipe.Budget,
            new RandomStream((ulong)recipe.Seed).Split(2),
            folder.Checkpoints,
            data.Validation is { } validation ? Evaluate(validation) : null,
            recipe.Precision.Training,
            scaler);
        var isEvaluated = metrics.History.OfType<Evaluated>().Any(evaluated => evaluated.Iteration == first);
        var result = trainer.Run(new TrainingStart(first, isEvaluated), metrics.Write + listener, cancellation);
        if (result.Finished)
        {
            ModelFile.Write(folder.ModelFile, method);
        }

        return result with { Evaluation = final };

        Func<int, Evaluated> Evaluate(InstanceDataset validation) => iteration =>
        {
            var watch = Stopwatch.StartNew();
            var evaluated = method.EvaluatedAfter(iteration);
            var evaluation = new Inference(evaluated, recipe).Evaluate(validation);
            // All detections and truths: those of earlier evaluations would be held beside the next ones.
            final = iteration == recipe.Budget.Iterations ? evaluation : null;
            var network = ReferenceEquals(evaluated, method.Student) ? Network.Student : Network.Teacher;
            return new Evaluated(iteration, network, evaluation.Metrics, watch.Elapsed.TotalSeconds);
        };
    }

    /// <summary>The batches of a recipe.</summary>
    /// <param name="recipe">Augmentation, batch size and composition, seed, and which labels may be seen.</param>
    /// <param name="dataset">Images without any usable label are left out, as published.</param>
    /// <param name="device">Where the tensors are put.</param>
    /// <param name="unlabelled">The images of the recipe's unlabelled file; null where it names none.</param>
    /// <exception cref="RecipeException">
    /// No image has a label; or the recipe names unlabelled images and there are none, or the other way round.
    /// </exception>
    public static BatchSource Batches(
        Recipe recipe, InstanceDataset dataset, TorchSharp.torch.Device device, InstanceDataset? unlabelled = null)
    {
        ImageRecord[] images = [.. dataset.Images.Where(image => image.Annotations.Any(annotation => !annotation.IsCrowd))];
        if (images.Length == 0)
        {
            throw new RecipeException($"{recipe.Dataset.TrainAnnotations}: no image has a label to learn from");
        }

        var seed = new RandomStream((ulong)recipe.Seed);
        var order = seed.Split(0).NextBits();
        var random = new RandomStream(seed.Split(1).NextBits());
        var (views, size) = (recipe.Augmentation, recipe.Budget.BatchSize);
        return (recipe.Dataset.Unlabelled, unlabelled) switch
        {
            (null, null) => BatchSources.Labelled(new ViewLoader(
                images,
                recipe.Dataset.GroupByAspect ? BatchOrder.GroupedByAspect(Wide(images), size, order)
                    : BatchOrder.Shuffled(images.Length, size, order),
                views.Labelled(),
                recipe.Method.Supervision,
                recipe.Detector.Pixels,
                random,
                device,
                padding: views.BatchPadding())),
            ({ } some, { Images.Count: > 0 }) => BatchSources.Both(new SemiSupervisedLoader(
                new ViewSource(images, views.Labelled(), random),
                new ViewSource(unlabelled.Images, views.Unlabelled(), new RandomStream(seed.Split(3).NextBits())),
                BatchOrder.Mixed(Wide(images), Wide(unlabelled.Images), some.Composition.Composition(), size, order),
                recipe.Method.Supervision,
                recipe.Detector.Pixels,
                views.BatchPadding(),
                device)),
            _ => throw new RecipeException(
                $"{recipe.Name}: dataset.unlabelled and the unlabelled images of the run's data do not go together; one of both is missing"),
        };

        bool[] Wide(IReadOnlyList<ImageRecord> some) =>
            [.. some.Select(image => recipe.Dataset.GroupByAspect && image.Width > image.Height)];
    }
}
