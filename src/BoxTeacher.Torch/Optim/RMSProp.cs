using System;
using System.Collections.Generic;

namespace TorchSharp.Modules;

/// <summary>RMSProp (Hinton 2012), as PyTorch's.</summary>
public class RMSProp : OptimizerHelper, torch.optim.IMomentum
{
    public RMSProp(IEnumerable<Parameter> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false) : this([new ParamGroup { Parameters = parameters }], lr, alpha, eps, weight_decay, momentum, centered, maximize) { }

    public RMSProp(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, alpha = alpha, eps = eps, weight_decay = weight_decay, momentum = momentum, centered = centered, maximize = maximize };
        AddGroups(parameters);
    }

    public double Momentum
    {
        get => ((Options)_defaults).momentum!.Value;
        set => ChangeOptions<Options>(options => options.momentum = value);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var (alpha, eps) = (o.alpha!.Value, o.eps!.Value);
        UpdateEach<State>(group, o.maximize, o.weight_decay, (p, grad, state) => {
            state.step++;
            state.square_avg.mul_(alpha).addcmul_(grad, grad, 1 - alpha);
            var average = state.square_avg;
            if (state.grad_avg is { } mean) {
                mean.mul_(alpha).add_(grad, 1 - alpha);
                average = average.addcmul(mean, mean, -1);
            }
            var scaled = grad / average.sqrt().add_(eps);
            if (state.momentum_buffer is { } buffer) {
                scaled = buffer.mul_(o.momentum!.Value).add_(scaled);
            }
            p.add_(scaled, -lr);
        });
    }

    public class Options : OptimizerOptions
    {
        public double? alpha;
        public double? eps;
        public double? weight_decay;
        public double? momentum;
        public bool? centered;
        public bool? maximize;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref alpha);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref momentum);
            visitor.Visit(ref centered);
            visitor.Visit(ref maximize);
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IMomentum
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double eps = 1e-8, double alpha = 0.99, double weight_decay = 0, double momentum = 0, bool centered = false)
            : base(parameters, new Options { LearningRate = lr, eps = eps, alpha = alpha, weight_decay = weight_decay, momentum = momentum, centered = centered }) { }

        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor square_avg = null!;
        public torch.Tensor? momentum_buffer;
        public torch.Tensor? grad_avg;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref square_avg!, Zeros());
            Replace(ref momentum_buffer, ((Options)options).momentum > 0 ? Zeros() : null);
            Replace(ref grad_avg, ((Options)options).centered == true ? Zeros() : null);
        }

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref square_avg!);
            visitor.Visit(ref momentum_buffer);
            visitor.Visit(ref grad_avg);
        }

        public void Dispose() => DisposeTensors();
    }
}
