using System;
using System.Collections.Generic;

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

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup<ASGD.Options>>(Update, closure);

    private void Update(ParamGroup<ASGD.Options> group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var lambd = o.lambd!.Value;
        UpdateEach<State>(group, o.maximize, o.weight_decay, (p, grad, state) => {
            state.step++;
            p.mul_(1 - lambd * state.eta);
            p.add_(grad, -state.eta);
            if (state.mu != 1) {
                state.ax.add_((p - state.ax).mul_(state.mu));
            } else {
                state.ax.copy_(p);
            }
            state.eta = lr / Math.Pow(1 + lambd * lr * state.step, o.alpha!.Value);
            state.mu = 1 / Math.Max(1, state.step - o.t0!.Value);
        });
    }

    public class Options : OptimizerOptions
    {
        public double? lambd;
        public double? alpha;
        public double? t0;
        public double? weight_decay;
        public bool? maximize;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref lambd);
            visitor.Visit(ref alpha);
            visitor.Visit(ref t0);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref maximize);
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

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref eta);
            visitor.Visit(ref mu);
            visitor.Visit(ref ax!);
        }

        public void Dispose() => DisposeTensors();
    }
}
