using System.Collections.Generic;
using System.IO;

namespace TorchSharp.Modules;

/// <summary>The settings of a parameter group; what is null is taken from the optimizer.</summary>
public class OptimizerOptions
{
    public OptimizerOptions() { }

    public double? LearningRate { get; set; }
    public double InitialLearningRate { get; set; }

    public virtual void LoadStateDict(BinaryReader reader) => Visit(new FieldReader(reader, null));

    public virtual void LoadStateDict(OptimizerOptions source) => Visit(new FieldCopy(source.Values()));

    public virtual void SaveStateDict(BinaryWriter writer) => Visit(new FieldWriter(writer));

    /// <summary>Takes what is null from the optimizer's own options.</summary>
    internal void Complete(OptimizerOptions defaults) => Visit(new FieldDefaults(defaults.Values()));

    /// <summary>Shows the settings to a visitor, in the order of their storage.</summary>
    private protected virtual void Visit(FieldVisitor visitor)
    {
        var (initial, current) = (InitialLearningRate, LearningRate);
        visitor.Visit(ref initial);
        visitor.Visit(ref current);
        (InitialLearningRate, LearningRate) = (initial, current);
    }

    private List<object?> Values()
    {
        var list = new FieldList();
        Visit(list);
        return list.Values;
    }
}
