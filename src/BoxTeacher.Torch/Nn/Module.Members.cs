using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Parameters with their dotted names; one that is shared appears once, under its first name.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (key, p) in Parameters(recurse)) {
                    if (!p.IsInvalid && seen.Add(p.Handle)) {
                        yield return (key, p);
                    }
                }
            }

            private IEnumerable<(string, Parameter)> Parameters(bool recurse)
            {
                foreach (var own in _internal_params) {
                    yield return own;
                }
                if (recurse) {
                    foreach (var (child, module) in _internal_submodules) {
                        foreach (var (key, p) in module.named_parameters(true)) {
                            yield return ($"{child}.{key}", p);
                        }
                    }
                }
            }

            /// <summary>Buffers with their dotted names; one that is shared appears once, under its first name.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (key, b) in Buffers(recurse, include_nonpersistent)) {
                    if (!b.IsInvalid && seen.Add(b.Handle)) {
                        yield return (key, b);
                    }
                }
            }

            private IEnumerable<(string, Tensor)> Buffers(bool recurse, bool nonpersistent)
            {
                foreach (var (key, (buffer, persistent)) in _internal_buffers) {
                    if (persistent || nonpersistent) {
                        yield return (key, buffer);
                    }
                }
                if (recurse) {
                    foreach (var (child, module) in _internal_submodules) {
                        foreach (var (key, b) in module.named_buffers(true, nonpersistent)) {
                            yield return ($"{child}.{key}", b);
                        }
                    }
                }
            }

            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            /// <summary>Every module below this one, level by level: first all children, then what is below each.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in _internal_submodules) {
                    yield return child;
                }
                foreach (var (child, module) in _internal_submodules) {
                    foreach (var (key, m) in module.named_modules()) {
                        yield return ($"{child}.{key}", m);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true)
                => named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            public virtual IEnumerable<Module> children() => named_children().Select(c => c.module);
            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            protected virtual Parameter[] _parameters(bool recurse = true) => parameters(recurse).ToArray();
            protected virtual (string name, Parameter parameter)[] _named_parameters() => named_parameters().ToArray();
            protected virtual (string name, Tensor buffer)[] _named_buffers() => named_buffers().ToArray();

            public virtual bool has_parameter(string target) => Find(target) is var (owner, key) && owner._internal_params.ContainsKey(key);
            public virtual bool has_buffer(string target) => Find(target) is var (owner, key) && owner._internal_buffers.ContainsKey(key);

            /// <summary>The parameter of a dotted name, or null: there is none.</summary>
            /// <exception cref="ArgumentNullException">The name is null.</exception>
            public virtual Parameter? get_parameter(string target)
                => Find(target) is var (owner, key) && owner._internal_params.TryGetValue(key, out var p) ? p : null;

            /// <summary>The buffer of a dotted name, or null: there is none.</summary>
            /// <exception cref="ArgumentNullException">The name is null.</exception>
            public virtual Tensor? get_buffer(string target)
                => Find(target) is var (owner, key) && owner._internal_buffers.TryGetValue(key, out var b) ? b.Item1 : null;

            /// <summary>The module that a dotted name leads to, and the last part of the name.</summary>
            private (Module Owner, string Key)? Find(string target)
            {
                ArgumentNullException.ThrowIfNull(target);
                var parts = target.Split('.');
                var owner = this;
                foreach (var part in parts.SkipLast(1)) {
                    if (!owner._internal_submodules.TryGetValue(part, out var next)) {
                        return null;
                    }
                    owner = next;
                }
                return (owner, parts[^1]);
            }
        }
    }
}
