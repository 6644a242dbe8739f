using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers on the CPU.</summary>
    public class Generator : IDisposable
    {
        private nint _handle;

        public Generator(ulong seed = 0, Device? device = null) : this(Error.Check(NativeMethods.bt_generator_new(seed)), device) { }

        private Generator(nint handle, Device? device)
        {
            _handle = handle;
            this.device = device ?? CPU;
        }

        /// <summary>The generator that is used where none is given.</summary>
        public static Generator Default => new(Error.Check(NativeMethods.bt_generator_default()), CPU);

        public Device device { get; }

        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Generator manual_seed(long seed)
        {
            Error.Check(NativeMethods.bt_generator_manual_seed(Handle, (ulong)seed));
            return this;
        }

        /// <summary>Seeds from the system's entropy, and returns the seed.</summary>
        public long seed() => (long)NativeMethods.bt_generator_seed(Handle);

        public long initial_seed() => (long)NativeMethods.bt_generator_initial_seed(Handle);

        public Tensor get_state() => new(Error.Check(NativeMethods.bt_generator_get_state(Handle)));

        public void set_state(Tensor value)
        {
            Error.Check(NativeMethods.bt_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        ~Generator() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_handle != 0) {
                NativeMethods.bt_generator_delete(_handle);
                _handle = 0;
            }
        }
    }
}
