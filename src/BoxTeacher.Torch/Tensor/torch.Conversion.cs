namespace TorchSharp;

/// <content>As functions: copies and conversions.</content>
public static partial class torch
{
    public static Tensor clone(Tensor input) => input.clone();
    public static Tensor dequantize(Tensor input) => input.dequantize();
    public static Tensor istft(Tensor input, long n_fft, long hop_length = -1, long win_length = -1, Tensor? window = null, bool center = true, bool normalized = false, bool? onesided = null, long length = -1, bool return_complex = false)
        => input.istft(n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex);
}
