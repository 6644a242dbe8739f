using System.Reflection;
using System.Runtime.Loader;

/// <summary>
/// .NET calls it before the kernel's own first line (DOTNET_STARTUP_HOOKS in kernel.json). The name and place of the type are .NET's rule.
/// </summary>
internal static class StartupHook
{
    /// <summary>Makes the kernel fit: its F# library, its web server, its signals.</summary>
    public static void Initialize()
    {
        // Not for the processes that the kernel starts.
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);

        // Packages ask for a newer FSharp.Core than the kernel's compiler works with.
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name == "FSharp.Core" ? context.LoadFromAssemblyName(new AssemblyName("FSharp.Core")) : null;

        // The kernel's web server runs code for whoever connects, a page in the user's browser included. It answers to this name alone.
        Environment.SetEnvironmentVariable("AllowedHosts", $"{Guid.NewGuid():N}.invalid");

        if (OperatingSystem.IsLinux())
        {
            new Thread(Signals.Watch) { IsBackground = true, Name = "signals of Jupyter" }.Start();
        }
    }
}
