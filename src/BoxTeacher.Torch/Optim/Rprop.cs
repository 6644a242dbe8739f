using System;
using System.Collections.Generic;
using System.IO;
using BoxTeacher.Torch.Interop;

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

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var defaults = (Options)_defaults;
        var options = (Options)param_group.Options;
        options.etaminus ??= defaults.etaminus;
        options.etaplus ??= defaults.etaplus;
        options.min_step ??= defaults.min_step;
        options.max_step ??= defaults.max_step;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        var o = group.Options;
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
            var sign = grad.mul(state.prev).sign_();
            var (same, turned) = (sign.gt(0), sign.lt(0));
            var factor = torch.ones_like(sign).masked_fill_(same, o.etaplus!.Value).masked_fill_(turned, o.etaminus!.Value);
            state.step_size.mul_(factor).clamp_(o.min_step!.Value, o.max_step!.Value);
            // Where the sign has turned, the step is left out, and the next one counts as the first.
            grad = grad.masked_fill(turned, 0);
            p.addcmul_(grad.sign(), state.step_size, -1);
            state.prev.copy_(grad);
        }
    }

    public class Options : OptimizerOptions
    {
        public double? etaminus;
        public double? etaplus;
        public double? min_step;
        public double? max_step;
        public bool? maximize;

        public Options() { }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            etaminus = reader.ReadDouble();
            etaplus = reader.ReadDouble();
            min_step = reader.ReadDouble();
            max_step = reader.ReadDouble();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (etaminus, etaplus, min_step, max_step, maximize) = (o.etaminus, o.etaplus, o.min_step, o.max_step, o.maximize);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(etaminus!.Value);
            writer.Write(etaplus!.Value);
            writer.Write(min_step!.Value);
            writer.Write(max_step!.Value);
            writer.Write(maximize!.Value);
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

        public override void to(torch.Device device)
        {
            Move(ref prev!, device);
            Move(ref step_size!, device);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            step = reader.ReadInt64();
            LoadConditionalStateTensor(reader, ref prev!, _parameter.device);
            LoadConditionalStateTensor(reader, ref step_size!, _parameter.device);
        }

        public override void LoadStateDict(OptimizerState source)
        {
            var other = (State)source;
            step = other.step;
            Copy(ref prev!, other.prev);
            Copy(ref step_size!, other.step_size);
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(step);
            SaveConditionalStateTensor(writer, prev);
            SaveConditionalStateTensor(writer, step_size);
        }

        public override bool ApproximatelyEquals(OptimizerState other) => other is State s && step == s.step
            && Close(prev, s.prev)
            && Close(step_size, s.step_size);

        public void Dispose()
        {
            Replace(ref prev!, null);
            Replace(ref step_size!, null);
        }
    }
}
