using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <summary>Switches anomaly detection of backward, and back again when disposed.</summary>
public class AnomalyMode : IDisposable
{
    private readonly bool _enabled = IsEnabled;
    private readonly bool _checkNaN = ShouldCheckNaN;

    public AnomalyMode(bool enabled, bool check_nan = true) => NativeMethods.bt_set_anomaly(enabled ? 1 : 0, check_nan ? 1 : 0);

    public static bool IsEnabled => NativeMethods.bt_anomaly_enabled() != 0;
    public static bool ShouldCheckNaN => NativeMethods.bt_anomaly_checks_nan() != 0;

    protected virtual void Dispose(bool disposing) => NativeMethods.bt_set_anomaly(_enabled ? 1 : 0, _checkNaN ? 1 : 0);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }
}
