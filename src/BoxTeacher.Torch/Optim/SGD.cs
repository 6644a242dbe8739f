using System;
using System.Collections.Generic;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Stochastic gradient descent with momentum, as PyTorch's: one pass over all parameters of a group.</summary>
public class SGD : OptimizerHelper, torch.optim.IMomentum
{
    public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize) { }

    public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
    {
        if (lr < 0) {
            throw new ArgumentException($"Invalid learning rate: {lr}", nameof(lr));
        }
        if (momentum < 0) {
            throw new ArgumentException($"Invalid momentum value: {momentum}", nameof(momentum));
        }
        if (weight_decay < 0) {
            throw new ArgumentException($"Invalid weight_decay value: {weight_decay}", nameof(weight_decay));
        }
        if (nesterov && (momentum <= 0 || dampening != 0)) {
            throw new ArgumentException("Nesterov momentum requires a momentum and zero dampening", nameof(nesterov));
        }
        _defaults = new Options {
            LearningRate = lr, InitialLearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay,
            nesterov = nesterov, maximize = maximize,
        };
        AddGroups(parameters);
    }

    public double Momentum
    {
        get => ((Options)_defaults).momentum!.Value;
        set => ChangeOptions<Options>(options => options.momentum = value);
    }

    private protected override OptimizerState NewState(Parameter p) => new State(p);

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private unsafe void Update(ParamGroup group)
    {
        var options = group.Options;
        var (momentum, list) = (options.momentum!.Value, group.List);
        var n = list.Length;
        Span<nint> handles = n <= 128 ? stackalloc nint[2 * n] : new nint[2 * n];
        Span<byte> first = n <= 128 ? stackalloc byte[n] : new byte[n];
        for (var k = 0; k < n; k++) {
            handles[k] = list[k].Handle;
            if (momentum != 0) {
                var state = (State)_state[handles[k]];
                if (state.momentum_buffer is null && Gradients.Exists(list[k])) {
                    first[k] = 1;
                    state.StartMomentum();
                }
                handles[n + k] = state.momentum_buffer?.Handle ?? 0;
            }
        }
        fixed (nint* p = handles)
        fixed (byte* f = first) {
            var done = Error.Check(NativeMethods.bt_sgd(p, p + n, f, n, options.LearningRate!.Value, momentum, options.dampening!.Value,
                options.weight_decay!.Value, options.nesterov!.Value ? 1 : 0, options.maximize!.Value ? 1 : 0));
            if (done == 0) {
                UpdateByOperators(group, first);
            }
        }
    }

    private static readonly Operator s_neg = new("_foreach_neg");
    private static readonly Operator s_add = new("_foreach_add", "List");
    private static readonly Operator s_addInPlace = new("_foreach_add_", "List");
    private static readonly Operator s_mulInPlace = new("_foreach_mul_", "Scalar");
    private static readonly Operator s_copy = new("copy_");

    /// <summary>The same for any type and device.</summary>
    private void UpdateByOperators(ParamGroup group, ReadOnlySpan<byte> first)
    {
        using var scope = torch.NewDisposeScope();
        var options = group.Options;
        var (parameters, grads, fresh) = (new List<torch.Tensor>(), new List<torch.Tensor>(), new List<bool>());
        for (var k = 0; k < group.List.Length; k++) {
            if (Gradients.Get(group.List[k]) is { } grad) {
                parameters.Add(group.List[k]);
                grads.Add(grad);
                fresh.Add(first[k] != 0);
            }
        }
        if (parameters.Count == 0) {
            return;
        }
        var p = parameters.ToArray();
        var d = grads.ToArray();
        if (options.maximize!.Value) {
            d = s_neg.List(d);
        }
        if (options.weight_decay != 0) {
            d = s_add.List(d, p, options.weight_decay);
        }
        if (options.momentum != 0) {
            var buffers = Array.ConvertAll(p, t => ((State)_state[t.Handle]).momentum_buffer!);
            s_mulInPlace.Void(buffers, options.momentum);
            s_addInPlace.Void(buffers, d, 1 - options.dampening!.Value);
            for (var k = 0; k < p.Length; k++) {
                if (fresh[k]) {
                    s_copy.InPlace(buffers[k], buffers[k], d[k]);
                }
            }
            d = options.nesterov!.Value ? s_add.List(d, buffers, options.momentum) : buffers;
        }
        s_addInPlace.Void(p, d, -options.LearningRate!.Value);
    }

    public class Options : OptimizerOptions
    {
        public double? momentum;
        public double? dampening;
        public double? weight_decay;
        public bool? nesterov;
        public bool? maximize;

        public Options() { }

        private protected override void Visit(FieldVisitor visitor)
        {
            base.Visit(visitor);
            visitor.Visit(ref momentum);
            visitor.Visit(ref dampening);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref nesterov);
            visitor.Visit(ref maximize);
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IMomentum
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
            : base(parameters, new Options {
                LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov, maximize = maximize,
            }) { }

        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public torch.Tensor? momentum_buffer;

        public State(Parameter parameter) : base(parameter) { }

        internal void StartMomentum() => momentum_buffer = Zeros();

        public override void Initialize(OptimizerOptions options) => Replace(ref momentum_buffer, null);

        private protected override void Visit(FieldVisitor visitor)
        {
            visitor.Visit(ref momentum_buffer);
        }

        public void Dispose() => DisposeTensors();
    }
}
