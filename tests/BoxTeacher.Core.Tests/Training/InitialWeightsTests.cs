using System.Text;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>The layouts of published weights, at the size of toys; fixtures/weights/make.py wrote them with PyTorch and numpy.</summary>
public sealed class InitialWeightsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("weights-");
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Delete(recursive: true);
    }

    private static string Fixture(string name) => Repository.Fixture("weights", name);

    private string Temporary(string name) => Path.Combine(folder.FullName, name);

    private static CondInst OnResNet() => Published(ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1));

    private static CondInst OnSwin() => Published(new SwinTransformer(4, [1, 2, 1, 1], [1, 1, 2, 2], window: 3));

    private static CondInst Published(Backbone bottomUp) =>
        CondInst.Published(bottomUp, classes: 2, channels: 32, maskChannels: 2, maskFeatures: 2, convolutions: 1);

    private static void Same(string salt, string source, Tensor target) => Assert.Equal(
        HashedWeights.Values(salt, source, target.numel(), -1, 1), target.detach().contiguous().data<float>().ToArray());

    [Fact]
    public void Caffe2_names_are_read()
    {
        using var network = OnResNet();
        var report = ModelFile.LoadPretrained(Fixture("caffe2.pkl"), network);

        Assert.IsType<WeightLayout.Caffe2>(report.Layout);
        Assert.Equal(159, report.Loaded.Count);
        Assert.Equal(["fc1000_w", "fc1000_b"], report.Unexpected);
        Assert.Empty(report.Misshapen);
        Assert.DoesNotContain(report.Missing, name => name.StartsWith("backbone.bottom_up.", StringComparison.Ordinal));
        Assert.Contains("backbone.fpn_lateral3.weight", report.Missing);
        var state = network.state_dict();
        Assert.Equal(state.Count, 159 + (2 * 53) + report.Missing.Count);
        foreach (var (name, tensor) in state)
        {
            if (name.EndsWith("norm.running_mean", StringComparison.Ordinal))
                Assert.True(tensor.eq(0).all().item<bool>(), name);
            if (name.EndsWith("norm.running_var", StringComparison.Ordinal))
                Assert.True(tensor.eq(1).all().item<bool>(), name);
        }
    }

    [Theory]
    [InlineData("conv1_w", "stem.conv1.weight")]
    [InlineData("res_conv1_bn_s", "stem.conv1.norm.weight")]
    [InlineData("res_conv1_bn_b", "stem.conv1.norm.bias")]
    [InlineData("res2_0_branch1_w", "res2.0.shortcut.weight")]
    [InlineData("res2_0_branch1_bn_s", "res2.0.shortcut.norm.weight")]
    [InlineData("res3_3_branch2a_w", "res3.3.conv1.weight")]
    [InlineData("res4_5_branch2b_w", "res4.5.conv2.weight")]
    [InlineData("res4_5_branch2b_bn_b", "res4.5.conv2.norm.bias")]
    [InlineData("res5_2_branch2c_w", "res5.2.conv3.weight")]
    [InlineData("res5_2_branch2c_bn_s", "res5.2.conv3.norm.weight")]
    public void Caffe2_tensors_go_to_their_place(string source, string target)
    {
        using var network = OnResNet();
        ModelFile.LoadPretrained(Fixture("caffe2.pkl"), network);
        Same("caffe2", source, network.state_dict()["backbone.bottom_up." + target]);
    }

    [Theory]
    [InlineData("conv1.weight", "stem.conv1.weight")]
    [InlineData("bn1.running_mean", "stem.conv1.norm.running_mean")]
    [InlineData("layer1.0.downsample.0.weight", "res2.0.shortcut.weight")]
    [InlineData("layer1.0.downsample.1.running_var", "res2.0.shortcut.norm.running_var")]
    [InlineData("layer2.3.conv1.weight", "res3.3.conv1.weight")]
    [InlineData("layer3.5.bn2.bias", "res4.5.conv2.norm.bias")]
    [InlineData("layer4.2.conv3.weight", "res5.2.conv3.weight")]
    [InlineData("layer4.2.bn3.weight", "res5.2.conv3.norm.weight")]
    public void TorchVision_tensors_go_to_their_place(string source, string target)
    {
        using var network = OnResNet();
        var report = ModelFile.LoadPretrained(Fixture("torchvision.pth"), network);
        Assert.IsType<WeightLayout.TorchVision>(report.Layout);
        Assert.Equal(5 * 53, report.Loaded.Count);
        Assert.Equal(["fc.weight", "fc.bias"], report.Unexpected);
        Assert.DoesNotContain(report.Missing, name => name.StartsWith("backbone.bottom_up.", StringComparison.Ordinal));
        Same("torchvision", source, network.state_dict()["backbone.bottom_up." + target]);
    }

    [Theory]
    [InlineData("patch_embed.proj.bias")]
    [InlineData("layers.0.downsample.reduction.weight")]
    [InlineData("layers.1.blocks.1.attn.relative_position_bias_table")]
    [InlineData("layers.3.blocks.0.mlp.fc2.weight")]
    public void Swin_tensors_go_to_their_place(string name)
    {
        using var network = OnSwin();
        var report = ModelFile.LoadPretrained(Fixture("swin.pth"), network);
        Assert.IsType<WeightLayout.BottomUp>(report.Layout);
        Assert.Equal(["norm.weight", "norm.bias", "head.weight", "head.bias"], report.Unexpected);
        Assert.Equal(
            ["norm1.bias", "norm1.weight", "norm2.bias", "norm2.weight", "norm3.bias", "norm3.weight"],
            report.Missing.Where(missing => missing.StartsWith("backbone.bottom_up.", StringComparison.Ordinal)).Select(missing => missing["backbone.bottom_up.".Length..]).Order());
        Same("swin", name, network.state_dict()["backbone.bottom_up." + name]);
        using var fresh = OnSwin();
        const string Index = "backbone.bottom_up.layers.0.blocks.0.attn.relative_position_index";
        Assert.True(fresh.state_dict()[Index].Equals(network.state_dict()[Index]));
    }

    [Fact]
    public void A_lone_backbone_and_a_whole_detector_are_told_apart_by_their_names()
    {
        using var source = OnResNet();
        using var target = OnResNet();
        const string BottomUp = "backbone.bottom_up.";
        var state = source.state_dict();
        SafeTensors.Write(Temporary("lone"), state.Where(entry => entry.Key.StartsWith(BottomUp, StringComparison.Ordinal))
            .Select(entry => KeyValuePair.Create(entry.Key[BottomUp.Length..], entry.Value)));
        var lone = ModelFile.LoadPretrained(Temporary("lone"), target);
        Assert.IsType<WeightLayout.BottomUp>(lone.Layout);
        Assert.Equal(5 * 53, lone.Loaded.Count);

        PthWriter.Write(Temporary("whole"), state, under: "state_dict");
        var whole = ModelFile.LoadPretrained(Temporary("whole"), target);
        Assert.IsType<WeightLayout.Detector>(whole.Layout);
        Assert.Equal((state.Count, 0, 0), (whole.Loaded.Count, whole.Missing.Count, whole.Unexpected.Count));
        foreach (var (name, tensor) in target.state_dict())
            Assert.True(state[name].Equals(tensor), name);
    }

    [Fact]
    public void Of_both_networks_the_students_weights_are_read()
    {
        using var student = OnResNet();
        using var teacher = OnResNet();
        using var target = OnResNet();
        PthWriter.Write(
            Temporary("both.pth"),
            new[] { ("student.", student), ("teacher.", teacher) }.SelectMany(network =>
                network.Item2.state_dict().Select(entry => KeyValuePair.Create(network.Item1 + entry.Key, entry.Value))),
            under: "model");
        var report = ModelFile.LoadPretrained(Temporary("both.pth"), target);
        Assert.IsType<WeightLayout.Method>(report.Layout);
        Assert.Empty(report.Unexpected);
        Assert.True(student.Controller.Weight.Equals(target.Controller.Weight));
        Assert.False(teacher.Controller.Weight.Equals(target.Controller.Weight));
    }

    [Fact]
    public void Tensors_of_another_shape_stay_as_they_are_and_are_named()
    {
        using var other = CondInst.Published(ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1), 5, 32, 2, 2, 1);
        using var network = OnResNet();
        var before = network.state_dict()["proposal_generator.fcos_head.cls_logits.weight"].clone();
        SafeTensors.Write(Temporary("other"), other.state_dict());
        var report = ModelFile.LoadPretrained(Temporary("other"), network);
        Assert.Equal(
            ["proposal_generator.fcos_head.cls_logits.weight [5,32,3,3] for [2,32,3,3]", "proposal_generator.fcos_head.cls_logits.bias [5] for [2]"],
            report.Misshapen);
        Assert.Empty(report.Missing);
        Assert.True(before.Equals(network.state_dict()["proposal_generator.fcos_head.cls_logits.weight"]));
    }

    [Fact]
    public void The_report_counts_in_few_words()
    {
        using var network = OnResNet();
        var lines = ModelFile.LoadPretrained(Fixture("caffe2.pkl"), network).ToString().Split('\n');
        Assert.Equal($"{Fixture("caffe2.pkl")}: 159 tensors read (Caffe2 names)", lines[0]);
        Assert.Matches(@"^  \d+ missing: backbone\.top_block\.\* \(4\), ", lines[1]);
        Assert.Equal("  2 unexpected: fc1000_w, fc1000_b", lines[2]);
    }

    [Fact]
    public void Files_without_a_place_for_their_tensors_are_refused()
    {
        using var resNet = OnResNet();
        using var swin = OnSwin();
        SafeTensors.Write(Temporary("odd"), [KeyValuePair.Create("weight.of.something", zeros(2))]);
        Assert.StartsWith($"{Temporary("odd")}: names of no known layout: weight.of.something",
            Assert.Throws<InvalidDataException>(() => ModelFile.LoadPretrained(Temporary("odd"), resNet)).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{Fixture("caffe2.pkl")}: none of its tensors fits the network",
            Assert.Throws<InvalidDataException>(() => ModelFile.LoadPretrained(Fixture("caffe2.pkl"), swin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_a_file_is_executed()
    {
        using var network = OnResNet();
        var witness = Temporary("witness");
        File.WriteAllBytes(Temporary("evil.pkl"), Encoding.ASCII.GetBytes($"(dV{"conv1_w"}\ncposix\nsystem\n(Vtouch {witness}\ntRs."));
        var message = Assert.Throws<InvalidDataException>(() => ModelFile.LoadPretrained(Temporary("evil.pkl"), network)).Message;
        Assert.Contains("posix.system", message, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public void A_recipe_begins_with_its_weights()
    {
        var file = Temporary("r50.safetensors");
        var detector = (PublishedCondInst)CocoRecipes.BoxTeacherR50x1.Detector;
        var other = CocoRecipes.BoxTeacherR50x1 with { Seed = 9 };
        using (var source = other.BuildDetector(classes: 2))
            SafeTensors.Write(file, source.state_dict());
        WeightsReport? told = null;
        var recipe = CocoRecipes.BoxInstR50x1 with { Detector = detector with { Weights = "r50.safetensors" }, Seed = 1 };
        using var method = recipe.BuildMethod(classes: 2, folder.FullName, loaded: report => told = report);
        Assert.Equal(file, told!.File);
        Assert.Empty(told.Missing);
        using var expected = other.BuildDetector(classes: 2);
        Assert.True(((CondInst)expected).Controller.Weight.Equals(((CondInst)method.Student).Controller.Weight));
        Assert.Throws<FileNotFoundException>(() => (recipe with { Detector = detector with { Weights = "none.pth" } }).BuildMethod(2, folder.FullName));
    }
}
