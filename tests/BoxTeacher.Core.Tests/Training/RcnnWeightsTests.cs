using System.Text.RegularExpressions;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>Weights of Faster R-CNN as mmdetection, Soft Teacher, detectron2 and Unbiased Teacher name them, at the size of toys.</summary>
public sealed partial class RcnnWeightsTests : IDisposable
{
    // What each name of ours is called by mmdetection, 2.x and 3.x; tried in this order.
    private static readonly (string Ours, string Theirs)[] MmDetection =
    [
        (@"^backbone\.bottom_up\.stem\.conv1\.weight$", "backbone.conv1.weight"),
        (@"^backbone\.bottom_up\.stem\.conv1\.norm\.", "backbone.bn1."),
        (@"^backbone\.bottom_up\.res(\d)\.(\d+)\.shortcut\.norm\.", "backbone.layer{1}.$2.downsample.1."),
        (@"^backbone\.bottom_up\.res(\d)\.(\d+)\.shortcut\.", "backbone.layer{1}.$2.downsample.0."),
        (@"^backbone\.bottom_up\.res(\d)\.(\d+)\.conv(\d)\.norm\.", "backbone.layer{1}.$2.bn$3."),
        (@"^backbone\.bottom_up\.res(\d)\.(\d+)\.conv(\d)\.", "backbone.layer{1}.$2.conv$3."),
        (@"^backbone\.fpn_lateral(\d)\.", "neck.lateral_convs.{2}.conv."),
        (@"^backbone\.fpn_output(\d)\.", "neck.fpn_convs.{2}.conv."),
        (@"^proposal_generator\.rpn_head\.conv\.", "rpn_head.rpn_conv."),
        (@"^proposal_generator\.rpn_head\.objectness_logits\.", "rpn_head.rpn_cls."),
        (@"^proposal_generator\.rpn_head\.anchor_deltas\.", "rpn_head.rpn_reg."),
        (@"^roi_heads\.box_head\.fc(\d)\.", "roi_head.bbox_head.shared_fcs.{1}."),
        (@"^roi_heads\.box_predictor\.cls_score\.", "roi_head.bbox_head.fc_cls."),
        (@"^roi_heads\.box_predictor\.bbox_pred\.", "roi_head.bbox_head.fc_reg."),
    ];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("weights-");
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Delete(recursive: true);
    }

    private static FasterRcnn Network(int seed, int classes = 2)
    {
        random.manual_seed(seed);
        var bottomUp = ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1, outputs: 4);
        return FasterRcnn.Published(bottomUp, classes, channels: 4, hidden: 6);
    }

    private static string Theirs(string name)
    {
        var (pattern, replacement) = MmDetection.First(entry => Regex.IsMatch(name, entry.Ours));
        var translated = Regex.Replace(name, pattern, replacement);
        return Offset().Replace(translated, match =>
        {
            var number = int.Parse(Regex.Match(name, pattern).Groups[1].Value);
            return $"{number - int.Parse(match.Groups[1].Value)}";
        });
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> State(nn.Module network, Func<string, string> name) =>
        network.state_dict().Select(entry => KeyValuePair.Create(name(entry.Key), entry.Value));

    private string File(IEnumerable<KeyValuePair<string, Tensor>> tensors, string under)
    {
        var file = Path.Combine(folder.FullName, "x.pth");
        PthWriter.Write(file, tensors, under);
        return file;
    }

    private static void Same(nn.Module left, nn.Module right)
    {
        var state = right.state_dict();
        Assert.All(left.state_dict(), entry => Assert.True(entry.Value.Equals(state[entry.Key]), entry.Key));
    }

    [Fact]
    public void Published_names_are_these()
    {
        using var network = Network(1);
        var names = network.state_dict().Keys.Select(Theirs).ToList();
        Assert.Superset(
            new HashSet<string>
            {
                "backbone.conv1.weight", "backbone.bn1.running_var", "backbone.layer1.0.conv1.weight", "backbone.layer4.2.bn3.bias",
                "backbone.layer2.0.downsample.0.weight", "backbone.layer2.0.downsample.1.running_mean", "neck.lateral_convs.0.conv.weight",
                "neck.fpn_convs.3.conv.bias", "rpn_head.rpn_conv.weight", "rpn_head.rpn_cls.bias", "rpn_head.rpn_reg.weight",
                "roi_head.bbox_head.shared_fcs.0.weight", "roi_head.bbox_head.shared_fcs.1.bias", "roi_head.bbox_head.fc_cls.weight",
                "roi_head.bbox_head.fc_reg.bias",
            },
            names.ToHashSet());
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Theory]
    [InlineData("roi_head.mask_head.convs.0.conv.weight", "roi_heads.mask_head.mask_fcn1.weight")]
    [InlineData("roi_head.mask_head.convs.3.conv.bias", "roi_heads.mask_head.mask_fcn4.bias")]
    [InlineData("roi_head.mask_head.upsample.weight", "roi_heads.mask_head.deconv.weight")]
    [InlineData("roi_head.mask_head.conv_logits.bias", "roi_heads.mask_head.predictor.bias")]
    [InlineData("backbone.fc.weight", null)]
    [InlineData("roi_head.other.weight", null)]
    public void A_name_is_translated(string theirs, string? ours) => Assert.Equal(ours, new WeightLayout.MmDetection().Translate(theirs));

    [Fact]
    public void A_detector_of_mmdetection_is_read()
    {
        using var source = Network(1);
        using var first = Network(2);
        var file = File([.. State(source, Theirs), KeyValuePair.Create("backbone.bn1.num_batches_tracked", tensor(7L))], "state_dict");
        var report = ModelFile.LoadPretrained(file, first);
        Assert.IsType<WeightLayout.MmDetection>(report.Layout);
        Assert.Empty(report.Missing);
        Assert.Empty(report.Unexpected);
        Assert.Empty(report.Misshapen);
        Same(source, first);

        using var second = Network(3);
        ModelFile.Read(file, Methods.Network.Teacher, second);
        Same(source, second);
    }

    [Theory]
    [InlineData("student.", "teacher.", true, "state_dict")]
    [InlineData("modelStudent.", "modelTeacher.", false, "model")]
    public void Of_a_methods_file_either_network_is_read(string student, string teacher, bool mmdetection, string under)
    {
        using var learner = Network(1);
        using var average = Network(2);
        using var target = Network(3);
        Func<string, string> name = mmdetection ? Theirs : same => same;
        var file = File([.. State(learner, key => student + name(key)), .. State(average, key => teacher + name(key))], under);
        ModelFile.Read(file, Methods.Network.Teacher, target);
        Same(average, target);
        ModelFile.Read(file, Methods.Network.Student, target);
        Same(learner, target);
        using var begun = Network(4);
        var report = ModelFile.LoadPretrained(file, begun);
        Same(learner, begun);
        Assert.Empty(report.Unexpected);
        var layout = Assert.IsType<WeightLayout.Method>(report.Layout);
        Assert.Equal(mmdetection, layout.Inner is WeightLayout.MmDetection);
    }

    [Fact]
    public void What_detectron2_keeps_of_its_settings_is_not_asked_for()
    {
        using var source = Network(1);
        using var target = Network(2);
        var file = File(
            [
                .. State(source, name => name), KeyValuePair.Create("pixel_mean", zeros(3, 1, 1)), KeyValuePair.Create("pixel_std", ones(3, 1, 1)),
                KeyValuePair.Create("proposal_generator.anchor_generator.cell_anchors.0", zeros(3, 4)),
            ],
            "model");
        ModelFile.Read(file, Methods.Network.Student, target);
        Same(source, target);
    }

    [Fact]
    public void Another_number_of_outputs_is_explained()
    {
        using var source = Network(1, classes: 5);
        using var target = Network(2, classes: 2);
        var tensors = State(source, Theirs).ToDictionary();
        void Refused(string message) => Assert.EndsWith(
            message,
            Assert.Throws<InvalidDataException>(() => ModelFile.Read(File(tensors, "state_dict"), Methods.Network.Student, target)).Message,
            StringComparison.Ordinal);

        Refused("box_predictor.cls_score.weight has shape [6,6], the model wants [3,6]: classes are 5 there and 2 here");
        var report = ModelFile.LoadPretrained(File(tensors, "state_dict"), target);
        Assert.Contains("roi_heads.box_predictor.bbox_pred.bias [20] for [8]: classes are 5 there and 2 here", report.Misshapen);
        tensors["roi_head.bbox_head.fc_cls.weight"] = zeros(3, 6);
        tensors["roi_head.bbox_head.fc_cls.bias"] = zeros(3);
        tensors["roi_head.bbox_head.fc_reg.weight"] = zeros(4, 6);
        Refused("bbox_pred.weight has shape [4,6], the model wants [8,6]: the file moves boxes alike for all classes, the model by class");
    }

    [GeneratedRegex(@"\{(\d)\}")]
    private static partial Regex Offset();
}
