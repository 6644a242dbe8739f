using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp.Modules;

/// <summary>What the recurrent networks have in common: their parameters, named and ordered as in PyTorch.</summary>
internal static class Recurrent
{
    /// <summary>Per layer and direction: weights of the input and of the state, then the two biases; uniform within 1 / sqrt(hidden size).</summary>
    internal static List<(string Name, Parameter Parameter)> Create(long gates, long input, long hidden, long layers, bool bias, bool bidirectional, torch.Device? device, torch.ScalarType? dtype)
    {
        var list = new List<(string, Parameter)>();
        for (long layer = 0; layer < layers; layer++) {
            foreach (var suffix in bidirectional ? (string[])["", "_reverse"] : [""]) {
                var inputs = layer == 0 ? input : hidden * (bidirectional ? 2 : 1);
                list.AddRange(Cell(gates, inputs, hidden, bias, device, dtype).Select(p => ($"{p.Name}_l{layer}{suffix}", p.Parameter)));
            }
        }
        Reset(list.Select(p => p.Item2), hidden);
        return list;
    }

    internal static IEnumerable<(string Name, Parameter Parameter)> Cell(long gates, long input, long hidden, bool bias, torch.Device? device, torch.ScalarType? dtype)
    {
        Parameter New(params long[] shape) => new(torch.empty(shape, dtype, device));
        yield return ("weight_ih", New(gates * hidden, input));
        yield return ("weight_hh", New(gates * hidden, hidden));
        if (bias) {
            yield return ("bias_ih", New(gates * hidden));
            yield return ("bias_hh", New(gates * hidden));
        }
    }

    internal static void Reset(IEnumerable<Parameter> parameters, long hidden)
    {
        var bound = hidden > 0 ? 1 / Math.Sqrt(hidden) : 0;
        foreach (var p in parameters) {
            torch.nn.init.uniform_(p, -bound, bound).Dispose();
        }
    }
}

/// <summary>The settings of a recurrent network.</summary>
internal readonly record struct RecurrentShape(long Hidden, long Layers, bool Bias, bool BatchFirst, double Dropout, bool Bidirectional)
{
    private long Rows => Layers * (Bidirectional ? 2 : 1);

    /// <summary>A first state of zeros for [L, N, E], [N, L, E] or [L, E].</summary>
    internal torch.Tensor Zeros(torch.Tensor input)
        => torch.zeros([Rows, input.ndim == 3 ? input.shape[BatchFirst ? 0 : 1] : 1, Hidden], input.dtype, input.device);
}
