using System;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

[assembly: DisableRuntimeMarshalling]

namespace BoxTeacher.Torch.Interop;

/// <summary>The C ABI of native/torch. Reads that only look at a tensor's header skip the garbage collector's transition.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = "boxteacher_torch";

    static NativeMethods() => NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, NativeLibraryFinder.Resolve);

    [DllImport(Library)] internal static extern byte* bt_error();
    [DllImport(Library)] internal static extern void bt_set_error(byte* message);
    [DllImport(Library)] internal static extern byte* bt_torch_version();
    [DllImport(Library)] internal static extern int bt_get_num_threads();
    [DllImport(Library)] internal static extern int bt_set_num_threads(int n);
    [DllImport(Library)] internal static extern int bt_get_num_interop_threads();
    [DllImport(Library)] internal static extern int bt_set_num_interop_threads(int n);
    [DllImport(Library)] internal static extern int bt_cuda_device_count();
    [DllImport(Library)] internal static extern int bt_cudnn_is_available();
    [DllImport(Library)] internal static extern int bt_cuda_synchronize(long device);
    [DllImport(Library)] internal static extern int bt_get_flag(int flag);
    [DllImport(Library)] internal static extern int bt_set_flag(int flag, int value);
    [DllImport(Library)] internal static extern void bt_trim_heap();
    [DllImport(Library)] internal static extern int bt_get_default_dtype();
    [DllImport(Library)] internal static extern int bt_set_default_dtype(int dtype);

    [DllImport(Library)] internal static extern nint bt_operator(byte* name, byte* overload);
    [DllImport(Library)] internal static extern int bt_has_operator(byte* name, byte* overload);
    [DllImport(Library)] internal static extern nint bt_call_tensor(nint op, NativeValue* args, int n);
    [DllImport(Library)] internal static extern int bt_call(nint op, NativeValue* args, int n, NativeValue* results, int capacity, int check);
    [DllImport(Library)] internal static extern nint bt_arithmetic(int kind, nint a, nint b);
    [DllImport(Library)] internal static extern nint bt_arithmetic_number(int kind, nint a, int isInteger, long i, double d);
    [DllImport(Library)] internal static extern nint bt_conv2d(nint input, nint weight, nint bias, long* strides, int stridesN, long* padding, int paddingN, long* dilation, int dilationN, long groups);
    [DllImport(Library)] internal static extern nint bt_max_pool2d(nint input, long* kernel, int kernelN, long* stride, int strideN, long* padding, int paddingN, long* dilation, int dilationN, int ceilMode);
    [DllImport(Library)] internal static extern byte* bt_schema(nint op);
    [DllImport(Library)] internal static extern void bt_free(void* p);

    [DllImport(Library)] internal static extern void bt_release(nint t);
    [DllImport(Library)] internal static extern void bt_release_all(nint* tensors, int count);
    [DllImport(Library), SuppressGCTransition] internal static extern nint bt_retain(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern long bt_dim(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern long bt_numel(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern int bt_dtype(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern long bt_element_size(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern int bt_device(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern int bt_layout(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern int bt_requires_grad(nint t);
    [DllImport(Library), SuppressGCTransition] internal static extern long* bt_sizes(nint t);
    [DllImport(Library)] internal static extern long* bt_strides(nint t);
    [DllImport(Library)] internal static extern long bt_storage_offset(nint t);
    [DllImport(Library)] internal static extern int bt_is_contiguous(nint t, int format);
    [DllImport(Library)] internal static extern void* bt_data(nint t);
    [DllImport(Library)] internal static extern int bt_item(nint t, long* i, double* d);
    [DllImport(Library)] internal static extern nint bt_select(nint t, long* indices, int n);
    [DllImport(Library)] internal static extern nint bt_index(nint t, NativeIndex* indices, int n);
    [DllImport(Library)] internal static extern int bt_index_put(nint t, NativeIndex* indices, int n, nint value);
    [DllImport(Library)] internal static extern nint bt_from_memory(void* data, long bytes, long* sizes, int n, int dtype);
    [DllImport(Library)] internal static extern nint bt_from_blob(void* data, long* sizes, int n, int dtype, delegate* unmanaged<void*, void> done, void* context);
    [DllImport(Library)] internal static extern int bt_save(nint t, byte* path);
    [DllImport(Library)] internal static extern nint bt_load(byte* path);

    [DllImport(Library), SuppressGCTransition] internal static extern int bt_grad_enabled();
    [DllImport(Library), SuppressGCTransition] internal static extern void bt_set_grad_enabled(int on);
    [DllImport(Library)] internal static extern nint bt_inference_mode_new(int on);
    [DllImport(Library)] internal static extern void bt_inference_mode_delete(nint p);
    [DllImport(Library)] internal static extern int bt_inference_mode_enabled();
    [DllImport(Library)] internal static extern int bt_anomaly_enabled();
    [DllImport(Library)] internal static extern int bt_anomaly_checks_nan();
    [DllImport(Library)] internal static extern void bt_set_anomaly(int on, int checkNan);
    [DllImport(Library)] internal static extern int bt_set_requires_grad(nint t, int on);
    [DllImport(Library)] internal static extern int bt_is_leaf(nint t);
    [DllImport(Library)] internal static extern nint bt_grad(nint t);
    [DllImport(Library)] internal static extern int bt_set_grad(nint t, nint grad);
    [DllImport(Library)] internal static extern int bt_retain_grad(nint t);
    [DllImport(Library)] internal static extern int bt_backward(nint* outputs, int n, nint* grads, int retain, int create, nint* inputs, int inputsN);
    [DllImport(Library)] internal static extern int bt_autograd_grad(nint* outputs, int n, nint* inputs, int inputsN, nint* grads, int retain, int create, int allowUnused, nint* result);
    [DllImport(Library)] internal static extern nint bt_node_new(byte* name, nint* inputs, int n, delegate* unmanaged<void*, void*, nint*, int, nint*, int, int> backward, delegate* unmanaged<void*, void> done, void* context);
    [DllImport(Library)] internal static extern int bt_node_finish(nint node, nint* outputs, byte* kinds, int n, nint* saved, int savedN, int materialize);
    [DllImport(Library)] internal static extern int bt_node_saved(void* node, nint* result, int capacity);
    [DllImport(Library)] internal static extern void bt_node_release(nint node);

    [DllImport(Library)] internal static extern nint bt_generator_new(ulong seed);
    [DllImport(Library)] internal static extern nint bt_generator_default();
    [DllImport(Library)] internal static extern void bt_generator_delete(nint g);
    [DllImport(Library)] internal static extern int bt_generator_manual_seed(nint g, ulong seed);
    [DllImport(Library)] internal static extern ulong bt_generator_seed(nint g);
    [DllImport(Library)] internal static extern ulong bt_generator_initial_seed(nint g);
    [DllImport(Library)] internal static extern nint bt_generator_get_state(nint g);
    [DllImport(Library)] internal static extern int bt_generator_set_state(nint g, nint state);
    [DllImport(Library)] internal static extern int bt_manual_seed(ulong seed);

    [DllImport(Library)] internal static extern int bt_zero_grads(nint* parameters, int n);
    [DllImport(Library)] internal static extern int bt_sgd(nint* parameters, nint* buffers, byte* first, int n, double lr, double momentum, double dampening, double weightDecay, int nesterov, int maximize);
    [DllImport(Library)] internal static extern int bt_adam(nint* parameters, nint* expAvgs, nint* expAvgSqs, nint* maxExpAvgSqs, long* steps, int n, double lr, double beta1, double beta2, double eps, double weightDecay, int decoupled, int maximize);
    [DllImport(Library)] internal static extern int bt_ema(nint* targets, nint* sources, int n, double momentum);
}
