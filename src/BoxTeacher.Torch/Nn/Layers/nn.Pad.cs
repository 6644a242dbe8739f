namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.ConstantPad1d ConstantPad1d(long padding, double value) => new(value, Fill(2, padding));
        public static Modules.ConstantPad1d ConstantPad1d((long, long) padding, double value) => new(value, padding.Item1, padding.Item2);
        public static Modules.ConstantPad2d ConstantPad2d(long padding, double value) => new(value, Fill(4, padding));
        public static Modules.ConstantPad2d ConstantPad2d((long, long, long, long) padding, double value) => new(value, padding.Item1, padding.Item2, padding.Item3, padding.Item4);
        public static Modules.ConstantPad3d ConstantPad3d(long padding, double value) => new(value, Fill(6, padding));
        public static Modules.ConstantPad3d ConstantPad3d((long, long, long, long, long, long) padding, double value) => new(value, padding.Item1, padding.Item2, padding.Item3, padding.Item4, padding.Item5, padding.Item6);
        public static Modules.ReflectionPad1d ReflectionPad1d(long padding) => new(Fill(2, padding));
        public static Modules.ReflectionPad1d ReflectionPad1d((long, long) padding) => new(padding.Item1, padding.Item2);
        public static Modules.ReflectionPad2d ReflectionPad2d(long padding) => new(Fill(4, padding));
        public static Modules.ReflectionPad2d ReflectionPad2d((long, long, long, long) padding) => new(padding.Item1, padding.Item2, padding.Item3, padding.Item4);
        public static Modules.ReflectionPad3d ReflectionPad3d(long padding) => new(Fill(6, padding));
        public static Modules.ReflectionPad3d ReflectionPad3d((long, long, long, long, long, long) padding) => new(padding.Item1, padding.Item2, padding.Item3, padding.Item4, padding.Item5, padding.Item6);
        public static Modules.ReplicationPad1d ReplicationPad1d(long padding) => new(Fill(2, padding));
        public static Modules.ReplicationPad1d ReplicationPad1d((long, long) padding) => new(padding.Item1, padding.Item2);
        public static Modules.ReplicationPad2d ReplicationPad2d(long padding) => new(Fill(4, padding));
        public static Modules.ReplicationPad2d ReplicationPad2d((long, long, long, long) padding) => new(padding.Item1, padding.Item2, padding.Item3, padding.Item4);
        public static Modules.ReplicationPad3d ReplicationPad3d(long padding) => new(Fill(6, padding));
        public static Modules.ReplicationPad3d ReplicationPad3d((long, long, long, long, long, long) padding) => new(padding.Item1, padding.Item2, padding.Item3, padding.Item4, padding.Item5, padding.Item6);
        public static Modules.ZeroPad2d ZeroPad2d(long padding) => new(Fill(4, padding));
        public static Modules.ZeroPad2d ZeroPad2d((long, long, long, long) padding) => new(padding.Item1, padding.Item2, padding.Item3, padding.Item4);
    }
}
