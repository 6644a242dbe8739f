using System.IO;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>What an optimizer remembers of one parameter.</summary>
public abstract class OptimizerState
{
    private static readonly Operator s_to = new("to", "dtype_layout");
    private static readonly Operator s_allClose = new("allclose");
    private static readonly Operator s_like = new("zeros_like");

    protected Parameter _parameter;

    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    public abstract void Initialize(OptimizerOptions options);
    public abstract void LoadStateDict(OptimizerState source);
    public abstract void LoadStateDict(BinaryReader reader);
    public abstract void SaveStateDict(BinaryWriter writer);
    public virtual void to(torch.Device device) { }
    public virtual bool ApproximatelyEquals(OptimizerState other) => false;

    internal Parameter Parameter => _parameter;

    /// <summary>The parameter was replaced by one of another device or type; the state follows it.</summary>
    internal void Follow(Parameter successor)
    {
        _parameter = successor;
        to(successor.device);
    }

    protected static void LoadConditionalStateTensor(BinaryReader reader, ref torch.Tensor? result, torch.Device device)
    {
        if (!reader.ReadBoolean()) {
            Replace(ref result, null);
            return;
        }
        using var loaded = TensorFormat.Read(reader, "optimizer state");
        Replace(ref result, Moved(loaded, device, loaded.dtype));
    }

    protected static void SaveConditionalStateTensor(BinaryWriter writer, torch.Tensor? tensor)
    {
        writer.Write(tensor is not null);
        if (tensor is not null) {
            TensorFormat.Write(writer, tensor);
        }
    }

    /// <summary>Disposes what was there. No scope owns what an optimizer remembers.</summary>
    private protected static void Replace(ref torch.Tensor? target, torch.Tensor? value)
    {
        if (!ReferenceEquals(target, value)) {
            target?.Dispose();
            target = value?.DetachFromDisposeScope();
        }
    }

    private static torch.Tensor Moved(torch.Tensor t, torch.Device device, torch.ScalarType type)
    {
        using var off = GradGuard.Off();
        return s_to.Tensor(t, type, Value.None, device, Value.Default, Value.Default, true);
    }

    /// <summary>Brings a state tensor to a device and to its parameter's type.</summary>
    private protected void Move(ref torch.Tensor? target, torch.Device device)
    {
        if (target is not null) {
            Replace(ref target, Moved(target, device, _parameter.IsInvalid ? target.dtype : _parameter.dtype));
        }
    }

    /// <summary>Takes a copy of another state's tensor.</summary>
    private protected void Copy(ref torch.Tensor? target, torch.Tensor? source)
        => Replace(ref target, source is null ? null : Moved(source, target?.device ?? source.device, target?.dtype ?? source.dtype));

    private protected static bool Close(torch.Tensor? a, torch.Tensor? b)
        => a is null || b is null ? a is null && b is null : s_allClose.Bool(a, b);

    /// <summary>Zeros of the parameter's shape, type and layout in memory.</summary>
    private protected torch.Tensor Zeros()
    {
        using var off = GradGuard.Off();
        return s_like.Tensor(_parameter).DetachFromDisposeScope();
    }

    /// <summary>The same with another value.</summary>
    private protected torch.Tensor Filled(double value) => Zeros().fill_(value);
}
