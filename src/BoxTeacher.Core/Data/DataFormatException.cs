namespace BoxTeacher.Data;

/// <summary>A file does not hold what its format demands. The message names the file and the place in it.</summary>
public sealed class DataFormatException : FormatException
{
    /// <summary>An error at one place of a file.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="key">The place, such as <c>annotations[3].bbox</c>; empty when the file as a whole is meant.</param>
    /// <param name="problem">What is wrong there.</param>
    /// <param name="cause">The exception that told, if any.</param>
    public DataFormatException(string file, string key, string problem, Exception? cause = null)
        : base(string.IsNullOrEmpty(key) ? $"{file}: {problem}" : $"{file}: {key}: {problem}", cause) =>
        (File, Key) = (file, key);

    /// <summary>The file's path.</summary>
    public string File { get; }

    /// <summary>The place in the file; empty when the file as a whole is meant.</summary>
    public string Key { get; }
}
