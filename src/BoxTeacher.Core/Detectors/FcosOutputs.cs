using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// What the FCOS head says about every location of every image, all levels side by side. The tensors belong to the dispose
/// scope in which the head was called.
/// </summary>
/// <param name="Logits">Class logits [N,C,L].</param>
/// <param name="Ltrb">Distances to the four sides [N,4,L], not negative, in units of the level's stride.</param>
/// <param name="Centreness">Centre-ness logits [N,L].</param>
/// <param name="BoxTower">Features of the box tower, [N,channels,h,w] per level; the controller reads them.</param>
/// <param name="Grid">The L locations.</param>
public sealed record FcosOutputs(Tensor Logits, Tensor Ltrb, Tensor Centreness, IReadOnlyList<Tensor> BoxTower, LocationGrid Grid)
{
    /// <summary>The distances at the positive locations, [P,4].</summary>
    public Tensor LtrbAt(FcosTargets targets) => At(Ltrb, targets);

    /// <summary>The centre-ness logits at the positive locations, [P].</summary>
    public Tensor CentrenessAt(FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        return Centreness.reshape(-1).index_select(0, targets.Flat).MoveToOuterDisposeScope();
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
