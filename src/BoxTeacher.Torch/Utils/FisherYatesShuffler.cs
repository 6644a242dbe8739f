using System;
using System.Collections;
using System.Collections.Generic;

namespace TorchSharp.Utils;

/// <summary>The numbers below a size in random order: the same order for the same seed, another one at each pass without.</summary>
public class FisherYatesShuffler : IEnumerable<long>
{
    private readonly long _size;
    private readonly int? _seed;

    public FisherYatesShuffler(long size, int? seed = null)
    {
        _size = size;
        _seed = seed;
    }

    public IEnumerator<long> GetEnumerator()
    {
        var random = _seed is { } seed ? new Random(seed) : new Random();
        var numbers = new long[_size];
        for (var k = 0; k < numbers.Length; k++) {
            numbers[k] = k;
        }
        random.Shuffle(numbers);
        return ((IEnumerable<long>)numbers).GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
