using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_crossEntropy = new("cross_entropy_loss");
            private static readonly Operator s_bce = new("binary_cross_entropy");
            private static readonly Operator s_bceLogits = new("binary_cross_entropy_with_logits");
            private static readonly Operator s_l1Loss = new("l1_loss");
            private static readonly Operator s_mseLoss = new("mse_loss");
            private static readonly Operator s_smoothL1 = new("smooth_l1_loss");
            private static readonly Operator s_huber = new("huber_loss");
            private static readonly Operator s_klDiv = new("kl_div");
            private static readonly Operator s_nll = new("nll_loss_nd");
            private static readonly Operator s_ctc = new("ctc_loss", "Tensor");
            private static readonly Operator s_cosineEmbedding = new("cosine_embedding_loss");
            private static readonly Operator s_cosineSimilarity = new("cosine_similarity");
            private static readonly Operator s_pairwiseDistance = new("pairwise_distance");
            private static readonly Operator s_hingeEmbedding = new("hinge_embedding_loss");
            private static readonly Operator s_marginRanking = new("margin_ranking_loss");
            private static readonly Operator s_multiMargin = new("multi_margin_loss");
            private static readonly Operator s_multilabelMargin = new("multilabel_margin_loss");
            private static readonly Operator s_poissonNll = new("poisson_nll_loss");
            private static readonly Operator s_softMargin = new("soft_margin_loss");
            private static readonly Operator s_tripletMargin = new("triplet_margin_loss");

            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0)
                => s_crossEntropy.Tensor(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean)
                => s_bce.Tensor(input, target, weight, (long)reduction);

            public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null)
                => s_bceLogits.Tensor(input, target, weight, pos_weights, (long)reduction);

            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => s_l1Loss.Tensor(input, target, (long)reduction);
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => s_mseLoss.Tensor(input, target, (long)reduction);

            public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1)
                => s_smoothL1.Tensor(input, target, (long)reduction, beta);

            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1, Reduction reduction = Reduction.Mean)
                => s_huber.Tensor(input, target, (long)reduction, delta);

            /// <summary>Kullback-Leibler divergence. The target is in logarithms unless said otherwise (PyTorch's default is the other way round).</summary>
            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean)
                => s_klDiv.Tensor(input, target, (long)reduction, log_target);

            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean)
                => s_nll.Tensor(input, target, weight, (long)reduction);

            public static Tensor ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, long blank = 0, bool zero_infinity = false, Reduction reduction = Reduction.Mean)
                => s_ctc.Tensor(log_probs, targets, input_lengths, target_lengths, blank, (long)reduction, zero_infinity);

            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-08) => s_cosineSimilarity.Tensor(x1, x2, dim, eps);

            public static Tensor pairwise_distance(Tensor input1, Tensor input2, double p = 2, double eps = 1e-06, bool keepdim = false)
                => s_pairwiseDistance.Tensor(input1, input2, p, eps, keepdim);

            public static Tensor cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0, Reduction reduction = Reduction.Mean)
                => s_cosineEmbedding.Tensor(input1, input2, target, margin, (long)reduction);

            public static Tensor hinge_embedding_loss(Tensor input, Tensor target, double margin = 0, Reduction reduction = Reduction.Mean)
                => s_hingeEmbedding.Tensor(input, target, margin, (long)reduction);

            public static Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0, Reduction reduction = Reduction.Mean)
                => s_marginRanking.Tensor(input1, input2, target, margin, (long)reduction);

            public static Tensor multi_margin_loss(Tensor input, Tensor target, int p = 1, double margin = 1, Tensor? weight = null, Reduction reduction = Reduction.Mean)
                => s_multiMargin.Tensor(input, target, p, margin, weight, (long)reduction);

            public static Tensor multi_label_margin_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean)
                => s_multilabelMargin.Tensor(input, target, (long)reduction);

            public static Tensor poisson_nll_loss(Tensor input, Tensor target, bool log_input = true, bool full = false, float eps = 1e-08f, Reduction reduction = Reduction.Mean)
                => s_poissonNll.Tensor(input, target, log_input, full, (double)eps, (long)reduction);

            public static Tensor soft_margin_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => s_softMargin.Tensor(input, target, (long)reduction);

            public static Tensor triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, double margin = 1, long p = 2, double eps = 1e-06, bool swap = false, Reduction reduction = Reduction.Mean)
                => s_tripletMargin.Tensor(anchor, positive, negative, margin, (double)p, eps, swap, (long)reduction);
        }
    }
}
