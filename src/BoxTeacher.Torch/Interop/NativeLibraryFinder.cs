using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace BoxTeacher.Torch.Interop;

/// <summary>
/// Finds libboxteacher_torch: the file named by the environment variable BOXTEACHER_TORCH, else beside the assembly,
/// else below it in runtimes/&lt;rid&gt;/native, else where the system looks.
/// </summary>
internal static class NativeLibraryFinder
{
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != "boxteacher_torch") {
            return 0;
        }
        if (Environment.GetEnvironmentVariable("BOXTEACHER_TORCH") is { Length: > 0 } named) {
            return NativeLibrary.Load(named);
        }
        var folder = Path.GetDirectoryName(assembly.Location) ?? AppContext.BaseDirectory;
        var file = OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : OperatingSystem.IsWindows() ? $"{name}.dll" : $"lib{name}.so";
        foreach (var candidate in (string[])[Path.Combine(folder, file), Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file)]) {
            if (File.Exists(candidate)) {
                return NativeLibrary.Load(candidate);
            }
        }
        if (NativeLibrary.TryLoad(file, out var handle)) {
            return handle;
        }
        throw new DllNotFoundException($"{file} was found neither in {folder} nor by the system. Build it with `make native`, or name it in BOXTEACHER_TORCH.");
    }
}
