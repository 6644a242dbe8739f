using System.Collections;
using System.Collections.Generic;
using System.Globalization;

namespace TorchSharp.Modules;

/// <summary>A list of parameters; they are registered under their positions.</summary>
public class ParameterList : torch.nn.Module, IList<Parameter>
{
    private readonly List<Parameter> _list = [];

    public ParameterList(params Parameter[] parameters) : base(nameof(ParameterList))
    {
        _list.AddRange(parameters);
        Register();
    }

    protected override void RegisterComponents() { }

    /// <summary>Positions are names: every change that moves a parameter registers all of them anew.</summary>
    private void Register()
    {
        _internal_params.Clear();
        for (var k = 0; k < _list.Count; k++) {
            register_parameter(k.ToString(CultureInfo.InvariantCulture), _list[k] = _list[k].Current);
        }
    }

    public Parameter this[int index]
    {
        get => _list[index] = _list[index].Current;
        set {
            _list[index] = value;
            Register();
        }
    }

    public int Count => _list.Count;
    public bool IsReadOnly => false;

    public void Add(Parameter item)
    {
        _list.Add(item);
        register_parameter((_list.Count - 1).ToString(CultureInfo.InvariantCulture), item);
    }

    public void append(params Parameter[] parameters) => extend(parameters);

    public void extend(IEnumerable<Parameter> parameters)
    {
        foreach (var p in parameters) {
            Add(p);
        }
    }

    public void Insert(int index, Parameter item)
    {
        _list.Insert(index, item);
        Register();
    }

    public bool Remove(Parameter item)
    {
        var index = IndexOf(item);
        if (index >= 0) {
            RemoveAt(index);
        }
        return index >= 0;
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

    public bool Contains(Parameter item) => _list.Exists(p => ReferenceEquals(p.Current, item));
    public int IndexOf(Parameter item) => _list.FindIndex(p => ReferenceEquals(p.Current, item));
    public void CopyTo(Parameter[] array, int arrayIndex) => _list.ConvertAll(p => p.Current).CopyTo(array, arrayIndex);
    public IEnumerator<Parameter> GetEnumerator() => _list.ConvertAll(p => p.Current).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
