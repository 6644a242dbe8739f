using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_dropout = new("dropout");
            private static readonly Operator s_dropoutInPlace = new("dropout_");
            private static readonly Operator s_featureDropout = new("feature_dropout");
            private static readonly Operator s_featureDropoutInPlace = new("feature_dropout_");
            private static readonly Operator s_alphaDropout = new("alpha_dropout");
            private static readonly Operator s_alphaDropoutInPlace = new("alpha_dropout_");
            private static readonly Operator s_featureAlphaDropout = new("feature_alpha_dropout");
            private static readonly Operator s_featureAlphaDropoutInPlace = new("feature_alpha_dropout_");
            private static readonly Operator s_oneHot = new("one_hot");

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
                => Apply(s_dropout, s_dropoutInPlace, inplace, input, input, p, training);

            /// <summary>Drops whole channels of [N, C, L].</summary>
            public static Tensor dropout1d(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
                => Apply(s_featureDropout, s_featureDropoutInPlace, inplace, input, input, p, training);

            /// <summary>Drops whole channels of [N, C, H, W].</summary>
            public static Tensor dropout2d(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
                => Apply(s_featureDropout, s_featureDropoutInPlace, inplace, input, input, p, training);

            /// <summary>Drops whole channels of [N, C, D, H, W].</summary>
            public static Tensor dropout3d(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
                => Apply(s_featureDropout, s_featureDropoutInPlace, inplace, input, input, p, training);

            public static Tensor alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false)
                => Apply(s_alphaDropout, s_alphaDropoutInPlace, inplace, input, input, p, training);

            public static Tensor feature_alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false)
                => Apply(s_featureAlphaDropout, s_featureAlphaDropoutInPlace, inplace, input, input, p, training);

            /// <summary>Class numbers [...] as rows [..., num_classes] with a single one; -1: as many classes as the largest number needs.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => s_oneHot.Tensor(x, num_classes);
        }
    }
}
