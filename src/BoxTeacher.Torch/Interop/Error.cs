using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace BoxTeacher.Torch.Interop;

/// <summary>Failures of libtorch as managed exceptions, whose message is libtorch's own.</summary>
internal static unsafe class Error
{
    [DoesNotReturn]
    internal static void Throw() => throw new ExternalException(Message);

    internal static string Message => Marshal.PtrToStringUTF8((nint)NativeMethods.bt_error()) ?? "unknown native failure";

    /// <summary>Passes a status of the C ABI on; a negative one raises.</summary>
    internal static int Check(int status)
    {
        if (status < 0) {
            Throw();
        }
        return status;
    }

    /// <summary>Passes a handle on; null raises.</summary>
    internal static nint Check(nint handle)
    {
        if (handle == 0) {
            Throw();
        }
        return handle;
    }

    /// <summary>Hands a message to native code, which raises it where a managed callback failed.</summary>
    internal static void Set(string message)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(message + '\0')) {
            NativeMethods.bt_set_error(p);
        }
    }
}
