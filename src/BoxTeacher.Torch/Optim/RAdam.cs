using System;
using System.Collections.Generic;

namespace TorchSharp.Modules;

/// <summary>Rectified Adam (Liu et al. 2020), as PyTorch's.</summary>
public class RAdam : OptimizerHelper, torch.optim.IBetas
{
    public RAdam(IEnumerable<Parameter> parameters, double lr, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0) : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay) { }

    public RAdam(IEnumerable<ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay };
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
            var (bias1, bias2) = (1 - Math.Pow(beta1, state.step), 1 - Math.Pow(beta2, state.step));
            state.exp_avg.mul_(beta1).add_(grad, 1 - beta1);
            state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            var corrected = state.exp_avg / bias1;
            // Length of the approximated moving average; below 5 its variance cannot be rectified.
            var longest = 2 / (1 - beta2) - 1;
            var length = longest - 2 * state.step * Math.Pow(beta2, state.step) / bias2;
            if (length > 5) {
                var rectified = Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
                p.add_(corrected * Math.Sqrt(bias2) / state.exp_avg_sq.sqrt().add_(eps), -lr * rectified);
            } else {
                p.add_(corrected, -lr);
            }
        });
    }

    public class Options : OptimizerOptions
    {
        public double? beta1;
        public double? beta2;
        public double? eps;
        public double? weight_decay;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref beta1);
            visitor.Visit(ref beta2);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IBetas
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1.0, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0)
            : base(parameters, new Options { LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay }) { }

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

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref exp_avg!, Zeros());
            Replace(ref exp_avg_sq!, Zeros());
        }

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref exp_avg!);
            visitor.Visit(ref exp_avg_sq!);
        }

        public void Dispose() => DisposeTensors();
    }
}
