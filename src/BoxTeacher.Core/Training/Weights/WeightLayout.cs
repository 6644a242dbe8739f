using System.Text.RegularExpressions;
using System.Text;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// How a file calls the weights of a network. A layout translates its names into those of a detector here, which are the published
/// detectors' own: <c>backbone.bottom_up.res2.0.conv1.weight</c>.
/// </summary>
public abstract partial record WeightLayout
{
    private const string Backbone = "backbone.bottom_up.";

    /// <summary>
    /// A method's networks: <c>student.*</c> and <c>teacher.*</c>, as BoxTeacher's and Soft Teacher's checkpoints and our own have them, or
    /// <c>modelStudent.*</c> and <c>modelTeacher.*</c>, as Unbiased Teacher's do.
    /// </summary>
    /// <param name="Inner">How the networks call their weights.</param>
    public sealed record Method(WeightLayout Inner) : WeightLayout
    {
        /// <summary>What a method keeps beside its networks.</summary>
        internal const string OwnState = "method.";

        private static readonly string[] Students = ["student.", "modelStudent."];
        private static readonly string[] Teachers = ["teacher.", "modelTeacher."];

        /// <inheritdoc/>
        public override string Words => Inner is Detector ? "names of a run's student" : $"{Inner.Words} of a run's student";

        /// <inheritdoc/>
        public override string? Translate(string name) =>
            Beginning(name, Students) is { } student ? Inner.Translate(name[student..]) : null;

        /// <summary>Whether a name is one of the teacher's.</summary>
        public static bool IsTeacher(string name) => Beginning(name, Teachers) is not null;

        /// <summary>The tensors of one network by names without the network's; all of them where the file holds one network only.</summary>
        internal static IReadOnlyList<string> NamesOf(IEnumerable<string> names, Network network, out string prefix)
        {
            var beginnings = network == Network.Student ? Students : Teachers;
            var list = names.ToList();
            var found = Array.Find(beginnings, beginning => list.Exists(name => name.StartsWith(beginning, StringComparison.Ordinal))) ?? "";
            prefix = found;
            return [.. list.Where(name => name.StartsWith(found, StringComparison.Ordinal))];
        }

        /// <summary>A name without its network's; null where it has none.</summary>
        internal static string? Inside(string name) =>
            (Beginning(name, Students) ?? Beginning(name, Teachers)) is { } length ? name[length..] : null;

        private static int? Beginning(string name, string[] beginnings) =>
            Array.Find(beginnings, beginning => name.StartsWith(beginning, StringComparison.Ordinal))?.Length;
    }

    /// <summary>One detector: <c>backbone.*</c>, <c>proposal_generator.*</c>, ...</summary>
    public sealed record Detector : WeightLayout
    {
        /// <inheritdoc/>
        public override string Words => "names of a detector";

        /// <inheritdoc/>
        public override string? Translate(string name) => name;
    }

    /// <summary>
    /// A backbone by itself: detectron2's ResNets (<c>stem.*</c>, <c>res2.*</c>) and Swin (<c>patch_embed.*</c>, <c>layers.*</c>).
    /// </summary>
    public sealed record BottomUp : WeightLayout
    {
        /// <inheritdoc/>
        public override string Words => "names of a backbone";

        /// <inheritdoc/>
        public override string? Translate(string name) => BottomUpName().IsMatch(name) ? Backbone + name : null;
    }

    /// <summary>
    /// Caffe2's ResNets, MSRA's among them: <c>conv1_w</c>, <c>res_conv1_bn_s</c>, <c>res2_0_branch2a_w</c>. Their batch norm is folded to
    /// a scale and a bias; <see cref="ModelFile.LoadPretrained"/> fills in mean 0 and variance 1.
    /// </summary>
    public sealed record Caffe2 : WeightLayout
    {
        /// <inheritdoc/>
        public override string Words => "Caffe2 names";

