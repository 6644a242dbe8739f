using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BoxTeacher.Data;

/// <summary>Finds SkiaSharp's native half where scripts and notebooks do not look for it: in the package's folder beside its assembly.</summary>
internal static class SkiaRuntime
{
    private static int isResolved;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The native library has to be found by whoever uses SkiaSharp first, here or elsewhere.")]
    internal static void AwaitSkiaSharp()
    {
        AppDomain.CurrentDomain.AssemblyLoad += (_, loading) => Resolve(loading.LoadedAssembly);
        Array.ForEach(AppDomain.CurrentDomain.GetAssemblies(), Resolve);
    }

    private static void Resolve(Assembly assembly)
    {
        if (assembly.GetName().Name == nameof(SkiaSharp) && assembly.Location.Length > 0 && Interlocked.Exchange(ref isResolved, 1) == 0)
        {
            NativeLibrary.SetDllImportResolver(assembly, Load);
        }
    }

    // Zero leaves it to the usual search.
    private static nint Load(string name, Assembly assembly, DllImportSearchPath? search)
    {
        var (system, file) = OperatingSystem.IsWindows() ? ("win", $"{name}.dll") : OperatingSystem.IsMacOS() ? ("osx", $"{name}.dylib") : ("linux", $"{name}.so");
        var processor = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        var home = Path.GetDirectoryName(assembly.Location)!;
        foreach (var platform in new[] { $"{system}-{processor}", system })
        {
            if (NativeLibrary.TryLoad(Path.Combine(home, "runtimes", platform, "native", file), out var library))
            {
                return library;
            }
        }
        return 0;
    }
}
