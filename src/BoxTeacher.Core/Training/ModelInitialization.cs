using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// Initial weights come from torch's one generator, which all threads share. Networks are therefore built one at a time, each after
/// seeding, so that runs side by side get the weights that they would get alone.
/// </summary>
internal static class ModelInitialization
{
    private static readonly Lock Gate = new();

    public static T Run<T>(long seed, Func<T> build)
    {
        lock (Gate)
        {
            random.manual_seed(seed);
            return build();
        }
    }
}
