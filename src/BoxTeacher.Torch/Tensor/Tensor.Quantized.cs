using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Other element types, and quantised tensors.</content>
    public partial class Tensor
    {
        private static readonly Operator s_toOther = new("to", "other");
        private static readonly Operator s_random = new("random_", "from");
        private static readonly Operator s_qScale = new("q_scale");
        private static readonly Operator s_qZeroPoint = new("q_zero_point");
        private static readonly Operator s_qAxis = new("q_per_channel_axis");
        private static readonly Operator s_qScales = new("q_per_channel_scales");
        private static readonly Operator s_qZeroPoints = new("q_per_channel_zero_points");

        /// <summary>As `other` is in element type and device.</summary>
        public Tensor to(Tensor other, bool non_blocking = false) => s_toOther.Tensor(this, other, non_blocking);

        /// <summary>Fills with integers of [from, to).</summary>
        public Tensor random_(double from, double to, Generator? generator = null)
            => s_random.InPlace(this, this, checked((long)from), checked((long)to), generator);

        public double q_scale() => s_qScale.Double(this);
        public long q_zero_point() => s_qZeroPoint.Int(this);
        public long q_per_channel_axis() => s_qAxis.Int(this);
        public Tensor q_per_channel_scales() => s_qScales.Tensor(this);
        public Tensor q_per_channel_zero_points() => s_qZeroPoints.Tensor(this);

        /// <summary>Takes over a native tensor, whose reference passes to the new object.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);
    }
}
