using System.Reflection;
using System.Runtime.InteropServices;

namespace BoxTeacher.Torch;

/// <summary>
/// The native libraries of packages, which lie beside the managed ones in runtimes/PLATFORM/native. Programs look there, scripts and
/// notebooks do not.
/// </summary>
internal static class PackageNatives
{
    /// <summary>Does something for an assembly once it is loaded, or at once if it is.</summary>
    /// <param name="name">The assembly's simple name.</param>
    /// <param name="action">Must not raise; the type system is in the middle of loading.</param>
    public static void WhenLoaded(string name, Action<Assembly> action)
    {
        var isDone = 0;
        AppDomain.CurrentDomain.AssemblyLoad += (_, loading) => Look(loading.LoadedAssembly);
        Array.ForEach(AppDomain.CurrentDomain.GetAssemblies(), Look);

        void Look(Assembly assembly)
        {
            if (assembly.GetName().Name == name && Interlocked.Exchange(ref isDone, 1) == 0)
            {
                action(assembly);
            }
        }
    }

    /// <summary>Where a native library lies that belongs to a managed one: for this processor, for any, or beside it.</summary>
    /// <param name="assembly">The managed one.</param>
    /// <param name="file">The native one's file name.</param>
    public static IEnumerable<string> Files(Assembly assembly, string file)
    {
        var home = assembly.Location.Length > 0 ? Path.GetDirectoryName(assembly.Location)! : AppContext.BaseDirectory;
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        var processor = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        string[] folders =
            [Path.Combine(home, "runtimes", $"{system}-{processor}", "native"), Path.Combine(home, "runtimes", system, "native"), home];
        return folders.Select(folder => Path.Combine(folder, file)).Where(File.Exists);
    }

    /// <summary>What this system calls the file of a library, such as torch.</summary>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";
}
