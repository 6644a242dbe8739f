namespace TorchSharp;

/// <summary>The functions of PyTorch's module torch.</summary>
public static partial class torch
{
    /// <summary>Opens a scope that disposes, at its end, every tensor made on this thread meanwhile.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ForThread.NewScope();
}
