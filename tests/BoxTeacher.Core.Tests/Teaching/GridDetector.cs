using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Teaching;

/// <summary>
/// A small detector in the manner of SOLOv2, the example of docs/another-detector.md: each cell of a grid says which class is centered in
/// it, how far the sides of its box are, and which kernel draws its mask from features that all cells share.
/// </summary>
internal sealed class GridDetector : MaskDetector
{
    private const int CellStride = 16, KernelSize = 16;
    private readonly ResNet backbone = ResNet.Small();
    private readonly Conv2d cells;
    private readonly Conv2d shapes = nn.Conv2d(32 + 96 + 2, KernelSize, 3, padding: 1);
    private readonly int classes;

    public GridDetector(int classes) : base(nameof(GridDetector))
    {
        this.classes = classes;
        cells = nn.Conv2d(96, classes + 4 + KernelSize, 3, padding: 1);
        RegisterComponents();
    }

    public override int MaskStride => 4;

    /// <summary>What the cells of a batch say. Columns are the cells of an image, row by row.</summary>
    /// <param name="Logits">Class logits [N, C, S].</param>
    /// <param name="Ltrb">Distances from a cell's center to the sides of its box, in cells, [N, 4, S].</param>
    /// <param name="Kernels">Weights of the mask features, [N, S, K].</param>
    /// <param name="Features">Mask features [N, K, h, w].</param>
    /// <param name="Width">Cells in a row.</param>
    internal sealed record Answer(Tensor Logits, Tensor Ltrb, Tensor Kernels, Tensor Features, int Width)
    {
        /// <summary>Mask logits [M, h, w] of M cells of one image.</summary>
        public Tensor MaskLogits(int image, Tensor places)
        {
            var features = Features[image];
            return Kernels[image].index_select(0, places).matmul(features.flatten(1)).Widened()
                .view(-1, features.size(1), features.size(2));
        }
    }

    public Answer Ask(Tensor images)
    {
        var levels = backbone.call(images);
        var (fine, coarse) = (levels[0], levels[2]);
        var said = cells.call(coarse).flatten(2).Widened();
        var (height, width) = (fine.size(2), fine.size(3));
        var enlarged = F.interpolate(coarse, [height, width], mode: InterpolationMode.Nearest);
        var y = linspace(-1, 1, height, device: images.device).view(1, 1, -1, 1).expand(images.size(0), 1, height, width);
        var x = linspace(-1, 1, width, device: images.device).view(1, 1, 1, -1).expand(images.size(0), 1, height, width);
        return new Answer(
            said.narrow(1, 0, classes),
            F.softplus(said.narrow(1, classes, 4)),
            said.narrow(1, classes + 4, KernelSize).transpose(1, 2),
            shapes.call(cat([fine, enlarged, y, x], 1)).Widened(),
            (int)coarse.size(3));
    }

    // begin: teacher
    /// <summary>As a teacher: boxes at once, masks for those that are asked for.</summary>
    public override ITeacherOutputs Look(Tensor images) => new Outputs(Ask(images), classes);

    private sealed class Outputs(Answer answer, int classes) : ITeacherOutputs
    {
        public IReadOnlyList<BoxCandidates> Candidates { get; } =
            [.. Enumerable.Range(0, (int)answer.Logits.size(0)).Select(image => Decode(answer, image, classes))];

        public Tensor MaskProbabilities(IReadOnlyList<BoxCandidates> chosen)
        {
            using var scope = NewDisposeScope();
            var logits = chosen.Select((image, i) => answer.MaskLogits(i, Index(image.Locations, answer.Logits.device)));
            return cat([.. logits]).sigmoid().unsqueeze(1).MoveToOuterDisposeScope();
        }
    }
    // end: teacher

