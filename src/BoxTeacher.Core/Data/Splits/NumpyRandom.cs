namespace BoxTeacher.Data;

/// <summary>
/// numpy's legacy random generator (RandomState): the Mersenne Twister MT19937 of Matsumoto and Nishimura (1998), seeded
/// by one integer. Published data splits were drawn with it.
/// </summary>
internal sealed class NumpyRandom
{
    private const int Length = 624, Middle = 397;
    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    public NumpyRandom(uint seed)
    {
        for (uint i = 0; i < Length; i++)
        {
            _state[i] = i == 0 ? seed : (1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }
    }

    /// <summary>32 random bits.</summary>
    public uint Next()
    {
        if (_next == Length)
        {
            Twist();
        }
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double Unit()
    {
        uint high = Next() >> 5, low = Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary>The numbers 0, 1, ..., count - 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = i;
        }
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)UpTo((uint)i);
            (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
        }
        return numbers;
    }

    /// <summary>One of 0, 1, ..., count - 1 (<c>randint</c>, and <c>choice</c> with replacement).</summary>
    public int Below(int count) => (int)UpTo((uint)(count - 1));

    // Draws as many bits as the limit has until they are within it.
    private uint UpTo(uint limit)
    {
        var mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(limit);
        uint value;
        do
        {
            value = Next() & mask;
        }
        while (value > limit);
        return value;
    }

    private void Twist()
    {
        for (var i = 0; i < Length; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7FFFFFFF);
            _state[i] = _state[(i + Middle) % Length] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DF : 0);
        }
        _next = 0;
    }
}
