using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>Modules and dispose scopes.</summary>
internal static class ModuleScopes
{
    /// <summary>
    /// Takes a module's own parameters and buffers out of the dispose scope in which it is made, as TorchSharp does with those of its own
    /// layers: they live as long as the module. To be called after RegisterComponents.
    /// </summary>
    public static void DetachFromDisposeScope(this nn.Module module)
    {
        foreach (var parameter in module.parameters(recurse: false))
        {
            parameter.DetachFromDisposeScope();
        }
        foreach (var buffer in module.buffers(recurse: false))
        {
            buffer.DetachFromDisposeScope();
        }
    }
}
