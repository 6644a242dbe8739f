using System.Diagnostics;
using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Processes;
using BoxTeacher.Structures;
using TorchSharp.Modules;

namespace BoxTeacher.Training;

/// <summary>A run of a recipe in a folder: makes the trainer's parts, goes on from the newest checkpoint, keeps the history.</summary>
/// <param name="recipe">What to do.</param>
/// <param name="method">The method, normally of <see cref="Recipe.BuildMethod"/>; the caller keeps ownership.</param>
/// <param name="data">What to learn from, where images without a usable label are left out, as published, and to evaluate on.</param>
/// <param name="folder">Where checkpoints, history and final weights go; all processes see it.</param>
/// <param name="processes">
/// Those that take each step together, each with its share of every batch; number 0 writes, and hears what happens. Null: this one alone.
/// </param>
public sealed class TrainingRun(
    Recipe recipe, ITrainingMethod method, RecipeData data, RunFolder folder, IProcessGroup? processes = null)
{
    private readonly IProcessGroup _processes = processes ?? ProcessGroups.One;

    /// <summary>Runs to the end of the budget, from the newest checkpoint of the folder if there is one.</summary>
    /// <param name="listener">Is told what happens, on the calling thread.</param>
    /// <param name="cancellation">Ends the run after the step or evaluation in progress, with a checkpoint.</param>
    /// <exception cref="RecipeException">
    /// The folder holds another run, or one of other data; or no image has a label; or the processes cannot share the batches.
    /// </exception>
    /// <exception cref="InvalidDataException">The newest checkpoint is damaged; the message says how to go on.</exception>
    /// <exception cref="IOException">Another process is at work in the folder, or it cannot be written to.</exception>
    /// <exception cref="NotFiniteNumberException">Loss or gradient is infinite or no number; the terms are named.</exception>
    public TrainingResult Run(Action<TrainingEvent>? listener = null, CancellationToken cancellation = default)
    {
        using var held = _processes.IsFirst() ? folder.Lock() : null;
        RefuseSharing(recipe, method, _processes);
        var batches = Batches(recipe, data.Training, method.Student.Device, data.Unlabelled, _processes);
        if (_processes.IsFirst())
        {
            folder.Claim(recipe, data);
        }

        // What number 0 removes or refuses is settled before the others look.
        _processes.Meet();
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        var scaler = LossScaler.Of(recipe.Precision.Training);
        var latest = folder.Checkpoints.LoadLatest(method, optimizer, scaler);
        var first = latest?.Iteration ?? 0;
        if (_processes.Gather([(double)first]).Any(own => own[0] != first))
        {
            throw new IOException($"{folder.Path}: the processes see different checkpoints; the folder has to be shared by all machines");
        }

        using var metrics = _processes.IsFirst() ? new MetricsFile(folder.MetricsFile, first) : null;
        if (metrics is null)
        {
            listener = null;
        }
        else if (latest is { } resumed)
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
            scaler,
            _processes);
        var isEvaluated = _processes.Any(
            metrics?.History.OfType<Evaluated>().Any(evaluated => evaluated.Iteration == first) is true);
        Action<TrainingEvent>? write = metrics is null ? null : metrics.Write;
        var result = trainer.Run(new TrainingStart(first, isEvaluated), write + listener ?? (_ => { }), cancellation);
        if (result.Finished && _processes.IsFirst())
        {
            ModelFile.Write(folder.ModelFile, method);
        }

        return result with { Evaluation = final };

        Func<int, Evaluated> Evaluate(InstanceDataset validation) => iteration =>
        {
            var watch = Stopwatch.StartNew();
            var evaluated = method.EvaluatedAfter(iteration);
            var found = new Inference(evaluated, recipe).Detect(validation, processes: _processes);
            var evaluation = _processes.IsFirst() ? EvaluationResult.Of(validation, found, evaluated.HasMasks) : null;
            // All detections and truths: those of earlier evaluations would be held beside the next ones.
            final = iteration == recipe.Budget.Iterations ? evaluation : null;
            var network = ReferenceEquals(evaluated, method.Student) ? Network.Student : Network.Teacher;
            return new Evaluated(iteration, network, evaluation?.Metrics ?? [], watch.Elapsed.TotalSeconds);
        };
    }

    /// <summary>Says why processes cannot share a run, if they cannot; a folder is as it was then.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="method">The method built from it.</param>
    /// <param name="processes">Those that share it.</param>
    /// <exception cref="RecipeException">A process would have no image, or the passes of a step are not as many everywhere.</exception>
    public static void RefuseSharing(Recipe recipe, ITrainingMethod method, IProcessGroup processes)
    {
        RefuseSharing(recipe, processes);
        if (processes.AreMany() && recipe.Method.UnevenPasses is { } key && method.Student.modules().OfType<BatchNorm2d>().Any())
        {
            throw new RecipeException(
                $"{recipe.Name}: method.{key}: is true; {processes.Size} processes cannot share the batch norms of this detector then");
        }
    }

    /// <summary>The batches of a recipe.</summary>
    /// <param name="recipe">Augmentation, batch size and composition, seed, and which labels may be seen.</param>
    /// <param name="dataset">Images without any usable label are left out, as published.</param>
    /// <param name="device">Where the tensors are put.</param>
    /// <param name="unlabelled">The images of the recipe's unlabelled file; null where it names none.</param>
    /// <param name="processes">Those that share the batches, as evenly as possible; null: this one alone.</param>
    /// <exception cref="RecipeException">
    /// No image has a label; or the recipe names unlabelled images and there are none, or the other way round; or a process would have no
    /// image.
    /// </exception>
    public static BatchSource Batches(
        Recipe recipe, InstanceDataset dataset, TorchSharp.torch.Device device, InstanceDataset? unlabelled = null,
        IProcessGroup? processes = null)
    {
        var group = processes ?? ProcessGroups.One;
        RefuseSharing(recipe, group);
        ImageRecord[] images = [.. dataset.Images.Where(image => image.Annotations.Any(annotation => !annotation.IsCrowd))];
        if (images.Length == 0)
        {
            throw new RecipeException($"{recipe.Dataset.TrainAnnotations}: no image has a label to learn from");
        }

        var seed = new RandomStream((ulong)recipe.Seed);
        var order = seed.Split(0).NextBits();
        var random = new RandomStream(seed.Split(1).NextBits());
        var (views, size) = (recipe.Augmentation, recipe.Budget.BatchSize);
        return SharedBatches.Of((recipe.Dataset.Unlabelled, unlabelled) switch
        {
            (null, null) => BatchSources.Labelled(new ViewLoader(
                images,
                (recipe.Dataset.GroupByAspect ? BatchOrder.GroupedByAspect(Wide(images), size, order)
                    : BatchOrder.Shuffled(images.Length, size, order)).Select(Share),
                views.Labelled(),
                recipe.Method.Supervision,
                recipe.Detector.Pixels,
                random,
                device,
                padding: views.BatchPadding())),
            ({ } some, { Images.Count: > 0 }) => BatchSources.Both(new SemiSupervisedLoader(
                new ViewSource(images, views.Labelled(), random),
                new ViewSource(unlabelled.Images, views.Unlabelled(), new RandomStream(seed.Split(3).NextBits())),
                BatchOrder.Mixed(
                    Wide(images), Wide(unlabelled.Images), some.Composition.Composition().AtLeast(group.Size), size, order)
                    .Select(batch => new MixedKeys(Share(batch.Labelled), Share(batch.Unlabelled))),
                recipe.Method.Supervision,
                recipe.Detector.Pixels,
                views.BatchPadding(),
                device)),
            _ => throw new RecipeException(
                $"{recipe.Name}: dataset.unlabelled and the unlabelled images of the run's data do not go together; one of both is missing"),
        }, group);

        IReadOnlyList<SampleKey> Share(IReadOnlyList<SampleKey> batch) => [.. batch.Take(group.Share(batch.Count))];

        bool[] Wide(IReadOnlyList<ImageRecord> some) =>
            [.. some.Select(image => recipe.Dataset.GroupByAspect && image.Width > image.Height)];
    }

    private static void RefuseSharing(Recipe recipe, IProcessGroup processes)
    {
        if (recipe.SharingProblem(processes.Size) is { } problem)
        {
            throw new RecipeException($"{recipe.Name}: {problem}");
        }
    }
}
