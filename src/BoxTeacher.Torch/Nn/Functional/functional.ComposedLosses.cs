using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static Tensor Reduce(Tensor loss, Reduction reduction) => reduction switch {
                Reduction.Mean => loss.mean(),
                Reduction.Sum => loss.sum(),
                _ => loss,
            };

            /// <summary>(log var + (input - target)^2 / var) / 2, with log(2 pi) / 2 added when <paramref name="full"/>; the variance is at least eps.</summary>
            /// <exception cref="ArgumentException">The variance has another shape than the input and does not go along with it, or a negative element.</exception>
            public static Tensor gaussian_nll_loss(Tensor input, Tensor target, Tensor variance, bool full = false, float eps = 1e-06f, Reduction reduction = Reduction.Mean)
            {
                using var scope = NewDisposeScope();
                if (!variance.shape.AsSpan().SequenceEqual(input.shape)) {
                    if (input.ndim == variance.ndim + 1 && input.shape.AsSpan(0, (int)variance.ndim).SequenceEqual(variance.shape)) {
                        variance = variance.unsqueeze(-1);
                    } else if (!(input.ndim == variance.ndim && variance.shape[^1] == 1 && input.shape.AsSpan(0, (int)variance.ndim - 1).SequenceEqual(variance.shape.AsSpan(0, (int)variance.ndim - 1)))) {
                        throw new ArgumentException("variance is of incorrect size", nameof(variance));
                    }
                }
                if ((variance < 0).any().ToBoolean()) {
                    throw new ArgumentException("variance has negative entry/entries", nameof(variance));
                }
                Tensor least;
                using (GradGuard.Off()) {
                    least = variance.detach().clamp_min(eps) - variance;
                }
                // The lower bound is a constant: the gradient of the variance passes through it.
                variance = variance + least;
                var loss = 0.5 * (variance.log() + (input - target).pow(2) / variance);
                if (full) {
                    loss = loss + 0.5 * Math.Log(2 * Math.PI);
                }
                return Reduce(loss, reduction).MoveToOuterDisposeScope();
            }

            /// <summary>The mean over classes of the binary cross entropy of logits [N, C].</summary>
            public static Tensor multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean)
            {
                using var scope = NewDisposeScope();
                var loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input));
                if (weight is not null) {
                    loss = loss * weight;
                }
                return Reduce(loss.mean([-1]), reduction).MoveToOuterDisposeScope();
            }

            /// <summary>max(0, d(anchor, positive) - d(anchor, negative) + margin), by a distance of the caller's or else the Euclidean one.</summary>
            public static Tensor triplet_margin_with_distance_loss(Tensor anchor, Tensor positive, Tensor negative, Func<Tensor, Tensor, Tensor>? distance = null, double margin = 1, bool swap = false,
                Reduction reduction = Reduction.Mean)
            {
                using var scope = NewDisposeScope();
                distance ??= (a, b) => pairwise_distance(a, b);
                var near = distance(anchor, positive);
                var far = distance(anchor, negative);
                if (swap) {
                    far = minimum(far, distance(positive, negative));
                }
                return Reduce((near - far + margin).clamp_min(0), reduction).MoveToOuterDisposeScope();
            }

            /// <summary>softmax(q k^T / sqrt(E) + mask) v over [..., L, E]; a mask of booleans says what takes part.</summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false)
            {
                if (is_casual && attn_mask is not null) {
                    throw new ArgumentException("Casual attention masking cannot pass a mask.", nameof(attn_mask));
                }
                using var scope = NewDisposeScope();
                var scores = query.matmul(key.transpose(-2, -1)) / Math.Sqrt(query.shape[^1]);
                var mask = is_casual ? ones([query.shape[^2], key.shape[^2]], dtype: ScalarType.Bool, device: query.device).tril() : attn_mask;
                if (mask is not null) {
                    scores = mask.dtype == ScalarType.Bool ? scores.masked_fill(~mask, double.NegativeInfinity) : scores + mask;
                }
                var weights = scores.softmax(-1);
                if (p > 0) {
                    weights = dropout(weights, p);
                }
                return weights.matmul(value).MoveToOuterDisposeScope();
            }
        }
    }
}
