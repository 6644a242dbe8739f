using System.Collections;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>The loss of one training step: its terms in the order they were formed, and their total.</summary>
public sealed class LossTerms(IEnumerable<LossTerm> terms) : IReadOnlyList<LossTerm>
{
    private readonly LossTerm[] terms = [.. terms];

    /// <inheritdoc />
    public int Count => terms.Length;

    /// <inheritdoc />
    public LossTerm this[int index] => terms[index];

    /// <summary>The term of that name.</summary>
    /// <exception cref="KeyNotFoundException">No term has that name; the message lists those there are.</exception>
    public LossTerm this[string name] =>
        Array.Find(terms, term => term.Name == name)
        ?? throw new KeyNotFoundException($"No loss term '{name}'; there are: {string.Join(", ", terms.Select(term => term.Name))}.");

    /// <summary>The plain sum of all values: what a training step differentiates. 0-dim.</summary>
    /// <exception cref="InvalidOperationException">There are no terms.</exception>
    public Tensor Total()
    {
        if (terms.Length == 0)
        {
            throw new InvalidOperationException("A loss without terms has no total.");
        }

        using var scope = NewDisposeScope();
        return terms.Select(term => term.Value()).Aggregate((total, value) => total + value).MoveToOuterDisposeScope();
    }

    /// <summary>Hands all tensors to the dispose scope outside the current one.</summary>
    public LossTerms MoveToOuterDisposeScope()
    {
        foreach (var term in terms)
        {
            term.MoveToOuterDisposeScope();
        }

        return this;
    }

    /// <inheritdoc />
    public IEnumerator<LossTerm> GetEnumerator() => ((IEnumerable<LossTerm>)terms).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
