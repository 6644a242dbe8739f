namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.MaxUnpool1d MaxUnpool1d(long kernel_size, long? stride = null, long? padding = null) => new(kernel_size, stride, padding);
        public static Modules.MaxUnpool2d MaxUnpool2d(long kernel_size, long? stride = null, long? padding = null) => new(Fill(2, kernel_size), Fill(2, stride), Fill(2, padding));
        public static Modules.MaxUnpool2d MaxUnpool2d((long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding));
        public static Modules.MaxUnpool2d MaxUnpool2d(long[] kernel_size, long[]? stride = null, long[]? padding = null) => new(kernel_size, stride, padding);
        public static Modules.MaxUnpool3d MaxUnpool3d(long kernel_size, long? stride = null, long? padding = null) => new(Fill(3, kernel_size), Fill(3, stride), Fill(3, padding));
        public static Modules.MaxUnpool3d MaxUnpool3d((long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding));
        public static Modules.MaxUnpool3d MaxUnpool3d(long[] kernel_size, long[]? stride = null, long[]? padding = null) => new(kernel_size, stride, padding);
        public static Modules.LPPool1d LPPool1d(double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false) => new(norm_type, kernel_size, stride, ceil_mode);
        public static Modules.LPPool2d LPPool2d(double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false) => new(norm_type, Fill(2, kernel_size), Fill(2, stride), ceil_mode);
        public static Modules.LPPool2d LPPool2d(double norm_type, long[] kernel_size, long[]? stride = null, bool ceil_mode = false) => new(norm_type, kernel_size, stride, ceil_mode);
    }
}
