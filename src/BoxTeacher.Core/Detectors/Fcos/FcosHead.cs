using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The head of FCOS (Tian et al. 2019, figure 2): two towers of 3x3 convolutions with group normalization, shared by all levels;
/// classes on one, distances, center-ness and (in CondInst) generated mask parameters on the other.
/// </summary>
public sealed class FcosHead : nn.Module<IReadOnlyList<Tensor>, FcosOutputs>
{
    private readonly FcosTower cls_tower;
    private readonly FcosTower bbox_tower;
    private readonly PyramidConvolution cls_logits;
    private readonly Convolution2d bbox_pred;
    private readonly Convolution2d ctrness;
    private readonly ModuleList<Scale> scales;
    private readonly int[] _strides;

    /// <summary>A head over the levels of a pyramid.</summary>
    /// <param name="levels">The pyramid's levels, all of the same number of channels.</param>
    /// <param name="classes">Number of classes, C.</param>
    /// <param name="classConvolutions">Depth of the class tower; 4 as published.</param>
    /// <param name="boxConvolutions">Depth of the box tower; 4 as published.</param>
    /// <param name="groups">Groups of the normalization; 32 as published.</param>
    /// <param name="prior">Probability that every class starts with at every location.</param>
    /// <param name="distanceBias">Initial distance to every side, in strides; 0 as published.</param>
    public FcosHead(IReadOnlyList<FeatureLevel> levels, int classes, int classConvolutions = 4, int boxConvolutions = 4,
        int groups = 32, double prior = 0.01, double distanceBias = 0) : base(nameof(FcosHead))
    {
        var channels = levels[0].Channels;
        cls_tower = new FcosTower(channels, classConvolutions, groups);
        bbox_tower = new FcosTower(channels, boxConvolutions, groups);
        cls_logits = PyramidConv(channels, classes, Math.Log(prior / (1 - prior)));
        bbox_pred = HeadConv(channels, 4, distanceBias);
        ctrness = HeadConv(channels, 1);
        scales = nn.ModuleList([.. levels.Select(_ => new Scale())]);
        _strides = [.. levels.Select(level => level.Stride)];
        Classes = classes;
        RegisterComponents();
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <inheritdoc/>
    public override FcosOutputs forward(IReadOnlyList<Tensor> input)
    {
        using var scope = NewDisposeScope();
        var batch = input[0].size(0);
        var towers = bbox_tower.call(input);
        var logits = cls_logits.call(cls_tower.call(input)).Select(map => map.reshape(batch, Classes, -1));
        // Distances and center-ness read the same features: one convolution of five channels.
        var boxes = SameConvolution.Apply(towers, cat([bbox_pred.Weight, ctrness.Weight]), cat([bbox_pred.Bias!, ctrness.Bias!]))
            .Select(map => map.reshape(batch, 5, -1)).ToArray();
        var distances = boxes.Select((map, level) => scales[level].call(map.narrow(1, 0, 4)));
        var centerness = boxes.Select(map => map.select(1, 4));
        var grid = new LocationGrid([.. input.Select((map, level) => (_strides[level], (int)map.size(2), (int)map.size(3)))]);
        foreach (var tower in towers)
        {
            tower.MoveToOuterDisposeScope();
        }

        return new FcosOutputs(
            cat([.. logits], 2).Widened().MoveToOuterDisposeScope(),
            cat([.. distances], 2).Widened().relu_().MoveToOuterDisposeScope(),
            cat([.. centerness], 1).Widened().MoveToOuterDisposeScope(),
            towers,
            grid);
    }

    /// <summary>A 3x3 convolution of a head: weights N(0, 0.01), a constant bias.</summary>
    internal static Convolution2d HeadConv(int inputs, int outputs, double bias = 0)
    {
        var convolution = new Convolution2d(inputs, outputs, 3);
        Start(convolution.Weight, convolution.Bias!, bias);
        return convolution;
    }

    /// <summary>The same over all levels at once.</summary>
    internal static PyramidConvolution PyramidConv(int inputs, int outputs, double bias = 0)
    {
        var convolution = new PyramidConvolution(inputs, outputs, 3);
        Start(convolution.Weight, convolution.Bias, bias);
        return convolution;
    }

    private static void Start(Tensor weight, Tensor bias, double value)
    {
        nn.init.normal_(weight, 0, 0.01);
        nn.init.constant_(bias, value);
    }
}

/// <summary>
/// Convolutions 3x3 with group normalization and ReLU, over all levels of a pyramid. Numbered as in a sequence of three layers each:
/// <c>0.weight</c>, <c>1.weight</c>, <c>3.weight</c>, ...
/// </summary>
internal sealed class FcosTower : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
{
    private readonly (PyramidConvolution Convolution, GroupNorm Norm)[] _layers;

