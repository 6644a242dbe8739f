using System;
using System.Collections.Generic;
using System.IO;
using BoxTeacher.Torch.Interop;

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

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.rho ??= defaults.rho;
        options.eps ??= defaults.eps;
        options.weight_decay ??= defaults.weight_decay;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        var (rho, eps) = (o.rho!.Value, o.eps!.Value);
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
            state.square_avg.mul_(rho).addcmul_(grad, grad, 1 - rho);
            var delta = (state.acc_delta + eps).sqrt_() / (state.square_avg + eps).sqrt_() * grad;
            state.acc_delta.mul_(rho).addcmul_(delta, delta, 1 - rho);
            p.add_(delta, -lr);
        }
    }

    public class Options : OptimizerOptions
    {
        public double? rho;
        public double? eps;
        public double? weight_decay;
        public bool? maximize;

        public Options() { }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            rho = reader.ReadDouble();
            eps = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (rho, eps, weight_decay, maximize) = (o.rho, o.eps, o.weight_decay, o.maximize);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(rho!.Value);
            writer.Write(eps!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(maximize!.Value);
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

        public override void to(torch.Device device)
        {
            Move(ref square_avg!, device);
            Move(ref acc_delta!, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            LoadConditionalStateTensor(reader, ref square_avg!, _parameter.device);
            LoadConditionalStateTensor(reader, ref acc_delta!, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            Copy(ref square_avg!, other.square_avg);
            Copy(ref acc_delta!, other.acc_delta);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            SaveConditionalStateTensor(writer, square_avg);
            SaveConditionalStateTensor(writer, acc_delta);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(square_avg, s.square_avg)
            && Close(acc_delta, s.acc_delta);

        public void Dispose()
        {
            Replace(ref square_avg!, null);
            Replace(ref acc_delta!, null);
        }
    }
}
