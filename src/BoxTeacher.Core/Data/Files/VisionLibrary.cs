using System.Reflection;
using System.Runtime.InteropServices;

namespace BoxTeacher.Data;

/// <summary>
/// The native library of image codecs, libboxteacher_vision. It is the file named by the environment variable
/// BOXTEACHER_VISION, else it lies beside the assembly or below it in runtimes/&lt;rid&gt;/native, else the system finds it.
/// </summary>
internal static partial class VisionLibrary
{
    private const string Name = "boxteacher_vision";

    static VisionLibrary() => NativeLibrary.SetDllImportResolver(typeof(VisionLibrary).Assembly, Resolve);

    /// <summary>Message of the last failure on this thread.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8(Error()) is { Length: > 0 } message ? message : "unknown error";

    [LibraryImport(Name, EntryPoint = "bv_decode")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    public static partial nint Decode(ReadOnlySpan<byte> data, long length, out int height, out int width);

    [LibraryImport(Name, EntryPoint = "bv_copy_rgb")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    public static partial int CopyRgb(nint picture, Span<byte> rgb);

    [LibraryImport(Name, EntryPoint = "bv_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    public static partial void Free(nint picture);

    [LibraryImport(Name, EntryPoint = "bv_encode_jpeg")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    public static partial long EncodeJpeg(ReadOnlySpan<byte> rgb, int height, int width, int quality, Span<byte> output, long capacity);

    [LibraryImport(Name, EntryPoint = "bv_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial nint Error();

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Name)
        {
            return 0;
        }
        if (Environment.GetEnvironmentVariable("BOXTEACHER_VISION") is { Length: > 0 } named)
        {
            return NativeLibrary.Load(named);
        }
        string folder = Path.GetDirectoryName(assembly.Location) is { Length: > 0 } own ? own : AppContext.BaseDirectory;
        string file = OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : OperatingSystem.IsWindows() ? $"{name}.dll" : $"lib{name}.so";
        foreach (string candidate in (string[])[Path.Combine(folder, file), Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file)])
        {
            if (File.Exists(candidate))
            {
                return NativeLibrary.Load(candidate);
            }
        }
        return NativeLibrary.TryLoad(file, out nint handle)
            ? handle
            : throw new DllNotFoundException($"{file} was found neither in {folder} nor by the system. Build it with CMake from native/vision, or name it in BOXTEACHER_VISION.");
    }
}
