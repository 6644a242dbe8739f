using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using BoxTeacher.Torch.Interop;
using TorchSharp.Utils;

namespace TorchSharp.Modules;

/// <summary>Groups, states and their storage: what the optimizers have in common.</summary>
public abstract class OptimizerHelper : torch.optim.Optimizer
{
    protected OptimizerOptions _defaults = new();
    protected OrderedDict<IntPtr, OptimizerState> _state = new();

    public OptimizerHelper() { }

    public override IEnumerable<Parameter> parameters() => _parameter_groups.SelectMany(g => g.Parameters);

    /// <summary>The groups; a parameter that moved with its module is replaced by its successor, and its state follows.</summary>
    private protected IList<ParamGroup> Groups()
    {
        for (var g = 0; g < _parameter_groups.Count; g++) {
            var list = _parameter_groups[g].List;
            for (var k = 0; k < list.Length; k++) {
                if (list[k].IsInvalid && list[k].Current is { IsInvalid: false } successor) {
                    Follow(list[k], successor);
                    list[k] = successor;
                }
            }
        }
        return _parameter_groups;
    }

    private void Follow(Parameter before, Parameter successor)
    {
        foreach (var (handle, state) in _state.ToArray<(IntPtr, OptimizerState)>()) {
            if (ReferenceEquals(state.Parameter, before)) {
                _state.Remove(handle);
                state.Follow(successor);
                _state[successor.Handle] = state;
            }
        }
    }

    private nint[] _handles = [];

    public override unsafe void zero_grad()
    {
        var n = 0;
        foreach (var group in Groups()) {
            foreach (var p in group.List) {
                if (n == _handles.Length) {
                    Array.Resize(ref _handles, Math.Max(16, 2 * n));
                }
                _handles[n++] = p.Handle;
            }
        }
        fixed (nint* p = _handles) {
            Error.Check(NativeMethods.bt_zero_grads(p, n));
        }
    }

    /// <summary>Runs the closure with gradients, then the update of each group without.</summary>
    protected torch.Tensor? _step<T>(Action<T> body, Func<torch.Tensor>? loss_closure = null) where T : ParamGroup
    {
        var loss = loss_closure?.Invoke();
        using var off = GradGuard.Off();
        foreach (var group in Groups()) {
            body((T)group);
        }
        return loss;
    }

    /// <summary>
    /// Updates the parameters of a group that have a gradient, each in a scope of its own. The gradient comes negated where the
    /// objective is maximised, and with the weight decay added.
    /// </summary>
    private protected void UpdateEach<TState>(ParamGroup group, bool? maximize, double? weightDecay, Action<Parameter, torch.Tensor, TState> update)
        where TState : OptimizerState
    {
        foreach (var p in group.List) {
            using var scope = torch.NewDisposeScope();
            if (Gradients.Get(p) is not { } grad) {
                continue;
            }
            if (maximize == true) {
                grad = -grad;
            }
            if (weightDecay is { } decay and not 0) {
                grad = grad.add(p, decay);
            }
            update(p, grad, (TState)_state[p.Handle]);
        }
    }

    /// <summary>Changes the optimizer's own options and those of all groups.</summary>
    private protected void ChangeOptions<TOptions>(Action<TOptions> change) where TOptions : OptimizerOptions
    {
        foreach (var options in _parameter_groups.Select(g => g.Options).Append(_defaults)) {
            change((TOptions)options);
        }
    }

    public override void add_param_group(ParamGroup param_group)
    {
        param_group.Freeze();
        param_group.Options.Complete(_defaults);
        param_group.Options.InitialLearningRate = param_group.LearningRate;
        foreach (var p in param_group.List) {
            if (_state.ContainsKey(p.Handle)) {
                throw new ArgumentException("some parameters appear in more than one parameter group", nameof(param_group));
            }
            var state = NewState(p);
            state.Initialize(param_group.Options);
            _state[p.Handle] = state;
        }
        _parameter_groups.Add(param_group);
    }

    private protected abstract OptimizerState NewState(Parameter p);

    /// <summary>Makes the groups that a constructor was given.</summary>
    private protected void AddGroups(IEnumerable<ParamGroup> groups)
    {
        foreach (var group in groups) {
            add_param_group(group);
        }
    }

