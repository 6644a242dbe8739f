using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace BoxTeacher.Torch;

/// <summary>
/// Loads the native half of TorchSharp, before TorchSharp itself looks for it. Three things need this: Debian 12, whose C++ library is
/// older than the one that TorchSharp was built with; scripts and notebooks, which do not look into a package's folder of native
/// libraries; and whoever wants another libtorch than the package's, such as that of a PyTorch with CUDA.
/// </summary>
public static partial class TorchRuntime
{
    /// <summary>The environment variable that names the folder of another libtorch.</summary>
    public const string FolderVariable = "LIBTORCH";

    private static readonly Version Wanted = new(2, 10);
    private static readonly Lazy<string> Loaded = new(LoadOnce);

    /// <summary>Loads what is not loaded yet. An entrance calls it before its first tensor; a second call costs nothing.</summary>
    /// <returns>The file that was loaded, and what had to be done for it.</returns>
    /// <exception cref="IOException"><see cref="FolderVariable"/> names no libtorch, or one that cannot be loaded.</exception>
    /// <exception cref="InvalidDataException">It names a libtorch of another version.</exception>
    public static string Load()
    {
        // Its assembly being loaded loads the native half too; see below.
        _ = typeof(torch).Assembly;
        return Loaded.Value;
    }

    /// <summary>
    /// Sets how many threads each tensor operation of the calling thread has. libtorch gives a thread its number when it first asks for it:
    /// that which any thread has set last. It is asked for here, so that runs side by side keep their own.
    /// </summary>
    public static void UseThreads(int count)
    {
        _ = torch.get_num_threads();
        torch.set_num_threads(count);
    }

    // Whoever uses the core has a torch without asking for it, and a command that needs no tensor does not wait for one.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Native libraries have to be there before the first type that needs them.")]
    internal static void AwaitTorchSharp() => PackageNatives.WhenLoaded(nameof(TorchSharp), torchSharp =>
    {
        try
        {
            _ = Loaded.Value;
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            // An event cannot report it. It is kept, and thrown by Load, which every entrance calls.
        }
    });

    private static string LoadOnce()
    {
        var other = Environment.GetEnvironmentVariable(FolderVariable);
        if (!string.IsNullOrEmpty(other))
        {
            LoadTorch(other);
        }
        if (PackageNatives.Files(typeof(torch).Assembly, PackageNatives.FileName("LibTorchSharp")).FirstOrDefault() is not { } binding)
        {
            return "left to TorchSharp";
        }
        var loaded = OfLinker(binding, () => LoadBinding(binding, ownTorch: string.IsNullOrEmpty(other)));
        return string.IsNullOrEmpty(other) ? loaded : $"{other} ({FolderVariable}), under {loaded}";
    }

    /// <summary>Loads another libtorch under the names that TorchSharp's library asks for, so that it finds this one.</summary>
    private static void LoadTorch(string folder)
    {
        var file = new[] { folder, Path.Combine(folder, "lib") }.Select(place => Path.Combine(place, PackageNatives.FileName("torch")))
            .FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(
                $"{FolderVariable}={folder}: there is no {PackageNatives.FileName("torch")} in this folder or in its lib (for PyTorch in Python it is .../site-packages/torch/lib)");
        var source = $"{FolderVariable}={folder}";
        var version = OfLinker(source, () => VersionOf(LoadLibraries(file, "c10", "torch_cpu")));
        if (version is null || version.Major != Wanted.Major || version.Minor != Wanted.Minor)
        {
            throw new InvalidDataException(
                $"{source}: this is libtorch {version?.ToString(3) ?? "2.8 or older"}, and TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)} wants {Wanted}");
        }
        OfLinker(source, () => LoadLibraries(file, "torch"));
    }

    /// <summary>
    /// Loads libraries that lie beside a file, each after those that it needs, so that none is looked for in LD_LIBRARY_PATH.
    /// </summary>
    /// <returns>The last one.</returns>
    private static nint LoadLibraries(string beside, params ReadOnlySpan<string> libraries)
    {
        nint last = 0;
        foreach (var library in libraries)
        {
            last = NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(beside)!, PackageNatives.FileName(library)));
        }
        return last;
    }

    /// <summary>What loading gives; an error of the dynamic linker is one that names the source.</summary>
    private static T OfLinker<T>(string source, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            // The last line is the dynamic linker's own.
            throw new IOException($"{source}: {error.Message.TrimEnd().Split('\n')[^1].Trim()}", error);
        }
    }

    /// <summary>What libtorch says of itself: three bytes, the largest first.</summary>
    private static unsafe Version? VersionOf(nint torch)
    {
        if (!NativeLibrary.TryGetExport(torch, "aoti_torch_abi_version", out var address))
        {
            return null;
        }
        var bits = ((delegate* unmanaged<ulong>)address)();
        return new Version((int)(bits >> 56), (int)(bits >> 48 & 0xff), (int)(bits >> 40 & 0xff));
    }

    private static string LoadBinding(string binding, bool ownTorch)
    {
        const string Need = "GLIBCXX_3.4.32";
        if (ownTorch && OperatingSystem.IsLinux())
        {
            LoadLibraries(binding, "c10", "torch_cpu", "torch");
        }
        if (NativeLibrary.TryLoad(binding, out var loaded))
        {
            DeferredScalars.Install(loaded);
            return binding;
        }
        if (!OperatingSystem.IsLinux())
        {
            return "left to TorchSharp";
        }
        // The package was linked on a system with GCC 13. What it uses is in older C++ libraries too, only this version's name is not.
        var bytes = File.ReadAllBytes(binding);
        if (!ElfVersionNeeds.Weaken(bytes, Need))
        {
            return "left to TorchSharp";
        }
        // A file in memory, so that nothing of the package is changed.
        using var file = new SafeFileHandle(CreateMemoryFile(Path.GetFileName(binding), 0), ownsHandle: true);
        if (file.IsInvalid)
        {
            throw new IOException($"{binding}: the system refuses a file in memory, in which it would be loaded");
        }
        RandomAccess.Write(file, bytes, 0);
        DeferredScalars.Install(NativeLibrary.Load($"/proc/self/fd/{file.DangerousGetHandle()}"));
        return $"{binding}, with its need of {Need} made weak in memory";
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
