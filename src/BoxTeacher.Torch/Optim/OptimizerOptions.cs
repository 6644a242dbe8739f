using System.IO;

namespace TorchSharp.Modules;

/// <summary>The settings of a parameter group; what is null is taken from the optimizer.</summary>
public class OptimizerOptions
{
    public OptimizerOptions() { }

    public double? LearningRate { get; set; }
    public double InitialLearningRate { get; set; }

    public virtual void LoadStateDict(BinaryReader reader)
    {
        InitialLearningRate = reader.ReadDouble();
        LearningRate = reader.ReadDouble();
    }

    public virtual void LoadStateDict(OptimizerOptions source)
    {
        InitialLearningRate = source.InitialLearningRate;
        LearningRate = source.LearningRate;
    }

    public virtual void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(InitialLearningRate);
        writer.Write(LearningRate!.Value);
    }
}
