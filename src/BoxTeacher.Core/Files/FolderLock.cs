namespace BoxTeacher.Files;

/// <summary>Keeps a folder to one process until it is disposed, however the process ends: a file <c>lock</c> that is held open.</summary>
internal static class FolderLock
{
    // "In use" on Linux, on macOS and on Windows.
    private static readonly int[] InUse = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Makes the folder, takes its lock and removes what processes that ended in the midst of writing left in it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="fromAnother">
    /// Whether a process that still holds the lock is known to have lost the folder: it keeps a lock that counts no more.
    /// </param>
    /// <exception cref="IOException">Another process has the folder, or it cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static IDisposable Take(string folder, bool fromAnother = false)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "lock");
        var held = Open(folder, file, fromAnother);
        try
        {
            Temporary.RemoveLeftovers(folder);
        }
        catch
        {
            held.Dispose();
            throw;
        }

        return held;
    }

    private static FileStream Open(string folder, string file, bool fromAnother)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException error) when (fromAnother && InUse.Contains(error.HResult))
        {
            File.Delete(file);
            return Open(folder, file, fromAnother: false);
        }
        catch (IOException error) when (InUse.Contains(error.HResult))
        {
            throw new IOException($"{folder}: another process is at work in this folder", error);
        }
    }
}
