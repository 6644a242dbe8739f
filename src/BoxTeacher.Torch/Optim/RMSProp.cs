using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using BoxTeacher.Torch.Interop;

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
        set {
            foreach (var options in _parameter_groups.Select(g => g.Options).Append(_defaults).Cast<Options>()) {
                options.momentum = value;
            }
        }
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.alpha ??= defaults.alpha;
        options.eps ??= defaults.eps;
        options.weight_decay ??= defaults.weight_decay;
        options.momentum ??= defaults.momentum;
        options.centered ??= defaults.centered;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var (alpha, eps) = (o.alpha!.Value, o.eps!.Value);
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
        }
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

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            alpha = reader.ReadDouble();
            eps = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            momentum = reader.ReadDouble();
            centered = reader.ReadBoolean();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (alpha, eps, weight_decay, momentum, centered, maximize) = (o.alpha, o.eps, o.weight_decay, o.momentum, o.centered, o.maximize);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(alpha!.Value);
            writer.Write(eps!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(momentum!.Value);
            writer.Write(centered!.Value);
            writer.Write(maximize!.Value);
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

        public override void to(torch.Device device)
        {
            Move(ref square_avg!, device);
            Move(ref momentum_buffer, device);
            Move(ref grad_avg, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            LoadConditionalStateTensor(reader, ref square_avg!, _parameter.device);
            LoadConditionalStateTensor(reader, ref momentum_buffer, _parameter.device);
            LoadConditionalStateTensor(reader, ref grad_avg, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            Copy(ref square_avg!, other.square_avg);
            Copy(ref momentum_buffer, other.momentum_buffer);
            Copy(ref grad_avg, other.grad_avg);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            SaveConditionalStateTensor(writer, square_avg);
            SaveConditionalStateTensor(writer, momentum_buffer);
            SaveConditionalStateTensor(writer, grad_avg);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(square_avg, s.square_avg)
            && Close(momentum_buffer, s.momentum_buffer)
            && Close(grad_avg, s.grad_avg);

        public void Dispose()
        {
            Replace(ref square_avg!, null);
            Replace(ref momentum_buffer, null);
            Replace(ref grad_avg, null);
        }
    }
}
