using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Adam (Kingma and Ba 2015), as PyTorch's; weight decay is added to the gradient. One pass over all parameters of a group.</summary>
public class Adam : OptimizerHelper, torch.optim.IBetas
{
    public Adam(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize) { }

    public Adam(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(beta1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(beta1, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(beta2);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(beta2, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(eps);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options {
            LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay,
            amsgrad = amsgrad, maximize = maximize,
        };
        AddGroups(parameters);
    }

    public (double, double) Betas
    {
        get => (((Options)_defaults).beta1!.Value, ((Options)_defaults).beta2!.Value);
        set {
            foreach (var options in _parameter_groups.Select(g => g.Options).Append(_defaults).Cast<Options>()) {
                (options.beta1, options.beta2) = value;
            }
        }
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.beta1 ??= defaults.beta1;
        options.beta2 ??= defaults.beta2;
        options.eps ??= defaults.eps;
        options.weight_decay ??= defaults.weight_decay;
        options.amsgrad ??= defaults.amsgrad;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private unsafe void Update(ParamGroup group)
    {
        var options = group.Options;
        var amsgrad = options.amsgrad!.Value;
        var list = group.List;
        var n = list.Length;
        Span<nint> handles = n <= 64 ? stackalloc nint[4 * n] : new nint[4 * n];
        Span<long> steps = n <= 64 ? stackalloc long[n] : new long[n];
        for (var k = 0; k < n; k++) {
            var state = (State)_state[list[k].Handle];
            handles[k] = list[k].Handle;
            handles[n + k] = state.exp_avg.Handle;
            handles[2 * n + k] = state.exp_avg_sq.Handle;
            handles[3 * n + k] = amsgrad ? state.max_exp_avg_sq!.Handle : 0;
            steps[k] = state.step;
        }
        int done;
        fixed (nint* p = handles)
        fixed (long* s = steps) {
            done = Error.Check(NativeMethods.bt_adam(p, p + n, p + 2 * n, amsgrad ? p + 3 * n : null, s, n, options.LearningRate!.Value, options.beta1!.Value,
                options.beta2!.Value, options.eps!.Value, options.weight_decay!.Value, 0, options.maximize!.Value ? 1 : 0));
        }
        if (done == 0) {
            UpdateByOperators(group);
            return;
        }
        for (var k = 0; k < n; k++) {
            ((State)_state[handles[k]]).step = steps[k];
        }
    }

    private static readonly Operator s_neg = new("_foreach_neg");
    private static readonly Operator s_add = new("_foreach_add", "List");
    private static readonly Operator s_addInPlace = new("_foreach_add_", "List");
    private static readonly Operator s_addScalarInPlace = new("_foreach_add_", "Scalar");
    private static readonly Operator s_mulInPlace = new("_foreach_mul_", "Scalar");
    private static readonly Operator s_addcmulInPlace = new("_foreach_addcmul_", "Scalar");
    private static readonly Operator s_addcdivInPlace = new("_foreach_addcdiv_", "Scalar");
    private static readonly Operator s_sqrt = new("_foreach_sqrt");
    private static readonly Operator s_maximumInPlace = new("maximum", "out");

    /// <summary>The same for any type and device, over all parameters of one age at a time.</summary>
    private void UpdateByOperators(ParamGroup group)
    {
        using var scope = torch.NewDisposeScope();
        var withGradient = group.List.Select(p => (Parameter: p, Gradient: Gradients.Get(p), State: (State)_state[p.Handle])).Where(t => t.Gradient is not null);
        foreach (var sameAge in withGradient.GroupBy(t => t.State.step)) {
            UpdateByOperators(group.Options, sameAge.Key + 1, [.. sameAge.Select(t => t.Parameter)], [.. sameAge.Select(t => t.Gradient!)], [.. sameAge.Select(t => t.State)]);
        }
    }

    private static void UpdateByOperators(Options options, long step, torch.Tensor[] p, torch.Tensor[] g, State[] states)
    {
        var (beta1, beta2) = (options.beta1!.Value, options.beta2!.Value);
        if (options.maximize!.Value) {
            g = s_neg.List(g);
        }
        if (options.weight_decay != 0) {
            g = s_add.List(g, p, options.weight_decay);
        }
        var average = Array.ConvertAll(states, s => s.exp_avg);
        var square = Array.ConvertAll(states, s => s.exp_avg_sq);
        s_mulInPlace.Void(average, beta1);
        s_addInPlace.Void(average, g, 1 - beta1);
        s_mulInPlace.Void(square, beta2);
        s_addcmulInPlace.Void(square, g, g, 1 - beta2);
        if (options.amsgrad!.Value) {
            foreach (var s in states) {
                s_maximumInPlace.InPlace(s.max_exp_avg_sq!, s.max_exp_avg_sq!, s.exp_avg_sq, s.max_exp_avg_sq!);
            }
            square = Array.ConvertAll(states, s => s.max_exp_avg_sq!);
        }
        var denominator = s_sqrt.List(square);
        s_mulInPlace.Void(denominator, 1 / Math.Sqrt(1 - Math.Pow(beta2, step)));
        s_addScalarInPlace.Void(denominator, options.eps);
        s_addcdivInPlace.Void(p, average, denominator, -options.LearningRate!.Value / (1 - Math.Pow(beta1, step)));
        foreach (var s in states) {
            s.step = step;
        }
    }

    public class Options : OptimizerOptions
    {
        public double? beta1;
        public double? beta2;
        public double? eps;
        public double? weight_decay;
        public bool? amsgrad;
        public bool? maximize;

        public Options() { }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            beta1 = reader.ReadDouble();
            beta2 = reader.ReadDouble();
            eps = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            amsgrad = reader.ReadBoolean();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (beta1, beta2, eps, weight_decay, amsgrad, maximize) = (o.beta1, o.beta2, o.eps, o.weight_decay, o.amsgrad, o.maximize);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(beta1!.Value);
            writer.Write(beta2!.Value);
            writer.Write(eps!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(amsgrad!.Value);
            writer.Write(maximize!.Value);
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IBetas
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : base(parameters, new Options {
                LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay, amsgrad = amsgrad, maximize = maximize,
            }) { }

        public (double, double) Betas
        {
            get => (Options.beta1!.Value, Options.beta2!.Value);
            set => (Options.beta1, Options.beta2) = value;
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor exp_avg = null!;
        public torch.Tensor exp_avg_sq = null!;
        public torch.Tensor? max_exp_avg_sq;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref exp_avg!, Zeros());
            Replace(ref exp_avg_sq!, Zeros());
            Replace(ref max_exp_avg_sq, ((Options)options).amsgrad == true ? Zeros() : null);
        }

        public override void to(torch.Device device)
        {
            Move(ref exp_avg!, device);
            Move(ref exp_avg_sq!, device);
            Move(ref max_exp_avg_sq, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            LoadConditionalStateTensor(reader, ref exp_avg!, _parameter.device);
            LoadConditionalStateTensor(reader, ref exp_avg_sq!, _parameter.device);
            LoadConditionalStateTensor(reader, ref max_exp_avg_sq, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            Copy(ref exp_avg!, other.exp_avg);
            Copy(ref exp_avg_sq!, other.exp_avg_sq);
            Copy(ref max_exp_avg_sq, other.max_exp_avg_sq);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            SaveConditionalStateTensor(writer, exp_avg);
            SaveConditionalStateTensor(writer, exp_avg_sq);
            SaveConditionalStateTensor(writer, max_exp_avg_sq);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(exp_avg, s.exp_avg) && Close(exp_avg_sq, s.exp_avg_sq) && Close(max_exp_avg_sq, s.max_exp_avg_sq);

        public void Dispose()
        {
            Replace(ref exp_avg!, null);
            Replace(ref exp_avg_sq!, null);
            Replace(ref max_exp_avg_sq, null);
        }
    }
}
