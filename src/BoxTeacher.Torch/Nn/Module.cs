using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using BoxTeacher.Torch.Interop;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A part of a network: parameters, buffers and submodules under names.</summary>
        public partial class Module : IDisposable
        {
            protected readonly string name;
            protected OrderedDict<string, (Tensor, bool)> _internal_buffers = new();
            protected OrderedDict<string, Parameter> _internal_params = new();
            protected OrderedDict<string, Module> _internal_submodules = new();
            private bool _training = true;

            protected Module(string name) => this.name = name;

            public virtual string GetName() => name;

            public virtual bool training => _training;

            /// <summary>Switches this module and all below it to training (or, with false, to evaluation).</summary>
            public virtual void train(bool train = true)
            {
                _training = train;
                foreach (var (_, child) in _internal_submodules) {
                    child.train(train);
                }
            }

            public virtual void eval() => train(false);

            /// <summary>Drops the gradients of all parameters, or fills them with zeros.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var p in parameters()) {
                    Gradients.Clear(p, set_to_none);
                }
            }

            /// <summary>Applies a function to every module below this one, then to this one.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach (var (_, child) in _internal_submodules) {
                    child.apply(fn);
                }
                fn(this);
                return this;
            }

            /// <summary>
            /// Registers the instance fields that hold modules, parameters and other tensors (those as buffers) under
            /// the names of the fields. To be called at the end of the constructor.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                foreach (var field in ComponentFields()) {
                    var key = field.ComponentName();
                    switch (field.GetValue(this)) {
                        case Module m when !Registered(_internal_submodules, key, m):
                            register_module(key, m);
                            break;
                        case Parameter p when !Registered(_internal_params, key, p):
                            register_parameter(key, p);
                            break;
                        case Tensor t and not Modules.Parameter when !(_internal_buffers.TryGetValue(key, out var b) && ReferenceEquals(b.Item1, t)):
                            register_buffer(key, t);
                            break;
                    }
                }
            }

            private static bool Registered<T>(OrderedDict<string, T> known, string key, T value) where T : class
                => known.TryGetValue(key, out var other) && ReferenceEquals(other, value);

            /// <summary>Fields of the module's own class and of its bases outside this library, in order of declaration.</summary>
            private IEnumerable<FieldInfo> ComponentFields()
            {
                const BindingFlags declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
                var types = new Stack<Type>();
                for (var type = GetType(); type is not null && type.Assembly != typeof(Module).Assembly; type = type.BaseType) {
                    types.Push(type);
                }
                return types.SelectMany(t => t.GetFields(declared));
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null) {
                    _internal_submodules.Remove(name);
                    return;
                }
                if (!_internal_submodules.ContainsKey(name)) {
                    _internal_submodules.Add(name, submodule);
                } else {
                    throw new InvalidOperationException($"Sub-module {name} is already registered.");
                }
            }

            public void add_module(string name, Module module) => register_module(name, module);

            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid) {
                    throw new ArgumentNullException(nameof(param), "A null parameter cannot be registered.");
                }
                if (_internal_params.ContainsKey(name)) {
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
                }
                param.DetachFromDisposeScope();
                _internal_params.Add(name, param);
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid) {
                    throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                }
                if (_internal_buffers.ContainsKey(name)) {
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
                }
                tensor.DetachFromDisposeScope();
                _internal_buffers.Add(name, (tensor, persistent));
            }

            /// <summary>Puts a parameter in the place of the one of that name; null takes the name away.</summary>
            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) {
                    _internal_params.Remove(name);
                } else {
                    value.DetachFromDisposeScope();
                    _internal_params[name] = value;
                }
            }

            /// <inheritdoc cref="ConditionallyRegisterParameter(string, Parameter)"/>
            protected void ConditionallyRegisterParameter(string name, Tensor? value) => ConditionallyRegisterParameter(name, (Parameter?)value);

            /// <summary>Puts a buffer in the place of the one of that name; null takes the name away.</summary>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) {
                    _internal_buffers.Remove(name);
                } else {
                    value.DetachFromDisposeScope();
                    _internal_buffers[name] = (value, persistent);
                }
            }

            protected void ClearModules() => _internal_submodules.Clear();

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing) {
                    return;
                }
                foreach (var (_, child) in _internal_submodules) {
                    child.Dispose();
                }
                foreach (var (_, p) in _internal_params) {
                    p.Dispose();
                }
                foreach (var (_, (buffer, _)) in _internal_buffers) {
                    buffer.Dispose();
                }
            }
        }
    }
}
