using System;
using System.Collections.Generic;

namespace TorchSharp.Modules;

/// <summary>Adam with Nesterov momentum (Dozat 2016), as PyTorch's.</summary>
public class NAdam : OptimizerHelper, torch.optim.IBetas
{
    public NAdam(IEnumerable<Parameter> parameters, double lr, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, double momentum_decay = 4e-3) : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, momentum_decay) { }

    public NAdam(IEnumerable<ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, double momentum_decay = 4e-3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay, momentum_decay = momentum_decay };
        AddGroups(parameters);
    }

    public (double, double) Betas
    {
        get => (((Options)_defaults).beta1!.Value, ((Options)_defaults).beta2!.Value);
        set => ChangeOptions<Options>(options => (options.beta1, options.beta2) = value);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var (beta1, beta2, eps) = (o.beta1!.Value, o.beta2!.Value, o.eps!.Value);
        UpdateEach<State>(group, false, o.weight_decay, (p, grad, state) => {
            state.step++;
            var bias2 = 1 - Math.Pow(beta2, state.step);
            var mu = beta1 * (1 - 0.5 * Math.Pow(0.96, state.step * o.momentum_decay!.Value));
            var next = beta1 * (1 - 0.5 * Math.Pow(0.96, (state.step + 1) * o.momentum_decay!.Value));
            state.mu_product *= mu;
            state.exp_avg.mul_(beta1).add_(grad, 1 - beta1);
            state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            var denominator = (state.exp_avg_sq / bias2).sqrt_().add_(eps);
            p.addcdiv_(grad, denominator, -lr * (1 - mu) / (1 - state.mu_product));
            p.addcdiv_(state.exp_avg, denominator, -lr * next / (1 - state.mu_product * next));
        });
    }

    public class Options : OptimizerOptions
    {
        public double? beta1;
        public double? beta2;
        public double? eps;
        public double? weight_decay;
        public double? momentum_decay;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref beta1);
            visitor.Visit(ref beta2);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref momentum_decay);
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IBetas
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1.0, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, double momentum_decay = 4e-3)
            : base(parameters, new Options { LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay, momentum_decay = momentum_decay }) { }

        public (double, double) Betas
        {
            get => (Options.beta1!.Value, Options.beta2!.Value);
            set => (Options.beta1, Options.beta2) = value;
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public double mu_product;
        public torch.Tensor exp_avg = null!;
        public torch.Tensor exp_avg_sq = null!;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            mu_product = 1;
            Replace(ref exp_avg!, Zeros());
            Replace(ref exp_avg_sq!, Zeros());
        }

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref mu_product);
            visitor.Visit(ref exp_avg!);
            visitor.Visit(ref exp_avg_sq!);
        }

        public void Dispose() => DisposeTensors();
    }
}
