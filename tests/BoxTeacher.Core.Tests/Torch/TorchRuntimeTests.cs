using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using BoxTeacher.Torch;
using TorchSharp;
using Xunit;

namespace BoxTeacher.Tests.Torch;

/// <summary>How TorchSharp's native half is found. Another libtorch needs another process: a process has one.</summary>
public sealed class TorchRuntimeTests : IDisposable
{
    private static string Native => Path.Combine(Path.GetDirectoryName(typeof(torch).Assembly.Location)!, "runtimes", "linux-x64", "native");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Loading_again_says_the_same()
    {
        Assert.Equal(TorchRuntime.Load(), TorchRuntime.Load());
        Assert.Equal(2f, (torch.ones(1) + 1).item<float>());
    }

    [LinuxFact]
    public void Another_libtorch_of_the_same_version_is_taken()
    {
        foreach (var library in Directory.GetFiles(Native).Where(file => !file.Contains("LibTorchSharp", StringComparison.Ordinal)))
        {
            File.CreateSymbolicLink(folder.At("lib", Path.GetFileName(library)), library);
        }
        // Either the folder of the libraries or the one above, as distributions of libtorch have it.
        foreach (var named in (string[])[folder.Root, folder.At("lib")])
        {
            var (exitCode, _, errors) = Train(named);
            Assert.Contains($"libtorch: {named} (LIBTORCH)", errors, StringComparison.Ordinal);
            Assert.Contains("none.json", errors, StringComparison.Ordinal);
            Assert.Equal(1, exitCode);
        }
    }

    [LinuxTheory]
    [InlineData("absent", "there is no libtorch.so")]
    [InlineData("older", "2.8 or older")]
    [InlineData("damaged", "libtorch_cpu.so")]
    public void A_libtorch_that_does_not_fit_is_refused_in_one_line(string kind, string reason)
    {
        if (kind != "absent")
        {
            File.CreateSymbolicLink(folder.At("libc10.so"), Path.Combine(Native, "libc10.so"));
        }
        switch (kind)
        {
            case "older":
                // Some library that does not say its version.
                File.CreateSymbolicLink(folder.At("libtorch.so"), Path.Combine(Native, "libc10.so"));
                File.CreateSymbolicLink(folder.At("libtorch_cpu.so"), Path.Combine(Native, "libc10.so"));
                break;
            case "damaged":
                folder.File("libtorch.so", "no library");
                folder.File("libtorch_cpu.so", "no library");
                break;
            default:
                break;
        }

        var (exitCode, _, errors) = Train(folder.Root);

        Assert.Equal(1, exitCode);
        Assert.Contains($"LIBTORCH={folder.Root}", errors, StringComparison.Ordinal);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_version_that_a_library_asks_for_becomes_weak()
    {
        var bytes = File.ReadAllBytes(Path.Combine(Native, "libLibTorchSharp.so"));
        var copy = bytes.ToArray();

        Assert.False(ElfVersionNeeds.Weaken(copy, "GLIBCXX_9.9.9"));
        Assert.Equal(bytes, copy);
        Assert.True(ElfVersionNeeds.Weaken(copy, "GLIBCXX_3.4.32"));
        var changed = Enumerable.Range(0, bytes.Length).Single(i => bytes[i] != copy[i]);
        Assert.Equal(bytes[changed] | 2, copy[changed]);
    }

    [LinuxFact]
    public unsafe void A_number_that_TorchSharp_has_freed_can_still_be_read()
    {
        var number = 1.5.ToScalar();
        var memory = (long*)(nint)typeof(Scalar).GetProperty("Handle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(number)!;
        var before = new ReadOnlySpan<long>(memory, 4).ToArray();

        number.Dispose();

        // Others of its size would take its place.
        foreach (var other in Enumerable.Range(0, 1000))
        {
            other.ToScalar().Dispose();
        }
        Assert.Equal(before, new ReadOnlySpan<long>(memory, 4).ToArray());
    }

    /// <summary>A command that needs a tensor and fails for another reason, if not for its libtorch.</summary>
    private (int ExitCode, string Output, string Errors) Train(string libtorch)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "boxteacher.dll"), "train", "--recipe", folder.At("none.json")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["LIBTORCH"] = libtorch;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}

/// <summary>A test of what is done on Linux alone.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = Linux.Absence;
}

/// <summary>A test of what is done on Linux alone, over many cases.</summary>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = Linux.Absence;
}

internal static class Linux
{
    public static string? Absence => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 ? null : "not Linux on x64";
}
