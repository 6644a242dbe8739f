using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// The factor of the loss that keeps small gradients of a float16 step from vanishing (Micikevicius et al. 2018, section 3.2), by the rule
/// of PyTorch's <c>GradScaler</c> and with its numbers: a step whose gradients overflow is left out and halves the factor, 2000 good steps
/// in a row double it. It is always a power of two, so that it takes no digits away.
/// </summary>
public sealed class LossScaler
{
    private const float Growth = 2, Backoff = 0.5f;
    private const int Interval = 2000;

    /// <summary>The factor; the first one is 65536.</summary>
    public float Scale { get; private set; } = 65536;

    /// <summary>Good steps since the factor last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>What a precision needs; null: nothing.</summary>
    public static LossScaler? Of(Precision precision) => precision == Precision.Float16 ? new LossScaler() : null;

    /// <summary>The loss times the factor.</summary>
    public Tensor Apply(Tensor loss) => loss * Scale;

    /// <summary>Takes the factor out of the gradients, in place.</summary>
    public void TakeOut(nn.Module network)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var gradient in network.parameters().Select(parameter => parameter.grad).OfType<Tensor>())
        {
            gradient.mul_(1 / Scale);
        }
    }

    /// <summary>Whether the factor may be what made gradients overflow: it is still above 1.</summary>
    /// <param name="norm">2-norm of the gradients.</param>
    public bool Explains(double norm) => !double.IsFinite(norm) && Scale > 1;

    /// <summary>Goes on to the next step.</summary>
    /// <param name="isGood">Whether this step's gradients were finite.</param>
    public void Update(bool isGood)
    {
        GoodSteps = isGood ? GoodSteps + 1 : 0;
        if (!isGood)
        {
            Scale *= Backoff;
        }
        else if (GoodSteps == Interval)
        {
            (Scale, GoodSteps) = (float.IsFinite(Scale * Growth) ? Scale * Growth : Scale, 0);
        }
    }

    /// <summary>Writes the state.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Scale);
        writer.Write(GoodSteps);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="EndOfStreamException">There is less.</exception>
    public void Read(BinaryReader reader) => (Scale, GoodSteps) = (reader.ReadSingle(), reader.ReadInt32());
}
