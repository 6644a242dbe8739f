using System.Collections.Generic;
using System.IO;

namespace TorchSharp.Modules;

/// <summary>
/// Goes over the fields of an optimizer's options or states, in the order of their storage, so that each class names its
/// fields once and not anew for reading, writing, copying and comparing.
/// </summary>
internal abstract class FieldVisitor
{
    public virtual void Visit(ref long value) => Any(ref value);
    public virtual void Visit(ref double value) => Any(ref value);
    public virtual void Visit(ref double? value) => Any(ref value);
    public virtual void Visit(ref bool? value) => Any(ref value);
    public virtual void Visit(ref torch.Tensor? value) => Any(ref value);

    protected virtual void Any<T>(ref T value) { }
}

/// <summary>Notes the values.</summary>
internal sealed class FieldList : FieldVisitor
{
    public List<object?> Values { get; } = [];

    protected override void Any<T>(ref T value) => Values.Add(value);
}

/// <summary>Sets the fields that have no value yet to what another object of the same class has.</summary>
internal sealed class FieldDefaults(List<object?> values) : FieldVisitor
{
    private int _next;

    protected override void Any<T>(ref T value)
    {
        var common = values[_next++];
        value ??= (T)common!;
    }
}

/// <summary>Sets the fields to what another object of the same class has; of tensors it makes copies.</summary>
internal sealed class FieldCopy(List<object?> values) : FieldVisitor
{
    private int _next;

    protected override void Any<T>(ref T value) => value = (T)values[_next++]!;

    public override void Visit(ref torch.Tensor? value)
    {
        var source = (torch.Tensor?)values[_next++];
        StateTensor.Replace(ref value, source is null ? null : StateTensor.Moved(source, value?.device ?? source.device, value?.dtype ?? source.dtype));
    }
}

/// <summary>Brings tensors to a device and, if it is given, to a type.</summary>
internal sealed class FieldMove(torch.Device device, torch.ScalarType? type) : FieldVisitor
{
    public override void Visit(ref torch.Tensor? value)
    {
        if (value is not null) {
            StateTensor.Replace(ref value, StateTensor.Moved(value, device, type ?? value.dtype));
        }
    }
}

/// <summary>Disposes tensors.</summary>
internal sealed class FieldDisposal : FieldVisitor
{
    public override void Visit(ref torch.Tensor? value) => StateTensor.Replace(ref value, null);
}

internal sealed class FieldReader(BinaryReader reader, torch.Device? device) : FieldVisitor
{
    public override void Visit(ref long value) => value = reader.ReadInt64();
    public override void Visit(ref double value) => value = reader.ReadDouble();
    public override void Visit(ref double? value) => value = reader.ReadDouble();
    public override void Visit(ref bool? value) => value = reader.ReadBoolean();
    public override void Visit(ref torch.Tensor? value) => StateTensor.Read(reader, ref value, device!);
}

internal sealed class FieldWriter(BinaryWriter writer) : FieldVisitor
{
    public override void Visit(ref long value) => writer.Write(value);
    public override void Visit(ref double value) => writer.Write(value);
    public override void Visit(ref double? value) => writer.Write(value!.Value);
    public override void Visit(ref bool? value) => writer.Write(value!.Value);

    public override void Visit(ref torch.Tensor? value) => StateTensor.Write(writer, value);
}
