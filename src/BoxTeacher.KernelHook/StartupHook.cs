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

        // Packages ask for a newer FSharp.Core than the one that the kernel's compiler comes with.
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name == "FSharp.Core" ? context.LoadFromAssemblyName(new AssemblyName("FSharp.Core")) : null;

        WebServer.Close();
        if (OperatingSystem.IsLinux())
        {
            new Thread(Signals.Watch) { IsBackground = true, Name = "Jupyter's signals" }.Start();
        }
    }
}
