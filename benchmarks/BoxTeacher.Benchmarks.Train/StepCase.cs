using System.Text.Json;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>One measured step: a detector, its images, and what the published implementation needed.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Stem">Channels of the ResNet-50's stem.</param>
/// <param name="Res2">Output channels of its first stage.</param>
/// <param name="Width">Inner channels of its first stage.</param>
/// <param name="Channels">Channels of pyramid and head.</param>
/// <param name="MaskChannels">Channels of the mask branch.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Side">Height and width of the images.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="TeacherSize">Size that the teacher sees.</param>
/// <param name="PublishedMilliseconds">
/// Of one step of the published implementation with one thread, where the reference convolution ran at <see cref="PublishedGigaflops"/>.
/// </param>
internal sealed record StepCase(
    string Name, int Stem, int Res2, int Width, int Channels, int MaskChannels, int Classes, int Side, int Batch,
    TeacherSize TeacherSize, double PublishedMilliseconds)
{
    /// <summary>GFLOP/s of the reference convolution on the machine of the published times.</summary>
    public const double PublishedGigaflops = 77;

    private const string DescriptionFile = "case.json";
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The reference set's tiny architecture.</summary>
    public static StepCase Tiny { get; } = new("tiny", 8, 16, 4, 32, 16, 3, 128, 8, new TeacherSize(144, 170), 496.9);

    /// <summary>The full ResNet-50.</summary>
    public static StepCase ResNet50 { get; } = new("R50", 64, 256, 64, 256, 128, 80, 320, 2, new TeacherSize(320, 320), 4427.6);

    /// <summary>The detector with random weights.</summary>
    public CondInst Network() =>
        CondInst.Published(ResNet.Bottleneck(50, stemChannels: Stem, channels: Res2, width: Width), Classes, Channels, MaskChannels);

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, DescriptionFile), JsonSerializer.Serialize(this, Options));

    public static StepCase Read(string folder) =>
        JsonSerializer.Deserialize<StepCase>(File.ReadAllText(Path.Combine(folder, DescriptionFile)), Options)!;

    /// <summary>Where weights and batch of a case lie.</summary>
    public static string TensorFile(string folder) => Path.Combine(folder, "case.safetensors");
}