    /// <summary>Moves what the optimizer remembers.</summary>
    public void to(torch.Device device)
    {
        Groups();
        foreach (var (_, state) in _state) {
            state.to(device);
        }
    }

    /// <summary>Options per group, and the states in the order of the parameters; they are the optimizer's own objects.</summary>
    public virtual StateDictionary state_dict()
    {
        var dict = new StateDictionary();
        foreach (var group in Groups()) {
            dict.Options.Add(group.Options);
            var indices = new List<int>();
            foreach (var p in group.List) {
                indices.Add(dict.State.Count);
                dict.State.Add(_state[p.Handle]);
            }
            dict.StateIndexRef.Add(indices);
        }
        return dict;
    }

    /// <summary>Copies options and states of an optimizer of the same kind over the same groups.</summary>
    /// <exception cref="ArgumentException">The number of groups or parameters differs.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        var own = this.state_dict();
        if (own.Options.Count != state_dict.Options.Count) {
            throw new ArgumentException($"The state has {state_dict.Options.Count} parameter groups; the optimizer has {own.Options.Count}.", nameof(state_dict));
        }
        for (var g = 0; g < own.Options.Count; g++) {
            if (own.StateIndexRef[g].Count != state_dict.StateIndexRef[g].Count) {
                throw new ArgumentException($"Group {g} of the state has {state_dict.StateIndexRef[g].Count} parameters; that of the optimizer has {own.StateIndexRef[g].Count}.", nameof(state_dict));
            }
        }
        for (var g = 0; g < own.Options.Count; g++) {
            if (!ReferenceEquals(own.Options[g], state_dict.Options[g])) {
                own.Options[g].LoadStateDict(state_dict.Options[g]);
            }
            for (var k = 0; k < own.StateIndexRef[g].Count; k++) {
                var (mine, theirs) = (own.State[own.StateIndexRef[g][k]], state_dict.State[state_dict.StateIndexRef[g][k]]);
                if (!ReferenceEquals(mine, theirs)) {
                    mine.LoadStateDict(theirs);
                }
            }
        }
    }

    /// <summary>Writes the state to a file: beside it first, and then over it.</summary>
    public void save_state_dict(string location)
    {
        var temporary = location + ".tmp";
        try {
            using (var stream = File.Create(temporary))
            using (var writer = new BinaryWriter(stream, Encoding.UTF8, true)) {
                save_state_dict(writer);
                writer.Flush();
                stream.Flush(true);
            }
            File.Move(temporary, location, true);
        } catch {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Number of groups, the options of each; then per group the number of parameters and the state of each.</summary>
    public void save_state_dict(BinaryWriter writer)
    {
        var dict = state_dict();
        TensorFormat.WriteNumber(writer, dict.Options.Count);
        foreach (var options in dict.Options) {
            options.SaveStateDict(writer);
        }
        foreach (var indices in dict.StateIndexRef) {
            TensorFormat.WriteNumber(writer, indices.Count);
            foreach (var k in indices) {
                dict.State[k].SaveStateDict(writer);
            }
        }
    }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public void load_state_dict(string location)
    {
        if (!File.Exists(location)) {
            throw new FileNotFoundException($"There is no file '{location}' to load an optimizer from.", location);
        }
        using var stream = File.OpenRead(location);
        using var reader = new BinaryReader(stream, Encoding.UTF8, true);
        load_state_dict(reader);
    }

    /// <exception cref="ArgumentException">The number of groups or parameters differs.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        var dict = state_dict();
        var groups = TensorFormat.ReadNumber(reader);
        if (groups != dict.Options.Count) {
            throw new ArgumentException($"The state has {groups} parameter groups; the optimizer has {dict.Options.Count}.", nameof(reader));
        }
        foreach (var options in dict.Options) {
            options.LoadStateDict(reader);
        }
        for (var g = 0; g < groups; g++) {
            var count = TensorFormat.ReadNumber(reader);
            if (count != dict.StateIndexRef[g].Count) {
                throw new ArgumentException($"Group {g} of the state has {count} parameters; that of the optimizer has {dict.StateIndexRef[g].Count}.", nameof(reader));
            }
            foreach (var k in dict.StateIndexRef[g]) {
                dict.State[k].LoadStateDict(reader);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) {
            foreach (var (_, state) in _state) {
                (state as IDisposable)?.Dispose();
            }
            _state.Clear();
        }
        base.Dispose(disposing);
    }
}
