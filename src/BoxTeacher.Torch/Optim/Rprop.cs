using System;
using System.Collections.Generic;

namespace TorchSharp.Modules;

/// <summary>Resilient backpropagation (Riedmiller and Braun 1993), as PyTorch's.</summary>
public class Rprop : OptimizerHelper
{
    public Rprop(IEnumerable<Parameter> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6, double max_step = 50, bool maximize = false) : this([new ParamGroup { Parameters = parameters }], lr, etaminus, etaplus, min_step, max_step, maximize) { }

    public Rprop(IEnumerable<ParamGroup> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6, double max_step = 50, bool maximize = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, etaminus = etaminus, etaplus = etaplus, min_step = min_step, max_step = max_step, maximize = maximize };
        AddGroups(parameters);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        UpdateEach<State>(group, o.maximize, 0, (p, grad, state) => {
            state.step++;
            var sign = grad.mul(state.prev).sign_();
            var (same, turned) = (sign.gt(0), sign.lt(0));
            var factor = torch.ones_like(sign).masked_fill_(same, o.etaplus!.Value).masked_fill_(turned, o.etaminus!.Value);
            state.step_size.mul_(factor).clamp_(o.min_step!.Value, o.max_step!.Value);
            // Where the sign has turned, the step is left out, and the next one counts as the first.
            grad = grad.masked_fill(turned, 0);
            p.addcmul_(grad.sign(), state.step_size, -1);
            state.prev.copy_(grad);
        });
    }

    public class Options : OptimizerOptions
    {
        public double? etaminus;
        public double? etaplus;
        public double? min_step;
        public double? max_step;
        public bool? maximize;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref etaminus);
            visitor.Visit(ref etaplus);
            visitor.Visit(ref min_step);
            visitor.Visit(ref max_step);
            visitor.Visit(ref maximize);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6, double max_step = 50, bool maximize = false)
            : base(parameters, new Options { LearningRate = lr, etaminus = etaminus, etaplus = etaplus, min_step = min_step, max_step = max_step, maximize = maximize }) { }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor prev = null!;
        public torch.Tensor step_size = null!;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref prev!, Zeros());
            Replace(ref step_size!, Filled(options.LearningRate!.Value));
        }

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref prev!);
            visitor.Visit(ref step_size!);
        }

        public void Dispose() => DisposeTensors();
    }
}
