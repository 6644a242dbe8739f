using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using TorchSharp.Modules;

namespace BoxTeacher.Training;

/// <summary>When a teacher follows.</summary>
public enum UpdateTiming
{
    /// <summary>Soft Teacher's and Polite Teacher's code: before each step, one optimizer step behind the student.</summary>
    BeforeStep,

    /// <summary>mmdetection 3: after each step.</summary>
    AfterStep,
}

/// <summary>A teacher that averages a student's weights.</summary>
/// <param name="Momentum">
/// How the momentum begins; Soft Teacher: rising; constant in mmdetection 3, Unbiased Teacher and Polite Teacher. With 0 the teacher is the
/// student itself; with 1 it stays as it was at the beginning.
/// </param>
/// <param name="MomentumCap">Largest momentum; Soft Teacher: 0.999; Unbiased Teacher and Polite Teacher: 0.9996.</param>
/// <param name="WarmUpIterations">w of a rising momentum 1 - (1 + w) / (t + 1 + w); published: 0.</param>
/// <param name="Interval">Iterations from one move to the next; published: 1.</param>
/// <param name="Timing">When it moves.</param>
/// <param name="Buffers">
/// What happens to running statistics; published networks have none that move. The teacher runs on its own, so that a network with such
/// statistics needs averaged or copied ones.
/// </param>
/// <param name="Evaluate">The network that is evaluated; Soft Teacher: the student; mmdetection 3 and Polite Teacher: the teacher.</param>
public sealed record MeanTeacherRecipe(
    MomentumForm Momentum,
    double MomentumCap,
    int WarmUpIterations,
    int Interval,
    UpdateTiming Timing,
    TeacherBuffers Buffers,
    Network Evaluate)
{
    /// <summary>What moves the teacher.</summary>
    /// <param name="teacher">The network that follows; it runs in inference mode.</param>
    /// <param name="student">The network that learns.</param>
    /// <param name="replaced">What takes the place of the momentum.</param>
    /// <exception cref="RecipeException">The teacher's running statistics would stay as they begin.</exception>
    internal EmaTeacher Average(Detector teacher, Detector student, Func<MomentumSchedule, MomentumSchedule> replaced)
    {
        if (Buffers == TeacherBuffers.Own && student.modules().OfType<BatchNorm2d>().Any())
        {
            throw new RecipeException(
                "method.teacher.buffers: is own; the running statistics of this network's teacher would stay as they begin");
        }

        var momentum = replaced(
            Momentum == MomentumForm.Rising
                ? Methods.Momentum.Capped(MomentumCap, WarmUpIterations)
                : Methods.Momentum.Constant(MomentumCap));
        return Timing == UpdateTiming.BeforeStep
            ? new EmaTeacher(teacher, student, momentum.Every(Interval), Buffers)
            : new EmaTeacher(teacher, student, before: null, Buffers, after: momentum.Every(Interval, first: Interval - 1));
    }

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("momentumCap", MomentumCap),
        RecipeProblems.NotNegative("warmUpIterations", WarmUpIterations),
        RecipeProblems.Positive("interval", Interval));
}
