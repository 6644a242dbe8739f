using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Element types, devices, and which of them factories take by default.</content>
public static partial class torch
{
    public static readonly ScalarType uint8 = ScalarType.Byte;
    public static readonly ScalarType int8 = ScalarType.Int8;
    public static readonly ScalarType int16 = ScalarType.Int16;
    public static readonly ScalarType @short = ScalarType.Int16;
    public static readonly ScalarType int32 = ScalarType.Int32;
    public static readonly ScalarType @int = ScalarType.Int32;
    public static readonly ScalarType int64 = ScalarType.Int64;
    public static readonly ScalarType @long = ScalarType.Int64;
    public static readonly ScalarType float16 = ScalarType.Float16;
    public static readonly ScalarType half = ScalarType.Float16;
    public static readonly ScalarType float32 = ScalarType.Float32;
    public static readonly ScalarType @float = ScalarType.Float32;
    public static readonly ScalarType float64 = ScalarType.Float64;
    public static readonly ScalarType @double = ScalarType.Float64;
    public static readonly ScalarType complex64 = ScalarType.ComplexFloat32;
    public static readonly ScalarType cfloat = ScalarType.ComplexFloat32;
    public static readonly ScalarType complex128 = ScalarType.ComplexFloat64;
    public static readonly ScalarType cdouble = ScalarType.ComplexFloat64;
    public static readonly ScalarType @bool = ScalarType.Bool;
    public static readonly ScalarType qint8 = ScalarType.QInt8;
    public static readonly ScalarType quint8 = ScalarType.QUInt8;
    public static readonly ScalarType qint32 = ScalarType.QInt32;
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;

    private static Device s_defaultDevice = CPU;

    /// <summary>The device a factory uses: the one it was given, else the default.</summary>
    public static Device InitializeDevice(Device? device) => device ?? s_defaultDevice;

    /// <summary>Loads what a device needs.</summary>
    /// <exception cref="InvalidOperationException">This libtorch has no such device.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType)) {
            throw new InvalidOperationException($"Device type {deviceType} is not available in this libtorch.");
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType)
        => deviceType is DeviceType.CPU or DeviceType.META || (deviceType == DeviceType.CUDA && cuda.is_available());

    public static Device get_default_device() => s_defaultDevice;
    public static void set_default_device(Device device) => s_defaultDevice = device;
    public static void set_default_device(string device) => s_defaultDevice = new Device(device);

    public static ScalarType get_default_dtype() => (ScalarType)NativeMethods.bt_get_default_dtype();

    /// <summary>The floating-point type of factories that are given none.</summary>
    public static void set_default_dtype(ScalarType dtype) => Error.Check(NativeMethods.bt_set_default_dtype((int)dtype));

    public static void set_default_tensor_type(Tensor t) => set_default_dtype(t.dtype);

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);

    public static bool is_floating_point(ScalarType type)
        => type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    public static bool is_complex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    public static bool is_integral(ScalarType type)
        => type is ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64 or ScalarType.Bool;

    public static bool is_quantized(ScalarType type) => type is ScalarType.QInt8 or ScalarType.QUInt8 or ScalarType.QInt32;

    public static bool is_floating_point(Tensor input) => input.is_floating_point();
    public static bool is_complex(Tensor input) => input.is_complex();
    public static bool is_integral(Tensor t) => t.is_integral();

    private static readonly Operator s_canCast = new("can_cast");
    private static readonly Operator s_promoteTypes = new("promote_types");
    private static readonly Operator s_resultType = new("result_type", "Tensor");

    public static bool can_cast(ScalarType from, ScalarType to) => s_canCast.Bool(from, to);
    public static ScalarType promote_types(ScalarType type1, ScalarType type2) => (ScalarType)s_promoteTypes.Int(type1, type2);
    public static ScalarType result_type(Tensor tensor1, Tensor tensor2) => (ScalarType)s_resultType.Int(tensor1, tensor2);

    /// <summary>The greatest value of an integer type.</summary>
    public static long max_int_value(ScalarType type) => type switch {
        ScalarType.Byte => byte.MaxValue,
        ScalarType.Int8 => sbyte.MaxValue,
        ScalarType.Int16 => short.MaxValue,
        ScalarType.Int32 => int.MaxValue,
        ScalarType.Int64 => long.MaxValue,
        _ => throw new ArgumentException($"{type} is no integer type", nameof(type)),
    };

    public static Tensor FloatTensor(Tensor t) => t.to(float32);
    public static Tensor DoubleTensor(Tensor t) => t.to(float64);
    public static Tensor ByteTensor(Tensor t) => t.to(uint8);
    public static Tensor ShortTensor(Tensor t) => t.to(int16);
    public static Tensor IntTensor(Tensor t) => t.to(int32);
    public static Tensor LongTensor(Tensor t) => t.to(int64);
    public static Tensor BoolTensor(Tensor t) => t.to(@bool);

    public static bool is_tensor(object obj) => obj is Tensor;
}
