using System.Text.Json;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>
/// Our side in a process of its own: reads a question per line and answers with a line of JSON. <c>step</c>: one training step;
/// <c>convolution</c>: GFLOP/s of the reference convolution; <c>memory</c>: peak resident kilobytes since the weights were loaded;
/// <c>pieces</c>: of a semi-supervised step, what it consists of, each by itself.
/// The other side, peers/train_step.py, speaks the same language.
/// </summary>
internal static class Worker
{
    private const int Repeats = 20;

    /// <param name="make">Makes the step, once libtorch is loaded.</param>
    public static void Run(Func<IMeasuredStep> make)
    {
        TorchRuntime.Load();
        using var step = make();
        GC.Collect();
        // Peak memory begins anew here.
        File.WriteAllText("/proc/self/clear_refs", "5");
        Console.WriteLine(JsonSerializer.Serialize(__version__));
        while (Console.ReadLine() is { } question)
        {
            Console.WriteLine(question switch
            {
                "step" => JsonSerializer.Serialize(step.Run()),
                "convolution" => JsonSerializer.Serialize(Gigaflops()),
                "pieces" when step is SemiStep semi => JsonSerializer.Serialize(semi.Pieces()),
                "memory" => JsonSerializer.Serialize(PeakKilobytes()),
                _ => throw new ArgumentException($"unknown question '{question}'"),
            });
        }
    }

    // 3x3, 64 to 64 channels, 80x80, batch 2: its speed tells machines apart.
    private static double Gigaflops()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var (images, kernel) = (rand(2, 64, 80, 80), rand(64, 64, 3, 3));
        Convolve();
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Repeats; i++)
        {
            Convolve();
        }
        return Repeats * 2.0 * 2 * 64 * 64 * 9 * 80 * 80 / 1e9 / (Environment.CpuUsage.TotalTime - start).TotalSeconds;

        void Convolve() => nn.functional.conv2d(images, kernel, padding: [1, 1]).Dispose();
    }

    private static long PeakKilobytes() => long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).AsSpan(6).Trim().TrimEnd(" kB"),
        System.Globalization.CultureInfo.InvariantCulture);
}
