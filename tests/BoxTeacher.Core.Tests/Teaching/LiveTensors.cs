using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

/// <summary>Native tensors that are alive on this thread.</summary>
internal static class LiveTensors
{
    /// <summary>They are as many after two more steps as after the first one.</summary>
    /// <param name="step">A step of that number, in a scope of its own.</param>
    public static void StayAfter(Action<long> step)
    {
        Run(0);
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run(1);
        Run(2);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run(long iteration)
        {
            using var scope = NewDisposeScope();
            step(iteration);
        }
    }
}
