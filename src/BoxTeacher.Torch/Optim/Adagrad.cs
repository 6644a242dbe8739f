using System;
using System.Collections.Generic;
using System.IO;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Adagrad (Duchi et al. 2011), as PyTorch's.</summary>
public class Adagrad : OptimizerHelper
{
    public Adagrad(IEnumerable<Parameter> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0, double initial_accumulator_value = 0, double eps = 1e-10) : this([new ParamGroup { Parameters = parameters }], lr, lr_decay, weight_decay, initial_accumulator_value, eps) { }

    public Adagrad(IEnumerable<ParamGroup> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0, double initial_accumulator_value = 0, double eps = 1e-10)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lr);
        ArgumentOutOfRangeException.ThrowIfNegative(weight_decay);
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, lr_decay = lr_decay, weight_decay = weight_decay, initial_accumulator_value = initial_accumulator_value, eps = eps };
        AddGroups(parameters);
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.lr_decay ??= defaults.lr_decay;
        options.weight_decay ??= defaults.weight_decay;
        options.initial_accumulator_value ??= defaults.initial_accumulator_value;
        options.eps ??= defaults.eps;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
        var lr = o.LearningRate!.Value;
        foreach (var p in group.List) {
            using var scope = torch.NewDisposeScope();
            if (Gradients.Get(p) is not { } grad) {
                continue;
            }
            var state = (State)_state[p.Handle];
            state.step++;
            if (o.weight_decay != 0) {
                grad = grad.add(p, o.weight_decay!.Value);
            }
            state.sum.addcmul_(grad, grad, 1);
            p.addcdiv_(grad, state.sum.sqrt().add_(o.eps!.Value), -lr / (1 + (state.step - 1) * o.lr_decay!.Value));
        }
    }

    public class Options : OptimizerOptions
    {
        public double? lr_decay;
        public double? weight_decay;
        public double? initial_accumulator_value;
        public double? eps;

        public Options() { }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            lr_decay = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            initial_accumulator_value = reader.ReadDouble();
            eps = reader.ReadDouble();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (lr_decay, weight_decay, initial_accumulator_value, eps) = (o.lr_decay, o.weight_decay, o.initial_accumulator_value, o.eps);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(lr_decay!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(initial_accumulator_value!.Value);
            writer.Write(eps!.Value);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0, double initial_accumulator_value = 0, double eps = 1e-10)
            : base(parameters, new Options { LearningRate = lr, lr_decay = lr_decay, weight_decay = weight_decay, initial_accumulator_value = initial_accumulator_value, eps = eps }) { }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor sum = null!;

        public State(Parameter parameter) : base(parameter) { }

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            Replace(ref sum!, Filled(((Options)options).initial_accumulator_value!.Value));
        }

        public override void to(torch.Device device)
        {
            Move(ref sum!, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            LoadConditionalStateTensor(reader, ref sum!, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            Copy(ref sum!, other.sum);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            SaveConditionalStateTensor(writer, sum);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(sum, s.sum);

        public void Dispose()
        {
            Replace(ref sum!, null);
        }
    }
}
