using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Automatic differentiation.</summary>
    public static partial class autograd
    {
        /// <summary>Gradients of the outputs with respect to the inputs; with `allow_unused` a gradient may be null.</summary>
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var (o, i, g) = (Handles(outputs), Handles(inputs), Seeds(outputs, grad_outputs));
            var results = new nint[inputs.Count];
            fixed (nint* po = o, pi = i, pg = g, pr = results) {
                Error.Check(NativeMethods.bt_autograd_grad(po, o.Length, pi, i.Length, g is null ? null : pg, retain_graph || create_graph ? 1 : 0,
                    create_graph ? 1 : 0, allow_unused ? 1 : 0, pr));
            }
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return Array.ConvertAll(results, h => h == 0 ? null! : new Tensor(h));
        }

        /// <summary>Adds the gradients of the tensors to `grad` of the leaves they come from.</summary>
        public static unsafe void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null)
        {
            var (t, g) = (Handles(tensors), Seeds(tensors, grad_tensors));
            var i = inputs is null ? null : Handles(inputs);
            fixed (nint* pt = t, pg = g, pi = i) {
                Error.Check(NativeMethods.bt_backward(pt, t.Length, g is null ? null : pg, retain_graph ?? create_graph ? 1 : 0, create_graph ? 1 : 0,
                    i is null ? null : pi, i?.Length ?? 0));
            }
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
            => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
            => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        /// <summary>Checks, until disposed, that backward makes no NaN, and remembers where each node came from.</summary>
        public static AnomalyMode detect_anomaly(bool check_nan = true) => new(true, check_nan);

        public static AnomalyMode set_detect_anomaly(bool mode, bool check_nan = true) => new(mode, check_nan);

        internal static nint[] Handles(IEnumerable<Tensor> tensors) => [.. tensors.Select(t => t.Handle)];

        /// <summary>Gradients of the outputs to start from; null: ones, for scalars.</summary>
        private static nint[]? Seeds(IList<Tensor> outputs, IList<Tensor>? gradients)
        {
            if (gradients is null) {
                return null;
            }
            return gradients.Count == outputs.Count ? [.. gradients.Select(g => g?.Handle ?? 0)]
                : throw new ArgumentException($"{gradients.Count} gradients for {outputs.Count} outputs");
        }
    }
}
