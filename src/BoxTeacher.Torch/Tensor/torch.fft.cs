using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Discrete Fourier transforms.</summary>
    public static class fft
    {
        private static readonly Operator s_fft2 = new("fft_fft2");
        private static readonly Operator s_fft = new("fft_fft");
        private static readonly Operator s_fftfreq = new("fft_fftfreq");
        private static readonly Operator s_fftn = new("fft_fftn");
        private static readonly Operator s_fftshift = new("fft_fftshift");
        private static readonly Operator s_hfft = new("fft_hfft");
        private static readonly Operator s_hfft2 = new("fft_hfft2");
        private static readonly Operator s_hfftn = new("fft_hfftn");
        private static readonly Operator s_ifft = new("fft_ifft");
        private static readonly Operator s_ifft2 = new("fft_ifft2");
        private static readonly Operator s_ifftn = new("fft_ifftn");
        private static readonly Operator s_ifftshift = new("fft_ifftshift");
        private static readonly Operator s_ihfft = new("fft_ihfft");
        private static readonly Operator s_ihfft2 = new("fft_ihfft2");
        private static readonly Operator s_ihfftn = new("fft_ihfftn");
        private static readonly Operator s_irfft = new("fft_irfft");
        private static readonly Operator s_irfft2 = new("fft_irfft2");
        private static readonly Operator s_irfftn = new("fft_irfftn");
        private static readonly Operator s_rfft = new("fft_rfft");
        private static readonly Operator s_rfft2 = new("fft_rfft2");
        private static readonly Operator s_rfftfreq = new("fft_rfftfreq");
        private static readonly Operator s_rfftn = new("fft_rfftn");

        public static Tensor fft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_fft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor fft_(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_fft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor fftfreq(long n, double d = 1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_fftfreq.Tensor(n, d, dtype, Value.None, InitializeDevice(device)), requires_grad);
        public static Tensor fftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_fftn.Tensor(input, s, dim, Name(norm));
        public static Tensor fftshift(Tensor input, long[]? dim = null) => s_fftshift.Tensor(input, dim);
        public static Tensor hfft(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_hfft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor hfft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_hfft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor hfftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_hfftn.Tensor(input, s, dim, Name(norm));
        public static Tensor ifft(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_ifft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor ifft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_ifft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor ifftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_ifftn.Tensor(input, s, dim, Name(norm));
        public static Tensor ifftshift(Tensor input, long[]? dim = null) => s_ifftshift.Tensor(input, dim);
        public static Tensor ihfft(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_ihfft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor ihfft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_ihfft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor ihfftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_ihfftn.Tensor(input, s, dim, Name(norm));
        public static Tensor irfft(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_irfft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor irfft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_irfft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor irfftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_irfftn.Tensor(input, s, dim, Name(norm));
        public static Tensor rfft(Tensor input, long n = -1, long dim = -1, FFTNormType norm = FFTNormType.Backward)
            => s_rfft.Tensor(input, n < 0 ? Value.None : n, dim, Name(norm));
        public static Tensor rfft2(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_rfft2.Tensor(input, s, dim ?? [-2, -1], Name(norm));
        public static Tensor rfftfreq(long n, double d = 1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_rfftfreq.Tensor(n, d, dtype, Value.None, InitializeDevice(device)), requires_grad);
        public static Tensor rfftn(Tensor input, long[]? s = null, long[]? dim = null, FFTNormType norm = FFTNormType.Backward)
            => s_rfftn.Tensor(input, s, dim, Name(norm));

        private static string Name(FFTNormType norm) => norm switch {
            FFTNormType.Forward => "forward",
            FFTNormType.Ortho => "ortho",
            _ => "backward",
        };
    }
}
