using BoxTeacher.Losses;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// An option of Polite Teacher's code: each pseudo loss is multiplied by the ratio of the running means of the labelled loss of its name
/// and its own, and the total is divided by 1 + weight. A mean begins with its first loss above 0: one that began with the 0 of a batch
/// without pseudo masks would stay near 0 for thousands of steps, and the ratio beyond all measure. The means are kept in
/// <see cref="Running"/>, and move when a step is done.
/// </summary>
/// <param name="names">The labelled losses.</param>
/// <param name="device">Where the losses are.</param>
/// <param name="momentum">How much of itself a mean keeps, in [0, 1]; 0.9997 as published.</param>
public sealed class LossEqualizer(IReadOnlyList<string> names, Device device, double momentum = 0.9997) : IDisposable
{
    private const double NotBegun = -1;
    private readonly Tensor _next = full([2, names.Count], NotBegun, float64, device).DetachFromDisposeScope();

    /// <summary>[2, losses] float64: means of the labelled losses and of the pseudo losses, -1 before the first step.</summary>
    public Tensor Running { get; } = full([2, names.Count], NotBegun, float64, device).DetachFromDisposeScope();

    /// <summary>Both kinds of losses with the factors that bring them to one size.</summary>
    /// <param name="labelled">The labelled losses.</param>
    /// <param name="pseudo">The pseudo losses under the same names; some may be missing.</param>
    /// <param name="weight">Factor of the pseudo losses, not yet in their own factors.</param>
    /// <param name="sum">Adds over the shares of a batch, of which these are the losses of one; null: they are those of the batch.</param>
    public (IReadOnlyList<LossTerm> Labelled, IReadOnlyList<LossTerm> Pseudo) Apply(
        IReadOnlyList<LossTerm> labelled, IReadOnlyList<LossTerm> pseudo, double weight, Func<Tensor, Tensor>? sum = null)
    {
        var ratios = Ratios(labelled, pseudo, sum ?? (own => own));
        return (
            [.. labelled.Select(term => term.As("", 1 / (1 + weight)))],
            [.. pseudo.Select(term => (term with { Sum = term.Sum * ratios[Place(term)].to(term.Sum.dtype) })
                .As("", weight / (1 + weight)))]);
    }

    /// <summary>The step of the last <see cref="Apply"/> is done: the means move.</summary>
    public void Commit()
    {
        using var gradients = no_grad();
        Running.copy_(_next);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Running.Dispose();
        _next.Dispose();
    }

    // [losses], and what the means are to be.
    private Tensor Ratios(IReadOnlyList<LossTerm> labelled, IReadOnlyList<LossTerm> pseudo, Func<Tensor, Tensor> sum)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var floors = ones([2, names.Count], float64, device);
        var all = sum(stack([Parts(labelled, floors[0]), Parts(pseudo, floors[1])]));
        var values = all.select(1, 0) / all.select(1, 1).maximum(floors);
        _next.copy_(where(Running <= 0, values, Running * momentum + values * (1 - momentum)));
        return where(_next[1] > 0, _next[0] / _next[1], ones_like(_next[1])).MoveToOuterDisposeScope();
    }

    private int Place(LossTerm term) => names.Index().First(entry => entry.Item == term.Name).Index;

    // [2, losses]: sums and normalizers.
    private Tensor Parts(IReadOnlyList<LossTerm> terms, Tensor floors)
    {
        var parts = zeros([2, names.Count], float64, device);
        foreach (var term in terms)
        {
            var place = Place(term);
            parts[0, place].copy_(term.Sum);
            parts[1, place].copy_(term.Normalizer);
            floors[place].fill_(term.Floor);
        }

        return parts;
    }
}
