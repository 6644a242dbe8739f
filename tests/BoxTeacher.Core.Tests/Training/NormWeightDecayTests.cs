using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class NormWeightDecayTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    [InlineData(null)]
    public void Norms_decay_by_themselves(double? ofNorms)
    {
        using var scope = NewDisposeScope();
        using var network = CenterMask.Small(2);
        string[] frozen = [.. network.named_parameters().Take(2).Select(entry => entry.name)];
        foreach (var (_, parameter) in network.named_parameters().Take(2))
        {
            parameter.requires_grad = false;
        }

        var norms = network.named_modules().Where(entry => entry.module is GroupNorm or BatchNorm2d)
            .SelectMany(entry => new[] { entry.name + ".weight", entry.name + ".bias" }).ToHashSet();
        Assert.Contains("proposal_generator.fcos_head.cls_tower.1.weight", norms);
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
            {
                parameter.fill_(1);
            }
        }

        using var optimizer = new SgdRecipe(0.1, 0.5, 0.9, ofNorms).Build(network);
        Assert.Equal(ofNorms is null ? 1 : 2, optimizer.ParamGroups.Count());
        ZeroGradients(network);
        optimizer.step();

        Assert.All(network.named_parameters(), entry =>
        {
            var decay = frozen.Contains(entry.name) ? 0 : norms.Contains(entry.name) ? ofNorms ?? 0.5 : 0.5;
            Assert.All(HostValues.Floats(entry.parameter), value => Assert.Equal(1 - 0.1 * decay, value, 1e-6));
        });
    }

    [Fact]
    public void Momenta_of_both_groups_are_saved_and_loaded()
    {
        using var scope = NewDisposeScope();
        var recipe = new SgdRecipe(0.1, 0.5, 0.9, NormWeightDecay: 0.25);
        using var straight = CenterMask.Small(2);
        using var resumed = CenterMask.Small(2);
        using var first = recipe.Build(straight);
        Step(straight, first);
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.save_state_dict(writer);
        }

        memory.Position = 0;
        using var second = recipe.Build(resumed);
        resumed.load_state_dict(straight.state_dict());
        using (var reader = new BinaryReader(memory))
        {
            second.load_state_dict(reader);
        }

        Step(straight, first);
        Step(resumed, second);
        var state = resumed.state_dict();
        Assert.All(straight.state_dict(), entry => Assert.True(entry.Value.Equals(state[entry.Key]), entry.Key));

        static void Step(CenterMask network, OptimizerHelper optimizer)
        {
            ZeroGradients(network);
            optimizer.step();
        }
    }

    [Fact]
    public void A_network_without_norms_has_an_empty_group()
    {
        using var scope = NewDisposeScope();
        using var network = FasterRcnn.Published(ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1, outputs: 4), 2, channels: 4, hidden: 6);
        using var optimizer = new SgdRecipe(0.1, 0.5, 0.9, NormWeightDecay: 0).Build(network);
        ZeroGradients(network);
        optimizer.step();
        Assert.All(network.parameters(), parameter => Assert.True(parameter.isfinite().all().item<bool>()));
    }

    [Fact]
    public void A_negative_decay_is_refused_by_key() => Assert.StartsWith(
        "normWeightDecay: ", Assert.Single(new SgdRecipe(0.1, 0.5, 0.9, NormWeightDecay: -1).Problems()), StringComparison.Ordinal);

    private static void ZeroGradients(nn.Module network)
    {
        network.zero_grad();
        network.parameters().Where(parameter => parameter.requires_grad).Select(parameter => (parameter * 0).sum()).Aggregate((sum, one) => sum + one)
            .backward();
    }
}
