namespace BoxTeacher.Training;

/// <summary>A recipe is refused; the message names the file and the key.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>With a message only.</summary>
    public RecipeException(string message)
        : base(message)
    {
    }

    /// <summary>With the error that it came from.</summary>
    public RecipeException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message.</summary>
    public RecipeException()
    {
    }
}
