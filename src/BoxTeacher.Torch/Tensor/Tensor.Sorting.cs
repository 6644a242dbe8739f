using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Sorting.</content>
    public partial class Tensor
    {
        private static readonly Operator s_argsort = new("argsort");
        public Tensor argsort(long dim = -1, bool descending = false) => s_argsort.Tensor(this, dim, descending);

        private static readonly Operator s_msort = new("msort");
        public Tensor msort() => s_msort.Tensor(this);

        private static readonly Operator s_sortStable = new("sort", "stable");
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false)
            => s_sortStable.Pair(this, stable, dim, descending);

        private static readonly Operator s_topk = new("topk");
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
            => s_topk.Pair(this, k, dim, largest, sorted);
    }
}