    // begin: student
    /// <summary>As a student: losses of its own, and the mask logits of one cell for each box of the view.</summary>
    public override StudentOutputs Learn(View view, Step step)
    {
        var answer = Ask(view.Images.Images);
        var device = answer.Logits.device;
        var (positives, goals, guesses, masks) = (new SortedSet<long>(), new List<float>(), new List<Tensor>(), new List<Tensor>());
        foreach (var (image, truth) in view.Truth.Index())
        {
            var (boxes, kinds) = (HostValues.Floats(truth.Boxes).Chunk(4), HostValues.Longs(truth.Classes));
            var places = boxes.Select(box => CellOf(box, answer.Width)).ToArray();
            foreach (var (box, place, kind) in boxes.Zip(places, kinds))
            {
                positives.Add((image * classes + kind) * answer.Logits.size(2) + place);
                var (x, y) = CenterOf(place, answer.Width);
                goals.AddRange([(x - box[0]) / CellStride, (y - box[1]) / CellStride, (box[2] - x) / CellStride, (box[3] - y) / CellStride]);
            }

            var index = Index(places, device);
            guesses.Add(answer.Ltrb[image].index_select(1, index).t());
            masks.Add(answer.MaskLogits(image, index));
        }

        var count = goals.Count / 4;
        var sides = LtrbLoss.GeneralizedIou(cat(guesses), tensor(goals.ToArray(), [count, 4], device: device));
        return new StudentOutputs(
            [
                new LossTerm("loss_class", FocalLoss.Sum(answer.Logits, tensor(positives.ToArray(), device: device)), count),
                new LossTerm("loss_box", sides.sum(), count),
            ],
            StudentMasks.Of(cat(masks), [.. Enumerable.Range(0, count)]));
    }
    // end: student

    // begin: detector
    /// <summary>With full masks: dice in addition.</summary>
    public override LossTerms Losses(View view, Step step)
    {
        var (boxTerms, masks) = Learn(view, step);
        var truth = MaskTargets.Of(view, MaskStride);
        var dice = DiceLoss.PerInstance(masks.Probabilities, truth.index_select(0, masks.BoxIndex));
        return new LossTerms([.. boxTerms, new LossTerm("loss_mask", dice.sum(), masks.Count)]);
    }

    public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var answer = Ask(images.Images);
        return [.. images.Sizes.Select((network, image) =>
        {
            var candidates = Decode(answer, image, classes);
            var masks = answer.MaskLogits(image, Index(candidates.Locations, answer.Logits.device)).sigmoid().unsqueeze(1);
            return MaskPostprocess.Apply(candidates, masks, network, sizes?[image] ?? network, maskStride: MaskStride);
        })];
    }
    // end: detector

    private static BoxCandidates Decode(Answer answer, int image, int classes)
    {
        var scores = HostValues.Floats(answer.Logits[image].sigmoid().transpose(0, 1));
        var ltrb = HostValues.Floats(answer.Ltrb[image].transpose(0, 1));
        int[] found = [.. Enumerable.Range(0, scores.Length).Where(i => scores[i] > 0.05f).OrderByDescending(i => scores[i])];
        return new BoxCandidates(
            [.. found.SelectMany(i =>
            {
                var (place, (x, y)) = (i / classes, CenterOf(i / classes, answer.Width));
                var sides = ltrb.AsSpan(4 * place, 4);
                return new[] { x - CellStride * sides[0], y - CellStride * sides[1], x + CellStride * sides[2], y + CellStride * sides[3] };
            })],
            [.. found.Select(i => scores[i])], [.. found.Select(i => (long)(i % classes))], [.. found.Select(i => i / classes)]);
    }

    private static int CellOf(float[] box, int width) =>
        (int)((box[1] + box[3]) / (2 * CellStride)) * width + (int)((box[0] + box[2]) / (2 * CellStride));

    private static (float X, float Y) CenterOf(int place, int width) =>
        (place % width * CellStride + CellStride / 2, place / width * CellStride + CellStride / 2);

    private static Tensor Index(int[] places, Device device) => tensor(Array.ConvertAll(places, place => (long)place), [places.Length], device: device);
}

// begin: recipe
/// <summary>The grid detector, as a recipe says it: <c>"detector": {"kind": "grid", ...}</c>.</summary>
[RecipeKind("grid")]
internal sealed record GridRecipe(PixelNormalization Pixels) : DetectorRecipe(Pixels)
{
    public override Detector Build(int classes) => new GridDetector(classes);
}
// end: recipe
