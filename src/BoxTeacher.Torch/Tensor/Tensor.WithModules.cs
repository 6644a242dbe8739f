using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Functions whose arguments are types of the modules.</content>
    public partial class Tensor
    {
        private static readonly Operator s_stftCentred = new("stft", "center");

        /// <summary>Fourier transforms of overlapping pieces of a signal [.., time].</summary>
        public Tensor stft(long n_fft, long hop_length = -1, long win_length = -1, Tensor? window = null, bool center = true, PaddingModes pad_mode = PaddingModes.Reflect, bool normalized = false, bool? onesided = null, bool? return_complex = null)
            => s_stftCentred.Tensor(this, n_fft, hop_length < 0 ? Value.None : hop_length, win_length < 0 ? Value.None : win_length, window, center,
                pad_mode switch { PaddingModes.Zeros => "constant", var mode => mode.ToString().ToLowerInvariant() }, normalized, onesided, return_complex);

        private static readonly Operator s_istft = new("istft");

        /// <summary>The signal that has these transforms.</summary>
        public Tensor istft(long n_fft, long hop_length = -1, long win_length = -1, Tensor? window = null, bool center = true, bool normalized = false, bool? onesided = null, long length = -1, bool return_complex = false)
            => s_istft.Tensor(this, n_fft, hop_length < 0 ? Value.None : hop_length, win_length < 0 ? Value.None : win_length, window, center, normalized,
                onesided, length < 0 ? Value.None : length, return_complex);

        public Tensor gelu(Modules.GELU.Approximate approximate) => s_gelu.Tensor(this, approximate.ToString());
        public Tensor gelu_(Modules.GELU.Approximate approximate) => s_geluInPlace.InPlace(this, this, approximate.ToString());
    }

    public static Tensor stft(Tensor input, long n_fft, long hop_length = -1, long win_length = -1, Tensor? window = null, bool center = true, PaddingModes pad_mode = PaddingModes.Reflect, bool normalized = false, bool? onesided = null, bool? return_complex = null)
        => input.stft(n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex);
}

/// <content>Parameters.</content>
public static partial class TensorExtensionMethods
{
    /// <summary>A parameter that takes the tensor over.</summary>
    public static Modules.Parameter AsParameter(this torch.Tensor tensor) => new(tensor);
}
