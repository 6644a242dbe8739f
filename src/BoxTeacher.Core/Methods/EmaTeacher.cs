using BoxTeacher.Detectors;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>What happens to a teacher's buffers (the running statistics of batch normalization) at an update.</summary>
public enum TeacherBuffers
{
    /// <summary>They stay the teacher's own and move only when the teacher itself runs in training mode, as published.</summary>
    Own,

    /// <summary>They are copied from the student.</summary>
    Copied,

    /// <summary>Those of floating point are averaged like parameters, counters are copied.</summary>
    Averaged,
}

/// <summary>How much of itself a teacher keeps at the step of that number (0-based), in [0, 1]; 1: it does not move.</summary>
public delegate double MomentumSchedule(long iteration);

/// <summary>The momentum schedules of the papers.</summary>
public static class Momentum
{
    /// <summary>
    /// min(cap, 1 - (1 + w) / (t + 1 + w)): the plain average of all students so far, until it becomes an exponential
    /// one. BoxTeacher uses cap 0.999 and w = 0, reaching the cap at t = 999.
    /// </summary>
    /// <param name="cap">Largest momentum, in [0, 1].</param>
    /// <param name="warmUp">w: larger values let the teacher follow longer.</param>
    public static MomentumSchedule Capped(double cap = 0.999, long warmUp = 0) =>
        t => double.Min(cap, 1 - (1.0 + warmUp) / (t + 1 + warmUp));

    /// <summary>The same momentum, in [0, 1], at all steps.</summary>
    public static MomentumSchedule Constant(double momentum) => _ => momentum;

    /// <summary>A teacher that moves at some steps alone, and keeps all of itself at the others.</summary>
    /// <param name="momentum">Its momentum where it moves.</param>
    /// <param name="interval">Steps from one move to the next.</param>
    /// <param name="first">The first step at which it moves, 0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="interval"/> is below 1.</exception>
    public static MomentumSchedule Every(this MomentumSchedule momentum, int interval, int first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return t => (t - first) % interval == 0 ? momentum(t) : 1;
    }
}

/// <summary>
/// Keeps a teacher the moving average of a student (Tarvainen and Valpola, Mean Teacher): before step t, or after it,
/// <c>teacher = m(t) * teacher + (1 - m(t)) * student</c> for all parameters. Ahead of step 0 everything is copied, buffers included.
/// The tensors are updated in place; a frozen parameter is the same in both from step 0 on and is left alone.
/// </summary>
public sealed class EmaTeacher
{
    private readonly MomentumSchedule? _before;
    private readonly MomentumSchedule? _after;
    private readonly Entry[] _averaged;
    private readonly Entry[] _copied;
    private readonly Entry[] _everything;
    private readonly Tensor[] _moving;

    /// <summary>Binds a teacher to its student. The networks stay their owners'.</summary>
    /// <param name="teacher">The network that follows; its parameters stop requiring gradients.</param>
    /// <param name="student">The network that learns, of the same structure.</param>
    /// <param name="before">How much of itself the teacher keeps before each step; null: it does not move there.</param>
    /// <param name="buffers">What happens to the teacher's buffers.</param>
    /// <param name="after">How much of itself it keeps after each step; null: it does not move there.</param>
    /// <exception cref="ArgumentException">The two have different parameters or buffers; the message names the first one.</exception>
    public EmaTeacher(
        Detector teacher, Detector student, MomentumSchedule? before, TeacherBuffers buffers = TeacherBuffers.Own,
        MomentumSchedule? after = null)
    {
        (Network, _before, _after) = (teacher, before, after);
        var parameters = Pair(teacher.named_parameters(), student.named_parameters(), "parameter");
        var states = Pair(teacher.named_buffers(), student.named_buffers(), "buffer");
        _everything = [.. parameters, .. states];

        var learned = parameters.Where(entry => entry.Student.requires_grad).ToArray();
        var followed = buffers == TeacherBuffers.Own ? [] : states;
        var smoothed = followed.Where(entry => buffers == TeacherBuffers.Averaged && entry.Teacher.is_floating_point()).ToArray();
        _averaged = [.. learned, .. smoothed];
        _copied = [.. followed.Except(smoothed)];
        _moving = [.. learned.Select(entry => entry.Teacher), .. teacher.Statistics];

        foreach (var parameter in parameters)
        {
            parameter.Teacher.requires_grad_(false);
        }
    }

    /// <summary>The network that follows.</summary>
    public Detector Network { get; }

    /// <summary>What its convolutions and products are computed in, whatever the student's are.</summary>
    public Precision Precision { get; set; }

    /// <summary>Computes in the teacher's precision until the returned value is disposed.</summary>
    public IDisposable InItsPrecision() => Precision.On(Network.Device);

    /// <summary>Moves the teacher before the step of that number.</summary>
    /// <param name="iteration">0-based; 0 copies.</param>
    public void Update(long iteration)
    {
        if (iteration == 0)
        {
            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            Copy(_everything);
            return;
        }

        Follow(_before, iteration);
    }

    /// <summary>Moves the teacher after the step of that number.</summary>
    /// <param name="iteration">0-based.</param>
    public void UpdateAfter(long iteration) => Follow(_after, iteration);

    /// <summary>The teacher's tensors that <see cref="Update"/> and the forward passes of a step change; each comes once.</summary>
    /// <param name="iteration">0-based; 0 changes everything.</param>
    public IEnumerable<Tensor> Moving(long iteration) => iteration == 0 ? _everything.Select(entry => entry.Teacher) : _moving;

    private void Follow(MomentumSchedule? momentum, long iteration)
    {
        var kept = momentum?.Invoke(iteration) ?? 1;
        if (kept == 1)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        Copy(_copied);
        var shares = _averaged.Select(entry => entry.Teacher.dtype).Distinct()
            .ToDictionary(type => type, type => full([], 1 - kept, type, Network.Device));
        foreach (var (own, student) in _averaged)
        {
            own.lerp_(student, shares[own.dtype]);
        }
    }

    private static void Copy(Entry[] entries)
    {
        foreach (var (own, student) in entries)
        {
            own.copy_(student);
        }
    }

    private static Entry[] Pair<T>(IEnumerable<(string Name, T Tensor)> teacher, IEnumerable<(string Name, T Tensor)> student, string kind)
        where T : Tensor
    {
        var left = teacher.OrderBy(item => item.Name, StringComparer.Ordinal).ToArray();
        var right = student.OrderBy(item => item.Name, StringComparer.Ordinal).ToArray();
        for (var i = 0; i < int.Max(left.Length, right.Length); i++)
        {
            if (i >= left.Length || i >= right.Length || left[i].Name != right[i].Name
                || !left[i].Tensor.shape.SequenceEqual(right[i].Tensor.shape))
            {
                var name = i < left.Length ? left[i].Name : right[i].Name;
                throw new ArgumentException($"Teacher and student differ at {kind} '{name}'.");
            }
        }

        return [.. left.Zip(right, (own, source) => new Entry(own.Tensor, source.Tensor))];
    }

    private readonly record struct Entry(Tensor Teacher, Tensor Student);
}
