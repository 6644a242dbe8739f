using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Random numbers. Without a generator the default one is used, which manual_seed seeds.</content>
public static partial class torch
{
    private static readonly Operator s_randint = new("randint", "low_generator");
    private static readonly Operator s_randperm = new("randperm", "generator");
    private static readonly Operator s_randpermOut = new("randperm", "generator_out");
    private static readonly Operator s_normalTensors = new("normal", "Tensor_Tensor");
    private static readonly Operator s_normalNumbers = new("normal", "float_float");
    private static readonly Operator s_standardGamma = new("_standard_gamma");
    private static readonly Operator s_sampleDirichlet = new("_sample_dirichlet");

    /// <summary>Seeds the generators of every device.</summary>
    public static Generator manual_seed(long seed)
    {
        Error.Check(NativeMethods.bt_manual_seed((ulong)seed));
        return Generator.Default;
    }

    /// <summary>Seeds from the system's entropy, and returns the seed.</summary>
    public static long seed()
    {
        using var generator = Generator.Default;
        return generator.seed();
    }

    public static long initial_seed()
    {
        using var generator = Generator.Default;
        return generator.initial_seed();
    }

    public static Tensor get_rng_state()
    {
        using var generator = Generator.Default;
        return generator.get_state();
    }

    public static void set_rng_state(Tensor new_state)
    {
        using var generator = Generator.Default;
        generator.set_state(new_state);
    }

    /// <summary>The same under PyTorch's name torch.random.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
        public static long seed() => torch.seed();
        public static long initial_seed() => torch.initial_seed();
        public static Tensor get_rng_state() => torch.get_rng_state();
        public static void set_rng_state(Tensor new_state) => torch.set_rng_state(new_state);
    }

    /// <summary>Integers of [low, high), int64 unless another dtype is asked for.</summary>
    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => Made(s_randint.Tensor(low, high, size.Shape, generator, dtype ?? ScalarType.Int64, Value.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(low, high, new Size(size), dtype, device, requires_grad, generator, names);

    public static Tensor randint(int low, int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(low, high, new Size(size), dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(0L, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(0L, high, new Size(size), dtype, device, requires_grad, generator, names);

    public static Tensor randint(int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => randint(0L, high, new Size(size), dtype, device, requires_grad, generator, names);

    /// <summary>The integers below n in random order.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
        => Made(s_randperm.Tensor(n, generator, dtype ?? ScalarType.Int64, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor randperm(long n, Tensor @out, Generator? generator = null) => s_randpermOut.InPlace(@out, n, generator, @out);

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) => s_normalTensors.Tensor(mean, std, generator);

    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
        => Made(s_normalNumbers.Tensor(mean, std, size.ToArray(), generator, dtype, Value.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor _standard_gamma(Tensor input, Generator? generator = null) => s_standardGamma.Tensor(input, generator);
    public static Tensor _sample_dirichlet(Tensor input, Generator? generator = null) => s_sampleDirichlet.Tensor(input, generator);

    public static double rand_float(Generator? generator = null)
    {
        using var t = rand((long[])[1], ScalarType.Float32, CPU, generator: generator);
        return t.ToDouble();
    }

    public static double randn_float(Generator? generator = null)
    {
        using var t = randn((long[])[1], ScalarType.Float32, CPU, generator: generator);
        return t.ToDouble();
    }

    public static bool randint_bool(Generator? generator = null) => randint_long(0, 2, generator) == 1;
    public static int randint_int(int high, Generator? generator = null) => (int)randint_long(0, high, generator);
    public static int randint_int(int low, int high, Generator? generator = null) => (int)randint_long(low, high, generator);
    public static long randint_long(long high, Generator? generator = null) => randint_long(0, high, generator);

    public static long randint_long(long low, long high, Generator? generator = null)
    {
        using var t = randint(low, high, (long[])[1], generator: generator);
        return t.ToInt64();
    }
}
