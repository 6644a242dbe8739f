using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Tensors from nothing: ranges, and tensors like others.</content>
public static partial class torch
{
    private static readonly Operator s_arange = new("arange", "start_step");
    private static readonly Operator s_linspace = new("linspace");
    private static readonly Operator s_logspace = new("logspace");
    private static readonly Operator s_eye = new("eye", "m");
    private static readonly Operator s_emptyStrided = new("empty_strided");
    private static readonly Operator s_complex = new("complex");
    private static readonly Operator s_polar = new("polar");
    private static readonly Operator s_trilIndices = new("tril_indices");
    private static readonly Operator s_triuIndices = new("triu_indices");
    private static readonly Operator s_sparseCooTensor = new("sparse_coo_tensor", "indices_size");
    private static readonly Operator s_bartlettWindow = new("bartlett_window", "periodic");
    private static readonly Operator s_blackmanWindow = new("blackman_window", "periodic");
    private static readonly Operator s_hammingWindow = new("hamming_window", "periodic_alpha_beta");
    private static readonly Operator s_hannWindow = new("hann_window", "periodic");
    private static readonly Operator s_kaiserWindow = new("kaiser_window", "beta");

    /// <summary>Applies what every factory takes besides sizes and element type.</summary>
    internal static Tensor Made(Tensor tensor, bool requires_grad, string[]? names = null)
    {
        if (requires_grad) {
            tensor.requires_grad = true;
        }
        if (names is { Length: > 0 }) {
            tensor.rename_(names);
        }
        return tensor;
    }

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => arange(0L, stop, 1L, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => arange(start, stop, 1L, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_arange.Tensor(start, stop, step, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_linspace.Tensor(start, end, steps, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_logspace.Tensor(start, end, steps, @base, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor eye(long rows, long columns = -1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(s_eye.Tensor(rows, columns < 0 ? rows : columns, dtype, Value.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor empty_strided(long[] size, long[] strides, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(s_emptyStrided.Tensor(size, strides, dtype, Value.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor complex(Tensor real, Tensor imag) => s_complex.Tensor(real, imag);
    public static Tensor polar(Tensor abs, Tensor angle) => s_polar.Tensor(abs, angle);

    public static Tensor tril_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null)
        => s_trilIndices.Tensor(row, col, offset, dtype, Value.None, InitializeDevice(device));

    public static Tensor triu_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null)
        => s_triuIndices.Tensor(row, col, offset, dtype, Value.None, InitializeDevice(device));

    public static Tensor sparse_coo_tensor(Tensor indices, Tensor values, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(s_sparseCooTensor.Tensor(indices, values, size, dtype ?? values.dtype, Value.None, device ?? values.device), requires_grad, names);

    public static Tensor sparse(Tensor indices, Tensor values, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => sparse_coo_tensor(indices, values, size, dtype, device, requires_grad, names);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(input.zeros_like(dtype, device, requires_grad), false, names);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(input.ones_like(dtype, device, requires_grad), false, names);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(input.empty_like(dtype, device, requires_grad), false, names);

    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
        => Made(input.full_like(value, dtype, device, requires_grad), false, names);

    public static Tensor bartlett_window(long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_bartlettWindow.Tensor(len, periodic, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor blackman_window(long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_blackmanWindow.Tensor(len, periodic, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor hamming_window(long len, bool periodic = true, float alpha = 0.54f, float beta = 0.46f, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_hammingWindow.Tensor(len, periodic, alpha, beta, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor hann_window(long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_hannWindow.Tensor(len, periodic, dtype, Value.None, InitializeDevice(device)), requires_grad);

    public static Tensor kaiser_window(long len, bool periodic = true, float beta = 12, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        => Made(s_kaiserWindow.Tensor(len, periodic, beta, dtype, Value.None, InitializeDevice(device)), requires_grad);
}
