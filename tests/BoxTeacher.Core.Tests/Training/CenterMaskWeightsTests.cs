using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>Weights of CenterMask as CenterMask2 and Polite Teacher name them, at the size of toys.</summary>
public sealed class CenterMaskWeightsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("weights-");
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Published_names_are_these()
    {
        using var network = Network(1);
        string[] norm = ["weight", "bias", "running_mean", "running_var"], layer = ["weight", "bias"];
        string[] names =
        [
            .. Names("backbone.bottom_up.stem.conv1.norm", norm), "backbone.bottom_up.res4.5.conv3.weight",
            "backbone.bottom_up.res2.0.shortcut.weight",
            .. from level in (int[])[3, 4, 5]
               from name in Names($"backbone.fpn_lateral{level}", layer).Concat(Names($"backbone.fpn_output{level}", layer))
               select name,
            .. Names("backbone.top_block.p6", layer), .. Names("backbone.top_block.p7", layer),
            .. from tower in (string[])["cls_tower", "bbox_tower"]
               from place in (int[])[0, 1, 3, 4, 6, 7, 9, 10]
               from name in Names($"proposal_generator.fcos_head.{tower}.{place}", layer)
               select name,
            .. from name in (string[])["cls_logits", "bbox_pred", "ctrness"]
               from full in Names($"proposal_generator.fcos_head.{name}", layer)
               select full,
            .. Enumerable.Range(0, 5).Select(level => $"proposal_generator.fcos_head.scales.{level}.scale"),
            .. from number in (int[])[1, 2, 3, 4]
               from name in Names($"roi_heads.mask_head.mask_fcn{number}", layer).Concat(Names($"roi_heads.maskiou_head.maskiou_fcn{number}", layer))
               select name,
            "roi_heads.mask_head.spatialAtt.conv.weight",
            .. Names("roi_heads.mask_head.deconv", layer), .. Names("roi_heads.mask_head.predictor", layer),
            .. Names("roi_heads.maskiou_head.maskiou_fc1", layer), .. Names("roi_heads.maskiou_head.maskiou_fc2", layer),
            .. Names("roi_heads.maskiou_head.maskiou", layer),
        ];

        var state = network.state_dict().Keys.ToHashSet();
        Assert.Subset(state, names.ToHashSet());
        Assert.Empty(state.Where(name => !name.StartsWith("backbone.bottom_up.", StringComparison.Ordinal)).Except(names));

        static IEnumerable<string> Names(string place, string[] ends) => ends.Select(end => $"{place}.{end}");
    }

    [Fact]
    public void Of_a_file_of_Polite_Teacher_either_network_is_read()
    {
        using var learner = Network(1);
        using var average = Network(2);
        using var target = Network(3);
        var file = File([.. State(learner, "modelStudent."), .. State(average, "modelTeacher."), .. Settings("modelStudent.")]);

        ModelFile.Read(file, Methods.Network.Teacher, target);
        Same(average, target);
        ModelFile.Read(file, Methods.Network.Student, target);
        Same(learner, target);
        using var begun = Network(4);
        var report = ModelFile.LoadPretrained(file, begun);
        Same(learner, begun);
        Assert.Empty(report.Missing);
        Assert.Empty(report.Unexpected);
        Assert.Empty(report.Misshapen);
        Assert.IsType<WeightLayout.Method>(report.Layout);
    }

    [Fact]
    public void A_file_of_CenterMask2_is_read_by_name()
    {
        using var source = Network(1);
        using var first = Network(2);
        using var second = Network(3);
        var file = File([.. State(source, ""), .. Settings("")]);

        var report = ModelFile.LoadPretrained(file, first);
        Assert.Empty(report.Missing);
        Assert.Empty(report.Unexpected);
        Same(source, first);
        ModelFile.Read(file, Methods.Network.Teacher, second);
        Same(source, second);
    }

    [Theory]
    [InlineData("student.", Methods.Network.Teacher, "holds no teacher, only a student")]
    [InlineData("modelTeacher.", Methods.Network.Student, "holds no student, only a teacher")]
    public void A_network_that_is_not_there_is_named(string prefix, Methods.Network wanted, string message)
    {
        using var network = Network(1);
        var file = File(State(network, prefix));
        Assert.Equal($"{file}: {message}", Assert.Throws<InvalidDataException>(() => ModelFile.Read(file, wanted, network)).Message);
    }

    private static CenterMask Network(int seed)
    {
        random.manual_seed(seed);
        // Groups of the normalization are 32.
        var network = CenterMask.Published(ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1), 2, channels: 32, hidden: 6);
        using var gradients = no_grad();
        foreach (var tensor in network.state_dict().Values.Where(tensor => tensor.is_floating_point()))
        {
            tensor.uniform_(0.1, 1);
        }

        return network;
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> State(nn.Module network, string prefix) =>
        network.state_dict().Select(entry => KeyValuePair.Create(prefix + entry.Key, entry.Value));

    // What detectron2 keeps of its settings.
    private static IEnumerable<KeyValuePair<string, Tensor>> Settings(string prefix) =>
        [KeyValuePair.Create(prefix + "pixel_mean", zeros(3, 1, 1)), KeyValuePair.Create(prefix + "pixel_std", ones(3, 1, 1))];

    private string File(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var file = Path.Combine(folder.FullName, "x.pth");
        PthWriter.Write(file, tensors, under: "model");
        return file;
    }

    private static void Same(nn.Module left, nn.Module right)
    {
        var state = right.state_dict();
        Assert.All(left.state_dict(), entry => Assert.True(entry.Value.Equals(state[entry.Key]), entry.Key));
    }
}
