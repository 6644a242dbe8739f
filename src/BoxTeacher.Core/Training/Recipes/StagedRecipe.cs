using BoxTeacher.Augmentation;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>Methods one after the other in one run, on one student; see <see cref="Staged"/>.</summary>
/// <param name="Stages">In order, at least one.</param>
[RecipeKind("staged")]
public sealed record StagedRecipe(IReadOnlyList<StageRecipe> Stages) : MethodRecipe
{
    /// <inheritdoc/>
    public override Supervision Supervision =>
        Stages.Any(stage => stage.Method.Supervision == Supervision.Masks) ? Supervision.Masks : Supervision.Boxes;

    /// <inheritdoc/>
    public override Network Evaluated => Stages[^1].Method.Evaluated;

    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        RefuseParts(parts);
        return new Staged([.. Stages.Select(stage =>
            new Stage((long)(stage.Start * context.Iterations), stage.Method.Build(context, null), stage.RestartsStudent))]);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. RecipeProblems.Of(
            Stages.Count > 0 && Stages[0].Start == 0 ? null : "stages: the first one must start at 0",
            Stages.Zip(Stages.Skip(1)).All(pair => pair.First.Start < pair.Second.Start && pair.Second.Start < 1)
                ? null
                : "stages: must start one after the other, each below 1"),
        .. RecipeProblems.In([.. Stages.Select((stage, index) => ($"stages.{index}.method", stage.Method.Problems()))]),
    ];
}

/// <summary>A part of a run with a method of its own.</summary>
/// <param name="Start">The share of the run after which it begins, 0 to below 1.</param>
/// <param name="Method">What teaches in it.</param>
/// <param name="RestartsStudent">
/// Whether the student begins with its first weights again, after the stage's teacher has copied what it learned.
/// </param>
public sealed record StageRecipe(double Start, MethodRecipe Method, bool RestartsStudent = false);
