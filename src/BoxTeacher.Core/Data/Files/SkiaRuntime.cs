using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BoxTeacher.Torch;

namespace BoxTeacher.Data;

/// <summary>Finds SkiaSharp's native half also from scripts and notebooks.</summary>
internal static class SkiaRuntime
{
    [ModuleInitializer]
    [SuppressMessage(
        "Usage", "CA2255", Justification = "The native library has to be found by whoever uses SkiaSharp first, here or elsewhere.")]
    internal static void AwaitSkiaSharp() => PackageNatives.WhenLoaded(nameof(SkiaSharp), assembly =>
        // Zero leaves it to the usual search.
        NativeLibrary.SetDllImportResolver(assembly, (name, _, _) =>
            PackageNatives.Files(assembly, OperatingSystem.IsWindows() ? $"{name}.dll" : PackageNatives.FileName("SkiaSharp"))
                .FirstOrDefault() is { } file ? NativeLibrary.Load(file) : 0));
}
