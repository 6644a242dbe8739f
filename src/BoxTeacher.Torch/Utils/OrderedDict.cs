using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps the order of insertion and can be indexed by position.</summary>
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)> where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _values = [];
    private readonly List<TKey> _order = [];

    public OrderedDict() { }

    public TValue this[TKey key]
    {
        get => _values[key];
        set {
            if (!_values.ContainsKey(key)) {
                _order.Add(key);
            }
            _values[key] = value;
        }
    }

    public (TKey, TValue) this[int index]
    {
        get => (_order[index], _values[_order[index]]);
        set {
            _values.Remove(_order[index]);
            _order[index] = value.Item1;
            _values[value.Item1] = value.Item2;
        }
    }

    public ICollection<TKey> Keys => _order.AsReadOnly();
    public ICollection<TValue> Values => _order.ConvertAll(k => _values[k]);
    public int Count => _order.Count;
    public bool IsReadOnly => false;

    public IEnumerable<TKey> keys() => Keys;
    public IEnumerable<TValue> values() => Values;
    public IEnumerator<(TKey, TValue)> items() => GetEnumerator();

    public void Add(TKey key, TValue value)
    {
        _values.Add(key, value);
        _order.Add(key);
    }

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);
    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    public void Insert(int index, (TKey, TValue) item)
    {
        _values.Add(item.Item1, item.Item2);
        _order.Insert(index, item.Item1);
    }

    public bool ContainsKey(TKey key) => _values.ContainsKey(key);
    public bool Contains((TKey, TValue) item) => Contains(new KeyValuePair<TKey, TValue>(item.Item1, item.Item2));
    public bool Contains(KeyValuePair<TKey, TValue> item) => ((ICollection<KeyValuePair<TKey, TValue>>)_values).Contains(item);
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _values.TryGetValue(key, out value);
    public int IndexOf((TKey, TValue) item) => Contains(item) ? _order.IndexOf(item.Item1) : -1;

    public bool Remove(TKey key) => _values.Remove(key) && _order.Remove(key);
    public bool Remove((TKey, TValue) item) => Contains(item) && Remove(item.Item1);
    public bool Remove(KeyValuePair<TKey, TValue> item) => Contains(item) && Remove(item.Key);
    public void RemoveAt(int index) => Remove(_order[index]);

    public void Clear()
    {
        _values.Clear();
        _order.Clear();
    }

    public void clear() => Clear();

    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => _order.ConvertAll(k => (k, _values[k])).CopyTo(array, arrayIndex);

    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
        => _order.ConvertAll(k => new KeyValuePair<TKey, TValue>(k, _values[k])).CopyTo(array, arrayIndex);

    public IEnumerator<(TKey, TValue)> GetEnumerator() => _order.Select(k => (k, _values[k])).GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator()
        => _order.Select(k => new KeyValuePair<TKey, TValue>(k, _values[k])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
