using System;

namespace TorchSharp.Modules;

/// <summary>A module that is only a function: it has nothing to move between devices and types.</summary>
public interface IParameterLessModule
{
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, TResult> : torch.nn.Module<T1, T2, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, TResult> : torch.nn.Module<T1, T2, T3, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, TResult> : torch.nn.Module<T1, T2, T3, T4, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, T5, TResult> : torch.nn.Module<T1, T2, T3, T4, T5, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, T5, T6, TResult> : torch.nn.Module<T1, T2, T3, T4, T5, T6, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name) { }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true)
        => throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    public override void register_parameter(string name, Parameter param)
        => throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    public override void register_module(string name, torch.nn.Module submodule)
        => throw new InvalidOperationException("Cannot register a submodule on a module that is declared 'parameter-less.'");
}
