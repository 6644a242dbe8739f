using System;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>The update of Adam and of AdamW: one native pass over all parameters of a group.</summary>
internal static class AdamUpdate
{
    private static readonly Operator s_neg = new("_foreach_neg");
    private static readonly Operator s_add = new("_foreach_add", "List");
    private static readonly Operator s_addInPlace = new("_foreach_add_", "List");
    private static readonly Operator s_addScalarInPlace = new("_foreach_add_", "Scalar");
    private static readonly Operator s_mulInPlace = new("_foreach_mul_", "Scalar");
    private static readonly Operator s_addcmulInPlace = new("_foreach_addcmul_", "Scalar");
    private static readonly Operator s_addcdivInPlace = new("_foreach_addcdiv_", "Scalar");
    private static readonly Operator s_sqrt = new("_foreach_sqrt");
    private static readonly Operator s_maximumInPlace = new("maximum", "out");

    /// <summary>What is remembered of a parameter.</summary>
    internal interface IState
    {
        long Step { get; set; }
        torch.Tensor Average { get; }
        torch.Tensor Square { get; }
        torch.Tensor? LargestSquare { get; }
    }

    /// <summary>The options of a group. Weight decay is added to the gradient, or decoupled from it.</summary>
    internal readonly record struct Settings(
        double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, bool Decoupled, bool AmsGrad, bool Maximize);

    internal static unsafe void Run(Parameter[] parameters, Func<Parameter, IState> stateOf, Settings settings)
    {
        var n = parameters.Length;
        var states = Array.ConvertAll(parameters, p => stateOf(p));
        Span<nint> handles = n <= 64 ? stackalloc nint[4 * n] : new nint[4 * n];
        Span<long> steps = n <= 64 ? stackalloc long[n] : new long[n];
        for (var k = 0; k < n; k++) {
            handles[k] = parameters[k].Handle;
            handles[n + k] = states[k].Average.Handle;
            handles[2 * n + k] = states[k].Square.Handle;
            handles[3 * n + k] = settings.AmsGrad ? states[k].LargestSquare!.Handle : 0;
            steps[k] = states[k].Step;
        }
        int done;
        fixed (nint* p = handles)
        fixed (long* s = steps) {
            done = Error.Check(NativeMethods.bt_adam(
                p, p + n, p + 2 * n, settings.AmsGrad ? p + 3 * n : null, s, n, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Eps,
                settings.WeightDecay, settings.Decoupled ? 1 : 0, settings.Maximize ? 1 : 0));
        }
        if (done == 0) {
            RunByOperators(parameters, states, settings);
            return;
        }
        for (var k = 0; k < n; k++) {
            states[k].Step = steps[k];
        }
    }

    /// <summary>The same for any type and device, over all parameters of one age at a time.</summary>
    private static void RunByOperators(Parameter[] parameters, IState[] states, Settings settings)
    {
        using var scope = torch.NewDisposeScope();
        var withGradient = parameters.Zip(states, (p, s) => (Parameter: p, Gradient: Gradients.Get(p), State: s)).Where(t => t.Gradient is not null);
        foreach (var sameAge in withGradient.GroupBy(t => t.State.Step)) {
            RunByOperators([.. sameAge.Select(t => t.Parameter)], [.. sameAge.Select(t => t.Gradient!)], [.. sameAge.Select(t => t.State)], sameAge.Key + 1, settings);
        }
    }

    private static void RunByOperators(torch.Tensor[] p, torch.Tensor[] g, IState[] states, long step, Settings settings)
    {
        var (rate, beta1, beta2, eps, decay, decoupled, amsGrad, maximize) = settings;
        if (maximize) {
            g = s_neg.List(g);
        }
        if (decay != 0 && decoupled) {
            s_mulInPlace.Void(p, 1 - rate * decay);
        } else if (decay != 0) {
            g = s_add.List(g, p, decay);
        }
        var average = Array.ConvertAll(states, s => s.Average);
        var square = Array.ConvertAll(states, s => s.Square);
        s_mulInPlace.Void(average, beta1);
        s_addInPlace.Void(average, g, 1 - beta1);
        s_mulInPlace.Void(square, beta2);
        s_addcmulInPlace.Void(square, g, g, 1 - beta2);
        if (amsGrad) {
            foreach (var s in states) {
                s_maximumInPlace.InPlace(s.LargestSquare!, s.LargestSquare!, s.Square, s.LargestSquare!);
            }
            square = Array.ConvertAll(states, s => s.LargestSquare!);
        }
        var denominator = s_sqrt.List(square);
        s_mulInPlace.Void(denominator, 1 / Math.Sqrt(1 - Math.Pow(beta2, step)));
        s_addScalarInPlace.Void(denominator, eps);
        s_addcdivInPlace.Void(p, average, denominator, -rate / (1 - Math.Pow(beta1, step)));
        foreach (var s in states) {
            s.Step = step;
        }
    }
}
