using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BoxTeacher.Files;

/// <summary>A process as others see it in a shared folder.</summary>
/// <param name="Host">Name of its machine.</param>
/// <param name="Scope">What its number is valid in: the running system and, on Linux, its namespace of processes.</param>
/// <param name="ProcessId">Its number.</param>
/// <param name="Token">Random digits that no other holder has.</param>
internal sealed record Holder(string Host, string Scope, int ProcessId, string Token)
{
    private static readonly string OwnScope = ReadScope();

    /// <summary>This process, with a token of its own for each call.</summary>
    public static Holder New() =>
        new(Environment.MachineName, OwnScope, Environment.ProcessId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>The holder that a text begins with; null: it is not, or not wholly, written.</summary>
    public static Holder? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Holder>(text.Split('\n')[0]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The holder as a line that <see cref="Parse"/> reads.</summary>
    [JsonIgnore]
    public string Line => JsonSerializer.Serialize(this);

    /// <summary>Whether the process is known to have ended: only another process of the same system can know.</summary>
    [JsonIgnore]
    public bool HasEnded
    {
        get
        {
            if (Scope != OwnScope)
            {
                return false;
            }

            try
            {
                using var process = Process.GetProcessById(ProcessId);
                return false;
            }
            catch (ArgumentException)
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}, process {ProcessId}");

    // Machines of one name, restarts of one machine and containers on it count their processes anew.
    private static string ReadScope()
    {
        const string Boot = "/proc/sys/kernel/random/boot_id";
        var processes = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;
        return File.Exists(Boot) ? $"{File.ReadAllText(Boot).Trim()} {processes}" : Environment.MachineName;
    }
}
