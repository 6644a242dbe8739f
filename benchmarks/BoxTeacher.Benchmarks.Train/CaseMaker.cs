using System.Text.Json;
using BoxTeacher.Structures;
using BoxTeacher.Tests;
using BoxTeacher.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Writes a case's weights and batch into a folder, for both sides to read.</summary>
internal static class CaseMaker
{
    private const int BoxesPerImage = 4;
    private static readonly string[] Frozen = ["backbone.bottom_up.stem.", "backbone.bottom_up.res2."];

    /// <param name="step">The case.</param>
    /// <param name="golden">The reference set.</param>
    /// <param name="folder">Where to write.</param>
    public static void Write(StepCase step, string golden, string folder)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        random.manual_seed(1);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, value) in Weights(step, golden, "student"))
        {
            tensors.Add($"student.{name}", value);
        }
        // What is frozen is the same in both networks from the first iteration on.
        foreach (var (name, value) in Weights(step, golden, "teacher"))
        {
            tensors.Add($"teacher.{name}", Frozen.Any(name.StartsWith) ? tensors[$"student.{name}"] : value);
        }
        var weak = Pictures(step);
        tensors.Add("batch.weak", weak);
        tensors.Add("batch.strong", (weak.to(float32) * 0.8 + 20).to(uint8));
        foreach (var (image, (boxes, classes)) in Boxes(step, weak, tensors).Index())
        {
            tensors.Add($"batch.boxes.{image}", boxes);
            tensors.Add($"batch.classes.{image}", classes);
        }
        SafeTensors.Write(StepCase.TensorFile(folder), tensors);
        step.Write(folder);
    }

    // The tiny architecture's weights are stored, those of the full one are a formula.
    private static Dictionary<string, Tensor> Weights(StepCase step, string golden, string network)
    {
        if (step == StepCase.Tiny)
        {
            return SafeTensors.Read(Path.Combine(golden, $"j_tinyA_{network}.safetensors"));
        }
        using var description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(golden, "k1_r50_full.json")));
        var attributes = description.RootElement.GetProperty("instances")[0].GetProperty("attrs");
        var salt = attributes.GetProperty($"salt_{network}").GetString()!;
        using var model = step.Network();
        var state = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        foreach (var entry in attributes.GetProperty("weights").EnumerateArray())
        {
            var name = entry[0].GetString()!;
            state[name] = tensor(HashedWeights.Values(salt, name, state[name].numel(), entry[2].GetDouble(), entry[3].GetDouble()), state[name].shape);
        }
        return state;
    }

    /// <summary>Clouds of color with a little noise, BGR [N, 3, side, side] uint8.</summary>
    private static Tensor Pictures(StepCase step)
    {
        var clouds = F.interpolate(rand(step.Batch, 3, step.Side / 16, step.Side / 16), [step.Side, step.Side], mode: InterpolationMode.Bilinear, align_corners: false);
        return (clouds * 230 + rand_like(clouds) * 20).to(uint8);
    }

    /// <summary>True boxes near the teacher's own, so that its masks are assigned: the more laborious case.</summary>
    private static IEnumerable<(Tensor Boxes, Tensor Classes)> Boxes(StepCase step, Tensor weak, Dictionary<string, Tensor> tensors)
    {
        using var teacher = step.Network();
        teacher.load_state_dict(tensors.Where(entry => entry.Key.StartsWith("teacher.", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key["teacher.".Length..], entry => entry.Value));
        var batch = CaseReader.Normalized(weak);
        var seen = step.TeacherSize.Resize(batch);
        foreach (var (image, candidates) in teacher.Candidates(teacher.Extract(seen.Images)).Index())
        {
            var (boxes, _) = candidates.Rescaled(seen.Sizes[image], batch.Sizes[image]);
            var chosen = Apart(boxes, step.Side / 10f);
            yield return (tensor(chosen, [chosen.Length / 4, 4]), (arange(chosen.Length / 4) % step.Classes).to(int64));
        }
    }

    private static float[] Apart(float[] boxes, float least)
    {
        var chosen = new List<float[]>();
        foreach (var box in boxes.Chunk(4))
        {
            if (chosen.Count < BoxesPerImage && box[2] - box[0] > least && box[3] - box[1] > least
                && chosen.All(other => Box.IoU(other, box) < 0.4f))
            {
                chosen.Add([box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1]);
            }
        }
        return chosen.Count == BoxesPerImage
            ? [.. chosen.SelectMany(box => box)]
            : throw new InvalidOperationException($"The teacher sees {chosen.Count} separate objects, {BoxesPerImage} are needed.");
    }
}