        /// <inheritdoc/>
        public override string? Translate(string name)
        {
            if (name == "conv1_w")
            {
                return Backbone + "stem.conv1.weight";
            }

            if (Caffe2StemName().Match(name) is { Success: true } stem)
            {
                return $"{Backbone}stem.conv1.norm.{NormTensor(stem.Groups[1].Value)}";
            }

            if (Caffe2BlockName().Match(name) is not { Success: true } block)
            {
                return null;
            }

            var convolution = block.Groups[3].Value switch { "1" => "shortcut", "2a" => "conv1", "2b" => "conv2", _ => "conv3" };
            var tensor = block.Groups[5].Success ? "norm." + NormTensor(block.Groups[5].Value) : "weight";
            return $"{Backbone}res{block.Groups[1].Value}.{block.Groups[2].Value}.{convolution}.{tensor}";
        }

        private static string NormTensor(string suffix) => suffix switch
        {
            "s" or "gamma" => "weight",
            "b" or "beta" => "bias",
            "rm" => "running_mean",
            _ => "running_var",
        };
    }

    /// <summary>
    /// torchvision's ResNets: <c>conv1.weight</c>, <c>bn1.*</c>, <c>layer1.0.downsample.0.weight</c>. They have the stride in the 3x3
    /// convolution, and learned from RGB pixels scaled to unit variance.
    /// </summary>
    public sealed record TorchVision : WeightLayout
    {
        /// <inheritdoc/>
        public override string Words => "torchvision names";

        /// <inheritdoc/>
        public override string? Translate(string name)
        {
            if (TorchVisionName().Match(name) is not { Success: true } match)
            {
                return null;
            }

            var place = match.Groups[1].Success ? $"res{match.Groups[2].ValueSpan[0] - '0' + 1}.{match.Groups[3].Value}" : "stem";
            var (kind, number, tensor) = (match.Groups[4].Value, match.Groups[5].Value, match.Groups[6].Value);
            var layer = kind == "downsample." ? "shortcut" : "conv" + number;
            var isNorm = kind == "bn" || (kind == "downsample." && number == "1");
            return $"{Backbone}{place}.{layer}.{(isNorm ? "norm." : "")}{tensor}";
        }
    }

    /// <summary>
    /// Faster and Mask R-CNN of mmdetection, 2.x and 3.x alike: <c>backbone.layer1.0.conv1</c>, <c>neck.lateral_convs.0.conv</c>,
    /// <c>rpn_head.rpn_cls</c>, <c>roi_head.bbox_head.shared_fcs.0</c>. Order of classes, anchors and coordinates are ours; the pyramid
    /// begins at stride 4.
    /// </summary>
    public sealed record MmDetection : WeightLayout
    {
        private static readonly Dictionary<string, string> Modules = new()
        {
            ["rpn_head.rpn_conv"] = "proposal_generator.rpn_head.conv",
            ["rpn_head.rpn_cls"] = "proposal_generator.rpn_head.objectness_logits",
            ["rpn_head.rpn_reg"] = "proposal_generator.rpn_head.anchor_deltas",
            ["roi_head.bbox_head.fc_cls"] = "roi_heads.box_predictor.cls_score",
            ["roi_head.bbox_head.fc_reg"] = "roi_heads.box_predictor.bbox_pred",
            ["roi_head.mask_head.upsample"] = "roi_heads.mask_head.deconv",
            ["roi_head.mask_head.conv_logits"] = "roi_heads.mask_head.predictor",
        };

        /// <inheritdoc/>
        public override string Words => "mmdetection names";

        /// <inheritdoc/>
        public override string? Translate(string name)
        {
            if (name.StartsWith("backbone.", StringComparison.Ordinal))
            {
                return new TorchVision().Translate(name["backbone.".Length..]);
            }

            if (MmDetectionName().Match(name) is { Success: true } match)
            {
                var number = int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture);
                var place = match.Groups[1].Value switch
                {
                    "neck.lateral_convs" => $"backbone.fpn_lateral{number + 2}",
                    "neck.fpn_convs" => $"backbone.fpn_output{number + 2}",
                    "roi_head.bbox_head.shared_fcs" => $"roi_heads.box_head.fc{number + 1}",
                    _ => $"roi_heads.mask_head.mask_fcn{number + 1}",
                };
                return $"{place}.{match.Groups[3].Value}";
            }

