using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Utils;

namespace TorchSharp.Modules;

/// <summary>Modules under names of their own, in the order in which they came.</summary>
public class ModuleDict<T> : torch.nn.Module, IDictionary<string, T>, IList<(string, T)> where T : torch.nn.Module
{
    private readonly OrderedDict<string, T> _items = new();

    public ModuleDict() : base(nameof(ModuleDict<T>)) { }

    protected override void RegisterComponents() { }

    /// <summary>Registers what there is now, in its order.</summary>
    private void Register()
    {
        ClearModules();
        foreach (var (key, module) in _items) {
            register_module(key, module);
        }
    }

    public T this[string key]
    {
        get => _items[key];
        set {
            _items[key] = value;
            Register();
        }
    }

    public (string, T) this[int index]
    {
        get => _items[index];
        set {
            _items[index] = value;
            Register();
        }
    }

    public ICollection<string> Keys => _items.Keys;
    public ICollection<T> Values => _items.Values;
    public int Count => _items.Count;
    public bool IsReadOnly => false;
    public IEnumerable<string> keys() => _items.keys();
    public IEnumerable<T> values() => _items.values();
    public IEnumerator<(string, T)> items() => GetEnumerator();

    public void Add(string key, T value)
    {
        _items.Add(key, value);
        register_module(key, value);
    }

    public void Add((string, T) item) => Add(item.Item1, item.Item2);
    public void Add(KeyValuePair<string, T> item) => Add(item.Key, item.Value);

    public void Insert(int index, (string, T) item)
    {
        _items.Insert(index, item);
        Register();
    }

    public bool Remove(string key)
    {
        var removed = _items.Remove(key);
        Register();
        return removed;
    }

    public bool Remove((string, T) item) => Contains(item) && Remove(item.Item1);
    public bool Remove(KeyValuePair<string, T> item) => Contains(item) && Remove(item.Key);
    public void RemoveAt(int index) => Remove(_items[index].Item1);

    public void Clear()
    {
        _items.Clear();
        Register();
    }

    public void clear() => Clear();
    public bool ContainsKey(string key) => _items.ContainsKey(key);
    public bool Contains((string, T) item) => _items.Contains(item);
    public bool Contains(KeyValuePair<string, T> item) => _items.Contains(item);
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _items.TryGetValue(key, out value);
    public int IndexOf((string, T) item) => _items.IndexOf(item);
    public void CopyTo((string, T)[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);
    public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);
    public IEnumerator<(string, T)> GetEnumerator() => _items.GetEnumerator();
    IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() => ((IEnumerable<KeyValuePair<string, T>>)_items).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
