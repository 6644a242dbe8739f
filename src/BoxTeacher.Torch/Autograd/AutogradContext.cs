using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What a function's forward leaves for its backward.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> _data = [];
            private nint _node;

            internal List<Tensor> Saved { get; private set; } = [];
            internal List<Tensor> Dirty { get; private set; } = [];
            internal List<Tensor> NonDifferentiable { get; private set; } = [];

            /// <summary>Whether backward sees zeros, instead of null, for an output that has no gradient.</summary>
            public bool MaterializeGrads { get; private set; } = true;

            internal AutogradContext() { }

            /// <summary>Keeps inputs and outputs of forward; they are checked against changes in place.</summary>
            public void save_for_backward(List<Tensor> tensors) => Saved = tensors;

            /// <summary>Inputs that forward has changed in place.</summary>
            public void mark_dirty(List<Tensor> tensors) => Dirty = tensors;

            /// <summary>Outputs that have no gradient.</summary>
            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiable = tensors;

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            public void save_data(string key, object value) => _data[key] = value;
            public object get_data(string key) => _data[key];

            /// <summary>What save_for_backward was given, with its history. During backward only.</summary>
            public unsafe List<Tensor> get_saved_variables()
            {
                if (_node == 0) {
                    return [.. Saved];
                }
                var handles = new nint[_savedCount];
                fixed (nint* p = handles) {
                    Error.Check(NativeMethods.bt_node_saved((void*)_node, p, handles.Length));
                }
                return handles.Select(h => h == 0 ? null! : new Tensor(h)).ToList();
            }

            private int _savedCount;

            /// <summary>Forward is over: the node keeps the tensors from now on.</summary>
            internal void HandOver()
            {
                _savedCount = Saved.Count;
                (Saved, Dirty, NonDifferentiable) = ([], [], []);
            }

            /// <summary>Names the node whose backward is running; null: none.</summary>
            internal void Enter(nint node) => _node = node;

            protected virtual void Dispose(bool disposing) => _data.Clear();

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }
        }
    }
}
