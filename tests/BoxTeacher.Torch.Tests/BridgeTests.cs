using TorchSharp;
using Xunit;

namespace BoxTeacher.Torch.Tests;

/// <summary>The bridge itself: an operator by its name, an error from libtorch, a generator's state.</summary>
public class BridgeTests
{
    [Fact]
    public void A_generator_repeats_its_numbers_after_its_state_is_restored()
    {
        using var generator = new torch.Generator(7);
        using var state = generator.get_state();
        Assert.Equal(7, generator.initial_seed());
        generator.manual_seed(8);
        Assert.Equal(8, generator.initial_seed());
        generator.set_state(state);
        Assert.Equal(7, generator.initial_seed());
    }
}
