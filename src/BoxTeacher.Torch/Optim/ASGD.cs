using System;
using System.Collections.Generic;
using System.IO;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Averaged stochastic gradient descent (Polyak and Juditsky 1992), as PyTorch's.</summary>
public class ASGD : OptimizerHelper
{
    public ASGD(IEnumerable<Parameter> parameters, double lr = 1e-2, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6, double weight_decay = 0, bool maximize = false) : this([new ParamGroup { Parameters = parameters }], lr, lambd, alpha, t0, weight_decay, maximize) { }

    public ASGD(IEnumerable<ParamGroup<ASGD.Options>> parameters, double lr = 1e-2, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6, double weight_decay = 0, bool maximize = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, lambd = lambd, alpha = alpha, t0 = t0, weight_decay = weight_decay, maximize = maximize };
        AddGroups(parameters);
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.lambd ??= defaults.lambd;
        options.alpha ??= defaults.alpha;
        options.t0 ??= defaults.t0;
        options.weight_decay ??= defaults.weight_decay;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup<ASGD.Options>>(Update, closure);

    private void Update(ParamGroup<ASGD.Options> group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var lambd = o.lambd!.Value;
        foreach (var p in group.List) {
            using var scope = torch.NewDisposeScope();
            if (Gradients.Get(p) is not { } grad) {
                continue;
            }
            var state = (State)_state[p.Handle];
            state.step++;
            if (o.maximize!.Value) {
                grad = -grad;
            }
            if (o.weight_decay != 0) {
                grad = grad.add(p, o.weight_decay!.Value);
            }
            p.mul_(1 - lambd * state.eta);
            p.add_(grad, -state.eta);
            if (state.mu != 1) {
                state.ax.add_((p - state.ax).mul_(state.mu));
            } else {
                state.ax.copy_(p);
            }
            state.eta = lr / Math.Pow(1 + lambd * lr * state.step, o.alpha!.Value);
            state.mu = 1 / Math.Max(1, state.step - o.t0!.Value);
        }
    }

    public class Options : OptimizerOptions
    {
        public double? lambd;
        public double? alpha;
        public double? t0;
        public double? weight_decay;
        public bool? maximize;

        public Options() { }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            lambd = reader.ReadDouble();
            alpha = reader.ReadDouble();
            t0 = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (lambd, alpha, t0, weight_decay, maximize) = (o.lambd, o.alpha, o.t0, o.weight_decay, o.maximize);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(lambd!.Value);
            writer.Write(alpha!.Value);
            writer.Write(t0!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(maximize!.Value);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-2, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6, double weight_decay = 0)
            : base(parameters, new Options { LearningRate = lr, lambd = lambd, alpha = alpha, t0 = t0, weight_decay = weight_decay }) { }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public double eta;
        public double mu;
        public torch.Tensor ax = null!;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            eta = options.LearningRate!.Value;
            mu = 1;
            Replace(ref ax!, Zeros());
        }

        public override void to(torch.Device device)
        {
            Move(ref ax!, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            eta = reader.ReadDouble();
            mu = reader.ReadDouble();
            LoadConditionalStateTensor(reader, ref ax!, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            eta = other.eta;
            mu = other.mu;
            Copy(ref ax!, other.ax);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            writer.Write(eta);
            writer.Write(mu);
            SaveConditionalStateTensor(writer, ax);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(ax, s.ax);

        public void Dispose()
        {
            Replace(ref ax!, null);
        }
    }
}
