using System.Globalization;
using System.Text;
using BoxTeacher.Files;
using BoxTeacher.Methods;
using TorchSharp.Modules;

namespace BoxTeacher.Training;

/// <summary>
/// The checkpoints of one run: a folder <c>checkpoint-NNNNNNN</c> each, with the weights (<c>model.safetensors</c>, names
/// <c>student.*</c> and <c>teacher.*</c>), the optimizer's state (<c>optimizer.bin</c>, with the loss scaler's behind it where there is
/// one) and the checksums of both (<c>SHA256SUMS</c>); the folder's number is that of the finished iterations. All else that a resume
/// needs, random numbers included, is a function of that number. A checkpoint is written under another name, flushed and then renamed: what
/// has its final name is complete.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="beforeWriting">
/// Raises when the folder has come into other hands, so that a checkpoint does not get its name; null: never.
/// </param>
public sealed class CheckpointFolder(string folder, Action? beforeWriting = null)
{
    private const string Prefix = "checkpoint-";
    private const string ModelName = "model.safetensors";
    private const string OptimizerName = "optimizer.bin";
    private const int Kept = 2;

    /// <summary>The newest checkpoint's folder and number of iterations, or null.</summary>
    public (string Folder, int Iteration)? Latest() => All().LastOrDefault() is { Folder: not null } last ? last : null;

    /// <summary>Writes a checkpoint and removes all but the two newest.</summary>
    /// <returns>The checkpoint's folder.</returns>
    public string Save(int iteration, ITrainingMethod method, OptimizerHelper optimizer, LossScaler? scaler = null)
    {
        var target = Path.Combine(folder, Prefix + iteration.ToString("D7", CultureInfo.InvariantCulture));
        AtomicFolder.Write(target, writing =>
        {
            ModelFile.Write(Path.Combine(writing, ModelName), method);
            AtomicFile.Write(Path.Combine(writing, OptimizerName), stream =>
            {
                using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
                optimizer.save_state_dict(writer);
                scaler?.Write(writer);
            });
            Checksums.Write(writing);
            beforeWriting?.Invoke();
        });
        foreach (var old in All().SkipLast(Kept))
        {
            Directory.Delete(old.Folder, recursive: true);
        }
        return target;
    }

    /// <summary>Puts method and optimizer into the state in which the newest checkpoint was written.</summary>
    /// <returns>The checkpoint's folder and number of iterations; null: there is none, and nothing is changed.</returns>
    /// <exception cref="InvalidDataException">
    /// A file of the checkpoint is damaged, and the message says from which older one the run can go on; or it belongs to another model.
    /// </exception>
    public (string Folder, int Iteration)? LoadLatest(
        ITrainingMethod method, OptimizerHelper optimizer, LossScaler? scaler = null)
    {
        if (Latest() is not { } latest)
        {
            return null;
        }

        if (Checksums.Problem(latest.Folder) is { } problem)
        {
            throw new InvalidDataException($"{latest.Folder}: the checkpoint is damaged, {problem}; {WayOn()}");
        }

        ModelFile.Read(Path.Combine(latest.Folder, ModelName), method);
        var file = Path.Combine(latest.Folder, OptimizerName);
        try
        {
            using var reader = new BinaryReader(File.OpenRead(file));
            optimizer.load_state_dict(reader);
            scaler?.Read(reader);
        }
        catch (Exception error) when (error is IOException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }

        return latest;
    }

    private string WayOn()
    {
        var damaged = All().Reverse<(string Folder, int Iteration)>().TakeWhile(one => Checksums.Problem(one.Folder) is not null).ToList();
        var removed = string.Join(" and ", damaged.Select(one => one.Folder));
        return All().SkipLast(damaged.Count).LastOrDefault() is { Folder: not null } whole
            ? $"{Path.GetFileName(whole.Folder)} is whole: remove {removed} to go on from there"
            : $"there is no older one that is whole: remove {removed} to begin anew";
    }

    private List<(string Folder, int Iteration)> All()
    {
        var found = new List<(string Folder, int Iteration)>();
        foreach (var path in Directory.Exists(folder) ? Directory.GetDirectories(folder, Prefix + "*") : [])
        {
            if (int.TryParse(Path.GetFileName(path)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var iteration))
            {
                found.Add((path, iteration));
            }
        }
        found.Sort((left, right) => left.Iteration.CompareTo(right.Iteration));
        return found;
    }
}
