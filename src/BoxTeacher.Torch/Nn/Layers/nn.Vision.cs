namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.Upsample Upsample(long[]? size = null, double[]? scale_factor = null, UpsampleMode mode = UpsampleMode.Nearest, bool? align_corners = null, bool? recompute_scale_factor = null)
            => new(size, scale_factor, mode, align_corners, recompute_scale_factor);

        public static Modules.PixelShuffle PixelShuffle(long upscale_factor) => new(upscale_factor);
        public static Modules.PixelUnshuffle PixelUnshuffle(long downscale_factor) => new(downscale_factor);
        public static Modules.ChannelShuffle ChannelShuffle(long groups) => new(groups);

        public static Modules.Unfold Unfold(long kernel_size, long dilation = 1, long padding = 0, long stride = 1)
            => new((kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

        public static Modules.Unfold Unfold((long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null)
            => new(kernel_size, dilation ?? (1, 1), padding ?? (0, 0), stride ?? (1, 1));

        public static Modules.Fold Fold(long output_size, long kernel_size, long dilation = 1, long padding = 0, long stride = 1)
            => new((output_size, output_size), (kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

        public static Modules.Fold Fold((long, long) output_size, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null)
            => new(output_size, kernel_size, dilation ?? (1, 1), padding ?? (0, 0), stride ?? (1, 1));

        public static Modules.CosineSimilarity CosineSimilarity(long dim = 1, double eps = 1e-08) => new(dim, eps);
        public static Modules.PairwiseDistance PairwiseDistance(double p = 2, double eps = 1e-06, bool keepdim = false) => new(p, eps, keepdim);
        public static Modules.LocalResponseNorm LocalResponseNorm(long size, double alpha = 0.0001, double beta = 0.75, double k = 1) => new(size, alpha, beta, k);
        public static Modules.Bilinear Bilinear(long in1_features, long in2_features, long out_features, bool hasBias = true, Device? device = null, ScalarType? dtype = null)
            => new(in1_features, in2_features, out_features, hasBias, device, dtype);

        public static Modules.Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2, bool scale_grad_by_freq = false,
            bool sparse = false, Device? device = null, ScalarType? dtype = null)
            => new(num_embeddings, embedding_dims, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype);

        /// <summary>An embedding with the given rows [num_embeddings, embedding_dims].</summary>
        public static Modules.Embedding Embedding_from_pretrained(Tensor embeddings, bool freeze = true, long? padding_idx = null, double? max_norm = null, double norm_type = 2,
            bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            => new(embeddings, freeze, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype);

        public static Modules.MultiheadAttention MultiheadAttention(long embedded_dim, long num_heads, double dropout = 0, bool bias = true, bool add_bias_kv = false, bool add_zero_attn = false,
            long? kdim = null, long? vdim = null)
            => new(embedded_dim, num_heads, dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim);
    }
}
