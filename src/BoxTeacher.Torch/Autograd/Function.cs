using System.Collections.Generic;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>A function with a backward of its own. T is the deriving class.</summary>
        public abstract class Function<T> where T : Function<T>, new()
        {
            private protected Function() { }

            /// <summary>The node's name in libtorch's messages.</summary>
            public abstract string Name { get; }

            internal abstract List<Tensor> Forward(AutogradContext ctx, object[] vars);
            internal abstract List<Tensor> Backward(AutogradContext ctx, List<Tensor> gradients);

            /// <summary>Runs forward, unrecorded, and records the function as one node.</summary>
            /// <param name="vars">The arguments; the tensors among them may have gradients.</param>
            public static List<Tensor> apply_internal(params object[] vars)
            {
                var function = new T();
                return FunctionNode.Run(function.Name, function.Forward, function.Backward, vars);
            }
        }

        /// <summary>A function with one result.</summary>
        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            protected SingleTensorFunction() { }

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            /// <summary>Gradients of the arguments: one for each argument of forward (null for what is no tensor), or one for each tensor.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            public static Tensor apply(params object[] vars) => apply_internal(vars)[0];

            internal override List<Tensor> Forward(AutogradContext ctx, object[] vars) => [forward(ctx, vars)];
            internal override List<Tensor> Backward(AutogradContext ctx, List<Tensor> gradients) => backward(ctx, gradients[0]);
        }

        /// <summary>A function with several results.</summary>
        public abstract class MultiTensorFunction<T> : Function<T> where T : MultiTensorFunction<T>, new()
        {
            protected MultiTensorFunction() { }

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            /// <summary>Gradients of the arguments: one for each argument of forward (null for what is no tensor), or one for each tensor.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            public static List<Tensor> apply(params object[] vars) => apply_internal(vars);

            internal override List<Tensor> Forward(AutogradContext ctx, object[] vars) => forward(ctx, vars);
            internal override List<Tensor> Backward(AutogradContext ctx, List<Tensor> gradients) => backward(ctx, gradients);
        }
    }
}
