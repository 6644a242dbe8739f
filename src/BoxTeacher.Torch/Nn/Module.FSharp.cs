namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>F#'s <c>x --> module</c>: calls the module.</summary>
        public static Tensor op_MinusMinusGreater(Tensor t, nn.Module<Tensor, Tensor> m) => m.call(t);
    }
}
