using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>Any operator of libtorch by its schema name, for what the TorchSharp API has no function for.</summary>
public static class Aten
{
    /// <summary>Whether this libtorch has the operator.</summary>
    /// <param name="name">Its name, "add" or "aten::add"; operators of other namespaces with theirs.</param>
    /// <param name="overload">The overload, "Tensor" of "add.Tensor"; empty: the one without a name.</param>
    public static bool Has(string name, string overload = "") => new Operator(name, overload).Exists;

    /// <summary>The operator's declaration as libtorch prints it.</summary>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">There is no such operator.</exception>
    public static string Schema(string name, string overload = "") => new Operator(name, overload).Schema;

    /// <summary>Calls an operator. Gradients are recorded as for any other function.</summary>
    /// <param name="name">Its name, "add" or "aten::add".</param>
    /// <param name="overload">The overload, "Tensor" of "add.Tensor"; empty: the one without a name.</param>
    /// <param name="args">
    /// The arguments in the order of the schema; missing last ones take their defaults. A null is Python's None. Allowed:
    /// Tensor, integers, float and double, bool, string, Scalar, ScalarType, Device, Generator, and arrays or lists of
    /// integers, numbers, bool and Tensor.
    /// </param>
    /// <returns>The results: Tensor, Tensor[], long, double, bool, string, long[], double[] or null each.</returns>
    /// <exception cref="ArgumentException">An argument is of no allowed type.</exception>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">
    /// There is no such operator, an argument does not fit its schema, or the operator failed.
    /// </exception>
    public static object?[] Call(string name, string overload = "", params object?[] args)
    {
        var values = new Value[args.Length];
        for (var k = 0; k < args.Length; k++) {
            values[k] = Convert(args[k], k, name);
        }
        var results = new Operator(name, overload).Objects(check: true, values);
        GC.KeepAlive(args);
        return results;
    }

    /// <summary>The same for an operator with one result, which is a tensor.</summary>
    /// <exception cref="InvalidOperationException">The operator gives something else.</exception>
    public static Tensor CallTensor(string name, string overload = "", params object?[] args)
        => Call(name, overload, args) is [Tensor t] ? t : throw new InvalidOperationException($"{name}: the result is not one tensor ({Schema(name, overload)})");

    private static Value Convert(object? argument, int position, string name) => argument switch {
        null => Value.None,
        Tensor t => t,
        bool b => b,
        long i => i,
        int i => i,
        short i => i,
        byte i => i,
        double d => d,
        float d => d,
        string s => s,
        Scalar s => s,
        ScalarType t => t,
        Device d => d,
        Generator g => g,
        memory_format f => (long)f,
        long[] list => list,
        double[] list => list,
        bool[] list => list,
        Tensor[] list => list,
        IEnumerable<long> list => list.ToArray(),
        IEnumerable<int> list => list.Select(i => (long)i).ToArray(),
        IEnumerable<double> list => list.ToArray(),
        IEnumerable<float> list => list.Select(d => (double)d).ToArray(),
        IEnumerable<bool> list => list.ToArray(),
        IEnumerable<Tensor?> list => Value.OptionalTensors([.. list]),
        _ => throw new ArgumentException($"{name}: argument {position} is of type {argument.GetType()}, which no operator takes"),
    };
}
