namespace BoxTeacher.Files;

/// <summary>Folders that are whole or absent: filled under another name beside their place, then renamed.</summary>
internal static class AtomicFolder
{
    /// <summary>Makes a folder; an earlier one of this name is replaced when the new one is complete.</summary>
    public static void Write(string folder, Action<string> fill)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var parent = Path.GetDirectoryName(full)
            ?? throw new ArgumentException($"'{folder}' cannot be a data set's folder.", nameof(folder));
        Directory.CreateDirectory(parent);
        var temporary = Temporary.Beside(full);
        var former = Temporary.FormerOf(temporary);
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            if (Directory.Exists(full))
            {
                Directory.Move(full, former);
            }
            Directory.Move(temporary, full);
        }
        finally
        {
            Temporary.Delete(temporary);
            Temporary.Delete(former);
        }
    }
}
