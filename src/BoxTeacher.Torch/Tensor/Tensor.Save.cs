using System.IO;
using System.Text;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Files in libtorch's own format (lower case), and the provider-independent one (upper case).</content>
    public partial class Tensor
    {
        /// <summary>Writes the tensor as libtorch's torch::save does: a zip archive with a pickle.</summary>
        public unsafe void save(string location)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(location + '\0')) {
                Error.Check(NativeMethods.bt_save(Handle, path));
            }
            System.GC.KeepAlive(this);
        }

        /// <summary>Reads what <see cref="save"/> wrote.</summary>
        public static unsafe Tensor load(string location)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(location + '\0')) {
                return new Tensor(Error.Check(NativeMethods.bt_load(path)));
            }
        }

        public static Tensor Load(BinaryReader reader) => TensorExtensionMethods.Load(reader);

        public static Tensor Load(Stream stream)
        {
            using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            return Load(reader);
        }

        public static Tensor Load(string location)
        {
            using var stream = File.OpenRead(location);
            return Load(stream);
        }
    }

    public static Tensor load(string location) => Tensor.load(location);
}
