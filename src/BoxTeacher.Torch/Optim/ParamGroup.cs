using System.Collections.Generic;
using System.Linq;

namespace TorchSharp.Modules;

/// <summary>Parameters that share settings.</summary>
public class ParamGroup : torch.optim.ILearningRateController
{
    public ParamGroup() { }

    public IEnumerable<Parameter> Parameters { get; set; } = [];
    public OptimizerOptions Options { get; set; } = new();

    public double LearningRate
    {
        get => Options.LearningRate!.Value;
        set => Options.LearningRate = value;
    }

    public double InitialLearningRate
    {
        get => Options.InitialLearningRate;
        set => Options.InitialLearningRate = value;
    }

    /// <summary>A schedule has taken note of the initial rate.</summary>
    internal bool Scheduled { get; set; }

    /// <summary>The parameters in a list that the optimizer keeps up to date when modules move.</summary>
    internal Parameter[] List { get; private set; } = [];

    /// <summary>Reads the sequence of parameters once, so that it may be lazy.</summary>
    internal void Freeze()
    {
        List = Parameters.ToArray();
        Parameters = List;
    }
}

/// <summary>Parameters that share settings of the kind that an optimizer has.</summary>
public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions, new()
{
    public ParamGroup() => base.Options = new TOptions();

    public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
    {
        Parameters = parameters;
        base.Options = options ?? new TOptions();
    }

    public new TOptions Options
    {
        get => (TOptions)base.Options;
        set => base.Options = value;
    }
}
