using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>BoxInst (Tian et al. 2021): projection and color affinity, no teacher.</summary>
/// <param name="Pairwise">The color affinity term.</param>
[RecipeKind("boxInst")]
public sealed record BoxInstRecipe(PairwiseRecipe Pairwise) : MethodRecipe
{
    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts) =>
        new BoxInstMethod(context.As<MaskDetector>(context.Student), Pairwise.Supervision(Own(parts, new BoxInstParts()).ColorAffinityOr));

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => RecipeProblems.In(("pairwise", Pairwise.Problems()));
}

/// <summary>BoxInst's pairwise term.</summary>
/// <param name="Dilation">Distance of the eight neighbors on the mask grid; published: 2.</param>
/// <param name="ColorThreshold">Smallest color similarity of a pair that counts; published: 0.3.</param>
/// <param name="WarmUpIterations">The term's factor rises to 1 over so many iterations; published: 10,000; 0: at once.</param>
/// <param name="BottomRows">Rows at the end of a file's image that take no part; published: 10.</param>
public sealed record PairwiseRecipe(int Dilation, double ColorThreshold, int WarmUpIterations, int BottomRows)
{
    /// <summary>The losses of masks from boxes.</summary>
    /// <param name="replaced">What takes the place of the affinity.</param>
    internal BoxSupervision Supervision(Func<PairAffinity, PairAffinity> replaced) =>
        new(replaced(Affinity.Color.AtLeast(ColorThreshold)), Rise(WarmUpIterations), new PixelPairs(dilation: Dilation), BottomRows);

    /// <summary>A warm-up over so many iterations; 0: none.</summary>
    internal static WarmUpSchedule Rise(int iterations) => iterations == 0 ? WarmUp.None : WarmUp.Linear(iterations);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Positive("dilation", Dilation),
        RecipeProblems.PositiveFraction("colorThreshold", ColorThreshold),
        RecipeProblems.NotNegative("warmUpIterations", WarmUpIterations),
        RecipeProblems.NotNegative("bottomRows", BottomRows));
}
