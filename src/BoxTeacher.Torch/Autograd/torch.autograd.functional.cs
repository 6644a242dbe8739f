using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        public static class functional
        {
            /// <summary>Derivatives of each output element (first dimensions) by each input element (last dimensions).</summary>
            public static Tensor jacobian(Func<Tensor, Tensor> function, Tensor inputs) => Jacobians(x => [function(x[0])], [inputs])[0];

            /// <summary>One for each output.</summary>
            public static IEnumerable<Tensor> jacobian(Func<Tensor, Tensor[]> function, Tensor inputs) => Jacobians(x => function(x[0]), [inputs]);

            /// <summary>One for each input.</summary>
            public static IEnumerable<Tensor> jacobian(Func<Tensor[], Tensor> function, params Tensor[] inputs) => Jacobians(x => [function(x)], inputs);

            /// <summary>For each output one for each input.</summary>
            public static IEnumerable<Tensor> jacobian(Func<Tensor[], Tensor[]> function, params Tensor[] inputs) => Jacobians(function, inputs);

            private static Tensor[] Jacobians(Func<Tensor[], Tensor[]> function, Tensor[] inputs)
            {
                using var scope = NewDisposeScope();
                using var recording = enable_grad();
                var leaves = Array.ConvertAll(inputs, i => i.detach().requires_grad_());
                var results = new List<Tensor>();
                foreach (var output in function(leaves)) {
                    var rows = output.reshape(-1).unbind().Select(element => grad([element], leaves, retain_graph: true, allow_unused: true)).ToList();
                    for (var k = 0; k < leaves.Length; k++) {
                        var (leaf, place) = (leaves[k], k);
                        var all = rows.Count == 0 ? zeros([0, .. leaf.shape], leaf.dtype) : torch.stack(rows.Select(row => row[place] ?? leaf.zeros_like()));
                        results.Add(all.reshape([.. output.shape, .. leaf.shape]).detach().MoveToOuterDisposeScope());
                    }
                }
                return [.. results];
            }
        }
    }
}
