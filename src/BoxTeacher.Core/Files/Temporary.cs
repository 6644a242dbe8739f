using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace BoxTeacher.Files;

/// <summary>The other names under which files and folders are filled beside their place.</summary>
internal static partial class Temporary
{
    private const string Former = ".old";

    // Machines that share a folder have processes of the same number.
    private static readonly string Own = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    /// <summary>A name beside a file's or a folder's place that no other process, on any machine, and no other thread uses.</summary>
    public static string Beside(string place) => Path.Combine(
        Path.GetDirectoryName(place)!, $".{Path.GetFileName(place)}.{Own}-{Environment.CurrentManagedThreadId}.tmp");

    /// <summary>Where what has the place is put aside while it is replaced.</summary>
    public static string FormerOf(string temporary) => temporary + Former;

    /// <summary>
    /// Removes what processes that ended in the midst of writing left in a folder; what was put aside while its place is empty goes back
    /// there. To be called by a process that has the folder to itself.
    /// </summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (var path in Directory.GetFileSystemEntries(folder, ".*.tmp*"))
        {
            var name = Name().Match(Path.GetFileName(path));
            if (!name.Success)
            {
                continue;
            }

            var place = Path.Combine(folder, name.Groups["place"].Value);
            if (name.Groups["former"].Success && !Path.Exists(place))
            {
                Directory.Move(path, place);
            }
            else
            {
                try
                {
                    Delete(path);
                }
                catch (IOException)
                {
                    // A process that was taken for dead, and lost the folder, is still writing: it removes this itself.
                }
            }
        }
    }

    /// <summary>Removes a file, or a folder with all that is in it, where there is one.</summary>
    public static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    [GeneratedRegex(@"^\.(?<place>.+)\.[0-9a-f]+-\d+\.tmp(?<former>\.old)?$")]
    private static partial Regex Name();
}
