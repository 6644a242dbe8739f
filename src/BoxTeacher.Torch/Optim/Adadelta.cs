using System;
using System.Collections.Generic;

namespace TorchSharp.Modules;

/// <summary>Adadelta (Zeiler 2012), as PyTorch's.</summary>
public class Adadelta : OptimizerHelper
{
    public Adadelta(IEnumerable<Parameter> parameters, double lr, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false) : this([new ParamGroup { Parameters = parameters }], lr, rho, eps, weight_decay, maximize) { }

    public Adadelta(IEnumerable<ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, rho = rho, eps = eps, weight_decay = weight_decay, maximize = maximize };
        AddGroups(parameters);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var (rho, eps) = (o.rho!.Value, o.eps!.Value);
        UpdateEach<State>(group, o.maximize, o.weight_decay, (p, grad, state) => {
            state.step++;
            state.square_avg.mul_(rho).addcmul_(grad, grad, 1 - rho);
            var delta = (state.acc_delta + eps).sqrt_() / (state.square_avg + eps).sqrt_() * grad;
            state.acc_delta.mul_(rho).addcmul_(delta, delta, 1 - rho);
            p.add_(delta, -lr);
        });
    }

    public class Options : OptimizerOptions
    {
        public double? rho;
        public double? eps;
        public double? weight_decay;
        public bool? maximize;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref rho);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref maximize);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
            : base(parameters, new Options { LearningRate = lr, rho = rho, eps = eps, weight_decay = weight_decay, maximize = maximize }) { }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor square_avg = null!;
        public torch.Tensor acc_delta = null!;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref square_avg!, Zeros());
            Replace(ref acc_delta!, Zeros());
        }

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref square_avg!);
            visitor.Visit(ref acc_delta!);
        }

        public void Dispose() => DisposeTensors();
    }
}
