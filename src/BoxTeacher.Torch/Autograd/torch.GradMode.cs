using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Whether operations are recorded for backward, on the calling thread.</content>
public static partial class torch
{
    /// <summary>Records nothing until disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    /// <summary>Records nothing until disposed, and makes tensors that can never take part in a recording.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_grad_enabled() => NativeMethods.bt_grad_enabled() != 0;

    public static bool is_inference_mode_enabled() => NativeMethods.bt_inference_mode_enabled() != 0;

    private sealed class GradMode : IDisposable
    {
        private readonly int _before = NativeMethods.bt_grad_enabled();

        internal GradMode(bool on) => NativeMethods.bt_set_grad_enabled(on ? 1 : 0);

        public void Dispose() => NativeMethods.bt_set_grad_enabled(_before);
    }

    private sealed class InferenceMode(bool on) : IDisposable
    {
        private nint _guard = Error.Check(NativeMethods.bt_inference_mode_new(on ? 1 : 0));

        public void Dispose()
        {
            if (_guard != 0) {
                NativeMethods.bt_inference_mode_delete(_guard);
                _guard = 0;
            }
        }
    }
}
