using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Helpers of PyTorch's torch.nn.utils.</summary>
        public static partial class utils
        {
            private static readonly Operator s_norms = new("_foreach_norm", "Scalar");
            private static readonly Operator s_scale = new("_foreach_mul_", "Scalar");

            /// <summary>Scales all gradients together so that their norm is at most <paramref name="max_norm"/>; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using var scope = NewDisposeScope();
                using var off = GradGuard.Off();
                var grads = tensors.Select(Gradients.Get).OfType<Tensor>().ToArray();
                if (grads.Length == 0) {
                    return 0;
                }
                var device = grads[0].device;
                var norms = double.IsInfinity(norm_type)
                    ? Array.ConvertAll(grads, g => g.abs().max().to(device))
                    : Array.ConvertAll(s_norms.List(grads, norm_type), n => n.to(device));
                var all = stack(norms);
                var total = (double.IsInfinity(norm_type) ? all.max() : all.norm((float)norm_type)).ToDouble();
                var factor = max_norm / (total + 1e-6);
                if (factor < 1) {
                    s_scale.Void(grads, factor);
                }
                return total;
            }

            /// <summary>Cuts every element of the gradients off at plus and minus <paramref name="clip_value"/>.</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var scope = NewDisposeScope();
                using var off = GradGuard.Off();
                foreach (var grad in tensors.Select(Gradients.Get).OfType<Tensor>()) {
                    grad.clamp_(-clip_value, clip_value);
                }
            }

            /// <summary>All parameters in one vector, in their order.</summary>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                return cat(tensors.Select(p => p.reshape(-1)).ToArray(), 0).MoveToOuterDisposeScope();
            }

            /// <summary>Copies the parts of a vector into the parameters, in their order.</summary>
            /// <exception cref="ArgumentException">The vector has another number of elements than the parameters together.</exception>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                var list = tensors.ToList();
                if (vec.numel() != list.Sum(p => p.numel())) {
                    throw new ArgumentException($"The vector has {vec.numel()} elements, the parameters have {list.Sum(p => p.numel())}.", nameof(vec));
                }
                using var scope = NewDisposeScope();
                using var off = GradGuard.Off();
                long at = 0;
                foreach (var p in list) {
                    p.copy_(vec.narrow(0, at, p.numel()).reshape(p.shape));
                    at += p.numel();
                }
            }

            /// <summary>A convolution's weights and bias with the normalisation that follows it folded in.</summary>
            public static (Parameter weight, Parameter bias) fuse_conv_bn_weights(Tensor conv_w, Tensor? conv_b, Tensor bn_rm, Tensor bn_rv, double bn_eps, Tensor? bn_w, Tensor? bn_b,
                bool transpose = false)
            {
                using var scope = NewDisposeScope();
                using var off = GradGuard.Off();
                var scale = (bn_w ?? ones_like(bn_rm)) * (bn_rv + bn_eps).rsqrt();
                var shape = Enumerable.Repeat(1L, (int)conv_w.ndim).ToArray();
                shape[transpose ? 1 : 0] = -1;
                var weight = conv_w * scale.reshape(shape);
                var bias = ((conv_b ?? zeros_like(bn_rm)) - bn_rm) * scale + (bn_b ?? zeros_like(bn_rm));
                return (Freed(weight), Freed(bias));
            }

            /// <summary>A linear layer's weights and bias with the normalisation that follows it folded in.</summary>
            public static (Parameter weight, Parameter bias) fuse_linear_bn_weights(Tensor linear_w, Tensor? linear_b, Tensor bn_rm, Tensor bn_rv, double bn_eps, Tensor bn_w, Tensor bn_b)
            {
                using var scope = NewDisposeScope();
                using var off = GradGuard.Off();
                var scale = bn_w * (bn_rv + bn_eps).rsqrt();
                var bias = ((linear_b ?? zeros_like(bn_rm)) - bn_rm) * scale + bn_b;
                return (Freed(linear_w * scale.unsqueeze(-1)), Freed(bias));
            }

            /// <summary>A linear layer that does what a linear layer and the normalisation after it do in evaluation.</summary>
            /// <exception cref="ArgumentException">One of the two is in training.</exception>
            public static Linear fuse_linear_bn_eval(Linear linear, BatchNorm bn)
            {
                if (linear.training || bn.training) {
                    throw new ArgumentException("Fusion only for eval!", nameof(linear));
                }
                var (weight, bias) = fuse_linear_bn_weights(linear.weight, linear.bias, bn.running_mean!, bn.running_var!, bn.eps, bn.weight, bn.bias!);
                var fused = Linear(weight, bias);
                fused.eval();
                return fused;
            }

            private static Parameter Freed(Tensor value)
            {
                var p = new Parameter(value, true);
                p.MoveToOuterDisposeScope();
                return p;
            }
        }
    }
}
