using System.Collections.Generic;
using System.IO;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>What an optimizer remembers of one parameter.</summary>
public abstract class OptimizerState
{
    private static readonly Operator s_allClose = new("allclose");
    private static readonly Operator s_like = new("zeros_like");

    protected Parameter _parameter;

    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    public abstract void Initialize(OptimizerOptions options);

    /// <summary>Takes copies of another state's tensors.</summary>
    public virtual void LoadStateDict(OptimizerState source) => Visit(new FieldCopy(source.Values()));

    public virtual void LoadStateDict(BinaryReader reader) => Visit(new FieldReader(reader, _parameter.device));

    public virtual void SaveStateDict(BinaryWriter writer) => Visit(new FieldWriter(writer));

    /// <summary>Brings the tensors to a device and to their parameter's type.</summary>
    public virtual void to(torch.Device device) => Visit(new FieldMove(device, _parameter.IsInvalid ? null : _parameter.dtype));

    public virtual bool ApproximatelyEquals(OptimizerState other) => other.GetType() == GetType()
        && Values().Zip(other.Values()).All(pair => pair is (torch.Tensor a, torch.Tensor b) ? s_allClose.Bool(a, b) : Equals(pair.First, pair.Second));

    internal Parameter Parameter => _parameter;

    /// <summary>The parameter was replaced by one of another device or type; the state follows it.</summary>
    internal void Follow(Parameter successor)
    {
        _parameter = successor;
        to(successor.device);
    }

    /// <summary>Shows the fields to a visitor, in the order of their storage.</summary>
    private protected virtual void Visit(FieldVisitor visitor) { }

    private protected void DisposeTensors() => Visit(new FieldDisposal());

    private List<object?> Values()
    {
        var list = new FieldList();
        Visit(list);
        return list.Values;
    }

    protected static void LoadConditionalStateTensor(BinaryReader reader, ref torch.Tensor? result, torch.Device device) => StateTensor.Read(reader, ref result, device);

    protected static void SaveConditionalStateTensor(BinaryWriter writer, torch.Tensor? tensor) => StateTensor.Write(writer, tensor);

    private protected static void Replace(ref torch.Tensor? target, torch.Tensor? value) => StateTensor.Replace(ref target, value);

    /// <summary>Zeros of the parameter's shape, type and layout in memory.</summary>
    private protected torch.Tensor Zeros()
    {
        using var off = GradGuard.Off();
        return s_like.Tensor(_parameter).DetachFromDisposeScope();
    }

    /// <summary>The same with another value.</summary>
    private protected torch.Tensor Filled(double value) => Zeros().fill_(value);
}