    internal FcosTower(int channels, int convolutions, int groups) : base(nameof(FcosTower))
    {
        _layers = new (PyramidConvolution, GroupNorm)[convolutions];
        for (var i = 0; i < convolutions; i++)
        {
            var norm = nn.GroupNorm(groups, channels);
            // TorchSharp leaves both uninitialized.
            nn.init.ones_(norm.weight!);
            nn.init.zeros_(norm.bias!);
            _layers[i] = (FcosHead.PyramidConv(channels, channels), norm);
            register_module($"{3 * i}", _layers[i].Convolution);
            register_module($"{3 * i + 1}", norm);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> input)
    {
        using var scope = NewDisposeScope();
        var maps = input;
        foreach (var (convolution, norm) in _layers)
        {
            maps = GroupNormRelu.Apply(convolution.call(maps), norm);
        }

        return [.. maps.Select(map => map.MoveToOuterDisposeScope())];
    }
}

/// <summary>The name under which published checkpoints keep the head: <c>proposal_generator.fcos_head</c>.</summary>
internal sealed class ProposalGenerator : nn.Module
{
    private readonly FcosHead fcos_head;

    internal ProposalGenerator(FcosHead head) : base(nameof(ProposalGenerator))
    {
        fcos_head = head;
        RegisterComponents();
    }
}

/// <summary>
/// What the FCOS head says about every location of every image, all levels side by side. The tensors belong to the dispose
/// scope in which the head was called.
/// </summary>
/// <param name="Logits">Class logits [N,C,L].</param>
/// <param name="Ltrb">Distances to the four sides [N,4,L], not negative, in units of the level's stride.</param>
/// <param name="Centerness">Center-ness logits [N,L].</param>
/// <param name="BoxTower">
/// Features of the box tower, [N,channels,h,w] per level, in the precision of the head; the controller reads them.
/// </param>
/// <param name="Grid">The L locations.</param>
public sealed record FcosOutputs(Tensor Logits, Tensor Ltrb, Tensor Centerness, IReadOnlyList<Tensor> BoxTower, LocationGrid Grid)
{
    /// <summary>The distances at the positive locations, [P,4].</summary>
    public Tensor LtrbAt(FcosTargets targets) => At(Ltrb, targets);

    /// <summary>The center-ness logits at the positive locations, [P].</summary>
    public Tensor CenternessAt(FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        return Centerness.reshape(-1).index_select(0, targets.Flat).MoveToOuterDisposeScope();
    }

    /// <summary>The class logits at the positive locations, [P,C].</summary>
    public Tensor LogitsAt(FcosTargets targets) => At(Logits, targets);

    // [N,K,L] at P locations of P images, as [P,K].
    private static Tensor At(Tensor dense, FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        return dense.transpose(1, 2).reshape(-1, dense.size(1)).index_select(0, targets.Flat).MoveToOuterDisposeScope();
    }
}

/// <summary>The cells of one pyramid level.</summary>
/// <param name="Stride">Input pixels per cell.</param>
/// <param name="Height">Rows of cells.</param>
/// <param name="Width">Columns of cells.</param>
/// <param name="Offset">Index of the level's first location in the grid.</param>
public readonly record struct GridLevel(int Stride, int Height, int Width, int Offset)
{
    /// <summary>Number of locations.</summary>
    public int Count => Height * Width;
}

/// <summary>
/// All locations of a pyramid: level after level, row-major. A cell (row, column) stands for the input pixel
/// x = column*stride + stride/2, y = row*stride + stride/2 (FCOS, section 3.1).
/// </summary>
public sealed class LocationGrid
{
    private readonly GridLevel[] _levels;

    /// <summary>The grid of feature maps of the given sizes.</summary>
    /// <param name="shapes">Stride, rows and columns of each level, finest first.</param>
    public LocationGrid(IReadOnlyList<(int Stride, int Height, int Width)> shapes)
    {
        _levels = new GridLevel[shapes.Count];
        foreach (var (i, (stride, height, width)) in shapes.Index())
        {
            _levels[i] = new GridLevel(stride, height, width, Count);
            Count += height * width;
        }
    }

    /// <summary>The levels, finest first.</summary>
    public IReadOnlyList<GridLevel> Levels => _levels;

    /// <summary>Number of locations of all levels, L.</summary>
    public int Count { get; }

    /// <summary>The level of a location.</summary>
    public int LevelOf(int location)
    {
        var level = _levels.Length - 1;
        while (level > 0 && location < _levels[level].Offset)
        {
            level--;
        }

        return level;
    }

    /// <summary>The input pixel of a location.</summary>
    public (float X, float Y) PointOf(int location)
    {
        var level = _levels[LevelOf(location)];
        var (row, column) = Math.DivRem(location - level.Offset, level.Width);
        return (column * level.Stride + level.Stride / 2, row * level.Stride + level.Stride / 2);
    }

    /// <summary>All locations as a tensor [L,2] of x, y in input pixels, float32.</summary>
    public Tensor Points(Device? device = null)
    {
        var points = new float[2 * Count];
        for (var i = 0; i < Count; i++)
        {
            (points[2 * i], points[2 * i + 1]) = PointOf(i);
        }

        return tensor(points, [Count, 2], device: device);
    }
}
