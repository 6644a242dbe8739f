using System.IO;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>The tensors that an optimizer remembers. No scope owns them.</summary>
internal static class StateTensor
{
    private static readonly Operator s_to = new("to", "dtype_layout");

    /// <summary>Disposes what was there.</summary>
    public static void Replace(ref torch.Tensor? target, torch.Tensor? value)
    {
        if (!ReferenceEquals(target, value)) {
            target?.Dispose();
            target = value?.DetachFromDisposeScope();
        }
    }

    /// <summary>A copy on a device, of a type.</summary>
    public static torch.Tensor Moved(torch.Tensor t, torch.Device device, torch.ScalarType type)
    {
        using var off = GradGuard.Off();
        return s_to.Tensor(t, type, Value.None, device, Value.Default, Value.Default, true);
    }

    public static void Read(BinaryReader reader, ref torch.Tensor? target, torch.Device device)
    {
        if (!reader.ReadBoolean()) {
            Replace(ref target, null);
            return;
        }
        using var loaded = TensorFormat.Read(reader, "optimizer state");
        Replace(ref target, Moved(loaded, device, loaded.dtype));
    }

    public static void Write(BinaryWriter writer, torch.Tensor? tensor)
    {
        writer.Write(tensor is not null);
        if (tensor is not null) {
            TensorFormat.Write(writer, tensor);
        }
    }
}
