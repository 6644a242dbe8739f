using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Modules;

/// <summary>Parameters under names of their own, in the order in which they came.</summary>
public class ParameterDict : torch.nn.Module, IDictionary<string, Parameter>, IList<(string, Parameter)>
{
    public ParameterDict() : base(nameof(ParameterDict)) { }

    protected override void RegisterComponents() { }

    public Parameter this[string key]
    {
        get => _internal_params[key];
        set {
            value.DetachFromDisposeScope();
            _internal_params[key] = value;
        }
    }

    public (string, Parameter) this[int index]
    {
        get => _internal_params[index];
        set {
            value.Item2.DetachFromDisposeScope();
            _internal_params[index] = value;
        }
    }

    public ICollection<string> Keys => _internal_params.Keys;
    public ICollection<Parameter> Values => _internal_params.Values;
    public int Count => _internal_params.Count;
    public bool IsReadOnly => false;
    public IEnumerable<string> keys() => _internal_params.keys();
    public IEnumerable<Parameter> values() => _internal_params.values();
    public IEnumerator<(string, Parameter)> items() => GetEnumerator();

    public void Add(string key, Parameter value) => register_parameter(key, value);

    public void Add((string, Parameter) item) => Add(item.Item1, item.Item2);
    public void Add(KeyValuePair<string, Parameter> item) => Add(item.Key, item.Value);

    public void Insert(int index, (string, Parameter) item)
    {
        item.Item2.DetachFromDisposeScope();
        _internal_params.Insert(index, item);
    }

    public bool Remove(string key) => _internal_params.Remove(key);

    public bool Remove((string, Parameter) item) => Contains(item) && Remove(item.Item1);
    public bool Remove(KeyValuePair<string, Parameter> item) => Contains(item) && Remove(item.Key);
    public void RemoveAt(int index) => Remove(_internal_params[index].Item1);

    public void Clear() => _internal_params.Clear();

    public void clear() => Clear();
    public bool ContainsKey(string key) => _internal_params.ContainsKey(key);
    public bool Contains((string, Parameter) item) => _internal_params.Contains(item);
    public bool Contains(KeyValuePair<string, Parameter> item) => _internal_params.Contains(item);
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Parameter value) => _internal_params.TryGetValue(key, out value);
    public int IndexOf((string, Parameter) item) => _internal_params.IndexOf(item);
    public void CopyTo((string, Parameter)[] array, int arrayIndex) => _internal_params.CopyTo(array, arrayIndex);
    public void CopyTo(KeyValuePair<string, Parameter>[] array, int arrayIndex) => _internal_params.CopyTo(array, arrayIndex);
    public IEnumerator<(string, Parameter)> GetEnumerator() => _internal_params.GetEnumerator();
    IEnumerator<KeyValuePair<string, Parameter>> IEnumerable<KeyValuePair<string, Parameter>>.GetEnumerator() => ((IEnumerable<KeyValuePair<string, Parameter>>)_internal_params).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
