using BoxTeacher.Torch;
// Each fused kernel and each detour of the core beside the plain formula that it stands for, forward and backward where it trains, in one
// process. The plain side is the baseline of each table.
//   BoxTeacher.Benchmarks.Kernels [--filter '*MaskResize*']
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

TorchRuntime.Load();
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
    args.Length == 0 ? ["--filter", "*"] : args,
    DefaultConfig.Instance
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(9).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(150)))
        .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "bench", "kernels")));
