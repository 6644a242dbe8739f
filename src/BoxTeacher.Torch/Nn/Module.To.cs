using System;
using System.Linq;
using System.Reflection;
using BoxTeacher.Torch.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private static readonly Operator s_to = new("to", "dtype_layout");

            /// <summary>Where the module was last moved to.</summary>
            protected DeviceType _deviceType = DeviceType.CPU;
            protected int _deviceIndex = -1;

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                if (dtype is not (ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64
                    or ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64)) {
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got {dtype}");
                }
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);
                return this;
            }

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                _to(dtype, non_blocking);
                _toEpilog(null, device, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking) => _to(other.device, other.dtype, non_blocking);

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);
            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) => _toEpilog((ScalarType?)dtype, device, non_blocking);
            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking)
                => _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            /// <summary>
            /// Moves parameters and buffers of this module and all below it. What changes is replaced by a new object,
            /// also in the fields that held it, and the old one is disposed. Only floating point tensors change their type.
            /// </summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var (key, p) in _internal_params.ToArray<(string, Parameter)>()) {
                    if (p is { IsInvalid: true, Successor: { } shared }) {
                        _internal_params[key] = shared.Current;
                        ReplaceField(p, shared.Current);
                    } else if (ReplaceParameter(dtype, device, p, out var moved)) {
                        _internal_params[key] = moved;
                        ReplaceField(p, moved);
                        p.Dispose();
                    }
                }
                foreach (var (key, (buffer, persistent)) in _internal_buffers.ToArray<(string, (Tensor, bool))>()) {
                    if (ReplaceBuffer(dtype, device, buffer, out var moved)) {
                        _internal_buffers[key] = (moved, persistent);
                        ReplaceField(buffer, moved);
                        buffer.Dispose();
                    }
                }
                if (device is not null) {
                    (_deviceType, _deviceIndex) = (device.type, device.index);
                }
                foreach (var (_, child) in _internal_submodules) {
                    child._toEpilog(dtype, device, non_blocking);
                }
            }

            /// <summary>Makes the parameter that takes another's place, its gradient included. False: nothing changes.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter p)
            {
                if (!ReplaceBuffer(dtype, device, param, out var moved)) {
                    p = param;
                    return false;
                }
                p = new Parameter(moved, NativeMethods.bt_requires_grad(param.Handle) != 0);
                p.DetachFromDisposeScope();
                using (var grad = Gradients.Get(param)) {
                    if (grad is not null) {
                        ReplaceBuffer(dtype, device, grad, out var movedGrad);
                        Gradients.Set(p, movedGrad);
                        movedGrad.Dispose();
                    }
                }
                param.Successor = p;
                return true;
            }

            /// <summary>Makes the tensor that takes another's place. False: nothing changes.</summary>
            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor result)
            {
                var type = IsFloating(buffer.dtype) ? dtype ?? buffer.dtype : buffer.dtype;
                var place = device ?? buffer.device;
                if (type == buffer.dtype && Same(place, buffer.device)) {
                    result = buffer;
                    return false;
                }
                using var off = GradGuard.Off();
                result = s_to.Tensor(buffer, type, Value.None, place);
                result.DetachFromDisposeScope();
                return true;
            }

            /// <summary>The device and the type that a module is made with unless it is told.</summary>
            protected static (Device device, ScalarType dtype) GetDefaultDeviceAndType(Device? device = null, ScalarType? dtype = null)
                => (device ?? CPU, dtype ?? get_default_dtype());

            private static bool Same(Device a, Device b) => a.type == b.type && (a.index == b.index || a.index < 0 || a.type == DeviceType.CPU);

            private static bool IsFloating(ScalarType type) => type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32
                or ScalarType.Float64 or ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

            private void ReplaceField(Tensor before, Tensor after)
            {
                const BindingFlags declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
                for (var type = GetType(); type is not null && type != typeof(Module); type = type.BaseType) {
                    foreach (var field in type.GetFields(declared)) {
                        if (!field.FieldType.IsValueType && ReferenceEquals(field.GetValue(this), before)) {
                            field.SetValue(this, after);
                        }
                    }
                }
            }
        }
    }
}
