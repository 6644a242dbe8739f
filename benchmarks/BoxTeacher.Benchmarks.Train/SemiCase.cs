using BoxTeacher.Backbones;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>A step of a semi-supervised method: two labelled and two unlabelled images of 320 pixels.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Make">Builds it.</param>
/// <param name="Stem">Channels of the ResNet-50's stem.</param>
/// <param name="Res2">Output channels of its first stage.</param>
/// <param name="Width">Inner channels of its first stage.</param>
/// <param name="Channels">Channels of the pyramid, and of convolutions in the heads.</param>
/// <param name="Hidden">Width of fully connected layers.</param>
/// <param name="Classes">Number of classes.</param>
internal sealed record SemiCase(
    string Name, Func<SemiCase, SemiSetup> Make, int Stem, int Res2, int Width, int Channels, int Hidden, int Classes)
{
    public const int Side = 320;

    public const int Images = 2;

    public static IReadOnlyList<SemiCase> All { get; } =
    [
        Tiny("soft", SoftSetup.Make), ResNet50("soft", SoftSetup.Make), Tiny("polite", PoliteSetup.Make), ResNet50("polite", PoliteSetup.Make),
    ];

    /// <param name="outputs">How many of its stages the pyramid reads.</param>
    public ResNet Backbone(int outputs) => ResNet.Bottleneck(50, stemChannels: Stem, channels: Res2, width: Width, outputs: outputs);

    private static SemiCase Tiny(string method, Func<SemiCase, SemiSetup> make) => new($"{method}-tiny", make, 8, 16, 4, 32, 64, 3);

    private static SemiCase ResNet50(string method, Func<SemiCase, SemiSetup> make) => new($"{method}-r50", make, 64, 256, 64, 256, 1024, 80);
}

/// <summary>
/// A method on a fixed batch. Weights are random, scaled so that features, boxes and scores spread as those of a trained detector do; pseudo
/// boxes are the teacher's best, whatever their scores, so that all branches have work.
/// </summary>
/// <param name="Method">With a teacher; disposed with the step.</param>
/// <param name="Batch">What it learns from.</param>
/// <param name="Supervised">The student's pass over the labelled images.</param>
/// <param name="Teacher">The teacher's pass over the weak view.</param>
/// <param name="Selection">
/// What happens between the layers of the networks, in milliseconds of processor time, each part by itself, as often as a step does it.
/// </param>
internal sealed record SemiSetup(
    ITrainingMethod Method, Batch Batch, Action Supervised, Action Teacher, Func<IReadOnlyDictionary<string, double>> Selection)
{
    /// <summary>Late in a run.</summary>
    public static Step Now => Step.Of(20_000, new RandomStream(1));

    /// <summary>The first rows, in whatever order.</summary>
    public static PseudoLabelFilter First(int count) => labels => arange(Math.Min(count, labels.Instances.Count), int64, CPU);

    /// <summary>Milliseconds of processor time.</summary>
    public static double Clock(Action work)
    {
        using var scope = NewDisposeScope();
        var start = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    }

    /// <summary>Pooling of boxes, with its gradient where the student learns from them.</summary>
    /// <param name="pool">The pyramid's boxes.</param>
    /// <param name="pyramid">Feature maps.</param>
    /// <param name="isLearned">Whether it goes backward too.</param>
    public static void Pool(Func<IReadOnlyList<Tensor>, Tensor> pool, IReadOnlyList<Tensor> pyramid, bool isLearned)
    {
        if (!isLearned)
        {
            pool(pyramid);
            return;
        }

        using var gradients = enable_grad();
        var pooled = pool([.. pyramid.Select(level => level.detach().requires_grad_())]);
        pooled.backward([pooled.detach()]);
    }

    /// <summary>Clouds of color in two views.</summary>
    /// <param name="truth">Makes an image's objects.</param>
    public static ViewPair Pair(Func<Instances> truth)
    {
        const int side = SemiCase.Side;
        var clouds = F.interpolate(
            rand(SemiCase.Images, 3, side / 16, side / 16), [side, side], mode: InterpolationMode.Bilinear, align_corners: false);
        var pixels = (clouds * 230 + rand_like(clouds) * 20).to(uint8);
        ImageSize[] originals = [.. Enumerable.Repeat(new ImageSize(2 * side, 2 * side), SemiCase.Images)];
        Homography[] maps = [.. originals.Select(original => Homography.Resize(original, new ImageSize(side, side)))];
        Instances[] objects = [.. originals.Select(_ => truth())];
        return new ViewPair(
            new View(CaseReader.Normalized(pixels), maps, originals, objects),
            new View(CaseReader.Normalized((pixels.to(float32) * 0.8 + 20).to(uint8)), maps, originals, objects));
    }

    /// <summary>Keeps the residuals of a backbone small and its pyramid at a deviation of 1.</summary>
    /// <param name="state">Of the detector.</param>
    /// <param name="finest">Number of the pyramid's finest level.</param>
    /// <param name="levels">Reads the levels of the pyramid that have an output convolution.</param>
    public static void Calibrate(IReadOnlyDictionary<string, Tensor> state, int finest, Func<IEnumerable<Tensor>> levels)
    {
        foreach (var (_, value) in state.Where(entry => entry.Key.EndsWith("conv3.norm.weight", StringComparison.Ordinal)))
        {
            value.fill_(0.2);
        }

        foreach (var (level, features) in levels().Index())
        {
            state[$"backbone.fpn_output{level + finest}.weight"].div_(features.std());
        }
    }
}
