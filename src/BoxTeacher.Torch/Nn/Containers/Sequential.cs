using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Modules one after the other. What passes between them is disposed as soon as the next one has taken it.</summary>
public class Sequential : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly List<(string Name, torch.nn.IModule<torch.Tensor, torch.Tensor> Module)> _modules = [];

    protected internal Sequential(params (string name, torch.nn.Module<torch.Tensor, torch.Tensor> submodule)[] modules) : base(nameof(Sequential))
    {
        foreach (var (key, module) in modules) {
            append(key, module);
        }
    }

    protected internal Sequential(params torch.nn.Module<torch.Tensor, torch.Tensor>[] modules) : base(nameof(Sequential))
    {
        foreach (var module in modules) {
            append(module);
        }
    }

    private Sequential(IEnumerable<(string, torch.nn.IModule<torch.Tensor, torch.Tensor>)> modules) : base(nameof(Sequential))
    {
        foreach (var (key, module) in modules) {
            append(key, module);
        }
    }

    public int Count => _modules.Count;

    public torch.nn.IModule<torch.Tensor, torch.Tensor> this[int index] => _modules[index].Module;

    /// <summary>A part of the sequence, over the same modules.</summary>
    public Sequential this[Range index]
    {
        get {
            var (start, length) = index.GetOffsetAndLength(_modules.Count);
            return new Sequential(_modules.Skip(start).Take(length));
        }
    }

    /// <inheritdoc cref="this[Range]"/>
    public Sequential this[(int? start, int? end) index] => this[(index.start ?? 0)..(index.end ?? _modules.Count)];

    public Sequential append(string name, torch.nn.IModule<torch.Tensor, torch.Tensor> module)
    {
        register_module(name, (torch.nn.Module)module);
        _modules.Add((name, module));
        return this;
    }

    public Sequential append(torch.nn.IModule<torch.Tensor, torch.Tensor> module)
        => append(_modules.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), module);

    protected override void RegisterComponents() { }

    public override torch.Tensor forward(torch.Tensor tensor)
    {
        var current = tensor;
        foreach (var (_, module) in _modules) {
            var next = module.call(current);
            if (!ReferenceEquals(current, tensor) && !ReferenceEquals(current, next)) {
                current.Dispose();
            }
            current = next;
        }
        return ReferenceEquals(current, tensor) ? tensor.Share() : current;
    }
}
