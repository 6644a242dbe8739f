using System.Runtime.CompilerServices;

/// <summary>
/// The host calls it before a program's first line where a runtimeconfig.json names this assembly under STARTUP_HOOKS: for programs that
/// use TorchSharp before anything of the core, such as tests. The name and place of the type are the host's rule.
/// </summary>
internal static class StartupHook
{
    /// <summary>Runs the module's initializer, which loads TorchSharp's native half when TorchSharp comes.</summary>
    public static void Initialize() => RuntimeHelpers.RunModuleConstructor(typeof(StartupHook).Module.ModuleHandle);
}
