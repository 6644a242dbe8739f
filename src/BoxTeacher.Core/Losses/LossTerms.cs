using System.Collections;
using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>The loss of one training step: its terms in the order they were formed, and their total.</summary>
public sealed class LossTerms(IEnumerable<LossTerm> terms) : IReadOnlyList<LossTerm>
{
    private readonly LossTerm[] _terms = [.. terms];

    /// <inheritdoc />
    public int Count => _terms.Length;

    /// <inheritdoc />
    public LossTerm this[int index] => _terms[index];

    /// <summary>The term of that name.</summary>
    /// <exception cref="KeyNotFoundException">No term has that name; the message lists those there are.</exception>
    public LossTerm this[string name] =>
        Array.Find(_terms, term => term.Name == name)
        ?? throw new KeyNotFoundException($"No loss term '{name}'; there are: {string.Join(", ", _terms.Select(term => term.Name))}.");

    /// <summary>The plain sum of all values: what a training step differentiates. 0-dim.</summary>
    /// <exception cref="InvalidOperationException">There are no terms.</exception>
    public Tensor Total()
    {
        if (_terms.Length == 0)
        {
            throw new InvalidOperationException("A loss without terms has no total.");
        }

        using var scope = NewDisposeScope();
        return _terms.Select(term => term.Value()).Aggregate((total, value) => total + value).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The terms of a share of a batch as parts of those of the whole batch: their normalizers are added over the shares, so that the
    /// values, and the gradients, only have to be added too. A normalizer that is a constant thereby makes its term the mean over shares.
    /// </summary>
    /// <param name="sum">Adds over the shares; called once.</param>
    public LossTerms Over(Func<Tensor, Tensor> sum)
    {
        using var scope = NewDisposeScope();
        var all = sum(stack(_terms.Select(term => term.Normalizer.detach().to(float64).reshape([]))));
        return new LossTerms(_terms.Select((term, i) =>
            term with { Normalizer = all[i].to(term.Normalizer.dtype).MoveToOuterDisposeScope() }));
    }

    /// <summary>Hands all tensors to the dispose scope outside the current one.</summary>
    public LossTerms MoveToOuterDisposeScope()
    {
        foreach (var term in _terms)
        {
            term.MoveToOuterDisposeScope();
        }

        return this;
    }

    /// <inheritdoc />
    public IEnumerator<LossTerm> GetEnumerator() => ((IEnumerable<LossTerm>)_terms).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// One named part of a training loss, kept as the three numbers that set papers apart:
/// <c>value = Sum / max(Normalizer, Floor) * Factor</c>.
/// </summary>
/// <param name="Name">Name in logs and metrics files, for example <c>loss_pairwise</c>.</param>
/// <param name="Sum">Sum over whatever the term counts; 0-dim, carries the gradient.</param>
/// <param name="Normalizer">What the sum is divided by (instances, weights, positives); 0-dim, no gradient.</param>
/// <param name="Factor">Weight of the term times its warm-up.</param>
/// <param name="Floor">Smallest divisor, so that an empty batch gives zero and not NaN.</param>
public sealed record LossTerm(string Name, Tensor Sum, Tensor Normalizer, double Factor = 1, double Floor = 1)
{
    /// <summary>A term whose normalizer is known on the host.</summary>
    public LossTerm(string name, Tensor sum, double normalizer, double factor = 1, double floor = 1)
        : this(name, sum, full([], normalizer, sum.dtype, sum.device), factor, floor)
    {
    }

    /// <summary>The mean of terms of one name: of losses that are normalized image by image.</summary>
    /// <param name="terms">At least one.</param>
    public static LossTerm Mean(IReadOnlyList<LossTerm> terms) =>
        new(terms[0].Name, stack(terms.Select(term => term.Value())).sum(), normalizer: terms.Count);

    /// <summary>The term as a part of a larger loss.</summary>
    /// <param name="prefix">Goes before the name.</param>
    /// <param name="weight">Multiplies the factor.</param>
    public LossTerm As(string prefix, double weight = 1) => this with { Name = prefix + Name, Factor = Factor * weight };

    /// <summary>The finished scalar (0-dim), with its gradient.</summary>
    public Tensor Value()
    {
        using var scope = NewDisposeScope();
        return (Sum / Normalizer.detach().clamp(min: Floor) * Factor).MoveToOuterDisposeScope();
    }

    /// <summary>Hands the term's tensors to the dispose scope outside the current one.</summary>
    public LossTerm MoveToOuterDisposeScope()
    {
        Sum.MoveToOuterDisposeScope();
        Normalizer.MoveToOuterDisposeScope();
        return this;
    }
}
