using BoxTeacher.Methods;
using BoxTeacher.Training;

namespace BoxTeacher.Tests.Views;

/// <summary>The recipe of a method that wants unlabelled images and looks at none.</summary>
public sealed record TakesUnlabelled : MethodRecipe
{
    public override bool LearnsFromUnlabelled => true;

    public override ITrainingMethod Build(BuildContext context, MethodParts? parts) => new Supervised(context.Student);

    public override IEnumerable<string> Problems() => [];
}
