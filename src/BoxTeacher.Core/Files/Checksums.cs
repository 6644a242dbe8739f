using System.Security.Cryptography;

namespace BoxTeacher.Files;

/// <summary>
/// The SHA-256 sums of a folder's files, in a file <c>SHA256SUMS</c> beside them as the program sha256sum writes and checks it.
/// </summary>
internal static class Checksums
{
    private const string FileName = "SHA256SUMS";
    private const int Digits = 2 * SHA256.HashSizeInBytes;

    /// <summary>Writes the sums of all files that lie in a folder.</summary>
    public static void Write(string folder) => AtomicFile.WriteText(
        Path.Combine(folder, FileName),
        string.Concat(Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => $"{SumOf(file)}  {Path.GetFileName(file)}\n")));

    /// <summary>What is wrong with a folder's files: the first one that is missing, has another sum or none; null: nothing.</summary>
    public static string? Problem(string folder)
    {
        var sums = Path.Combine(folder, FileName);
        if (!File.Exists(sums))
        {
            return $"{FileName} is missing";
        }

        var lines = File.ReadAllLines(sums);
        return lines.Select(line => ProblemOf(folder, line)).FirstOrDefault(problem => problem is not null)
            ?? Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!).Except(lines.Select(line => line[(Digits + 2)..]))
                .Where(name => name != FileName).Select(name => $"{name} is not in {FileName}").FirstOrDefault();
    }

    private static string? ProblemOf(string folder, string line)
    {
        if (line.Length <= Digits + 2)
        {
            return $"{FileName} has a line that is no sum";
        }

        var (sum, name) = (line[..Digits], line[(Digits + 2)..]);
        var file = Path.Combine(folder, Path.GetFileName(name));
        return !File.Exists(file) ? $"{name} is missing"
            : SumOf(file) != sum ? $"{name} has not the checksum of {FileName}"
            : null;
    }

    private static string SumOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