            var end = name.LastIndexOf('.');
            return end > 0 && Modules.TryGetValue(name[..end], out var module) ? module + name[end..] : null;
        }
    }

    /// <summary>Whose names they are, for people.</summary>
    public abstract string Words { get; }

    /// <summary>What a name is called in a detector; null if it has no counterpart there.</summary>
    public abstract string? Translate(string name);

    /// <summary>The layout of a file by the names in it; null: none of those known.</summary>
    public static WeightLayout? Of(IReadOnlyCollection<string> names)
    {
        bool Begins(params string[] beginnings) =>
            names.Any(name => beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.Ordinal)));
        return names.Any(name => Method.Inside(name) is not null)
                ? new Method(Of([.. names.Select(Method.Inside).OfType<string>()]) ?? new Detector())
            : Begins("backbone.layer1.0.", "neck.lateral_convs.", "rpn_head.rpn_conv.", "roi_head.") ? new MmDetection()
            : Begins("backbone.", "proposal_generator.") ? new Detector()
            : Begins("res_conv1_bn_", "res2_0_branch") ? new Caffe2()
            : Begins("layer1.0.conv1.") ? new TorchVision()
            : Begins("stem.", "res2.0.", "patch_embed.", "layers.0.blocks.") ? new BottomUp()
            : null;
    }

    [GeneratedRegex(@"^(neck\.lateral_convs|neck\.fpn_convs|roi_head\.bbox_head\.shared_fcs|roi_head\.mask_head\.convs)\.(\d+)\.(?:conv\.)?(weight|bias)$")]
    private static partial Regex MmDetectionName();

    [GeneratedRegex(@"^(stem|res[2-5]|patch_embed|layers|norm\d+)\.")]
    private static partial Regex BottomUpName();

    [GeneratedRegex("^(?:res_)?conv1_bn_(s|b|gamma|beta|rm|riv)$")]
    private static partial Regex Caffe2StemName();

    [GeneratedRegex(@"^res([2-5])_(\d+)_branch(1|2a|2b|2c)_(w|bn_(s|b|gamma|beta|rm|riv))$")]
    private static partial Regex Caffe2BlockName();

    [GeneratedRegex(@"^(layer([1-4])\.(\d+)\.)?(conv|bn|downsample\.)(\d)\.(weight|bias|running_mean|running_var)$")]
    private static partial Regex TorchVisionName();
}

/// <summary>What came of reading a network's first weights.</summary>
/// <param name="File">The file.</param>
/// <param name="Layout">How it calls weights.</param>
/// <param name="Loaded">The network's tensors that were read.</param>
/// <param name="Missing">The network's tensors that the file lacks; they keep their random values.</param>
/// <param name="Unexpected">Names of the file without a counterpart in the network.</param>
/// <param name="Misshapen">Tensors that the file has in another shape, with both shapes; they keep their random values.</param>
public sealed record WeightsReport(
    string File,
    WeightLayout Layout,
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Misshapen)
{
    private const int Shown = 8;

    /// <summary>The counts in one line, then a line for each kind of exception; names are shortened to their parts.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{File}: {Loaded.Count} tensors read ({Layout.Words})");
        Line("missing", Missing, Summary(Missing));
        Line("unexpected", Unexpected, Summary(Unexpected));
        // With their shapes: in a head they tell of another number of classes.
        Line("of another shape, which stay random", Misshapen, string.Join(", ", Misshapen.Take(Shown)) + More(Misshapen.Skip(Shown).Count()));
        return text.ToString();

        void Line(string what, IReadOnlyList<string> names, string words)
        {
            if (names.Count > 0)
            {
                text.Append($"\n  {names.Count} {what}: {words}");
            }
        }
    }

    /// <summary>Names in a few words: those with a common beginning of two parts as one, with their number.</summary>
    internal static string Summary(IReadOnlyList<string> names)
    {
        var groups = names.GroupBy(name => string.Join('.', name.Split('.').Take(2))).ToList();
        var shown = groups.Take(Shown).Select(group => group.Count() == 1 ? group.First() : $"{group.Key}.* ({group.Count()})");
        return string.Join(", ", shown) + More(groups.Skip(Shown).Sum(group => group.Count()));
    }

    private static string More(int count) => count > 0 ? $" and {count} more" : "";
}
