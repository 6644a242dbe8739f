using System.Collections;
using System.Collections.Generic;
using System.Globalization;

namespace TorchSharp.Modules;

/// <summary>A list of modules; they are registered under their positions.</summary>
public class ModuleList<T> : torch.nn.Module, IList<T> where T : torch.nn.Module
{
    private readonly List<T> _list = [];

    public ModuleList(params T[] modules) : base(nameof(ModuleList<T>))
    {
        _list.AddRange(modules);
        Register();
    }

    protected override void RegisterComponents() { }

    /// <summary>Positions are names: every change that moves a module registers all of them anew.</summary>
    private void Register()
    {
        ClearModules();
        for (var k = 0; k < _list.Count; k++) {
            register_module(k.ToString(CultureInfo.InvariantCulture), _list[k]);
        }
    }

    public T this[int index]
    {
        get => _list[index];
        set {
            _list[index] = value;
            Register();
        }
    }

    public int Count => _list.Count;
    public bool IsReadOnly => false;

    public void Add(T item)
    {
        _list.Add(item);
        register_module((_list.Count - 1).ToString(CultureInfo.InvariantCulture), item);
    }

    public void append(params T[] parameters) => extend(parameters);

    public void extend(IEnumerable<T> modules)
    {
        foreach (var module in modules) {
            Add(module);
        }
    }

    public void Insert(int index, T item)
    {
        _list.Insert(index, item);
        Register();
    }

    public bool Remove(T item)
    {
        var removed = _list.Remove(item);
        Register();
        return removed;
    }

    public void RemoveAt(int index)
    {
        _list.RemoveAt(index);
        Register();
    }

    public void Clear()
    {
        _list.Clear();
        Register();
    }

    public bool Contains(T item) => _list.Contains(item);
    public int IndexOf(T item) => _list.IndexOf(item);
    public void CopyTo(T[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);
    public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
