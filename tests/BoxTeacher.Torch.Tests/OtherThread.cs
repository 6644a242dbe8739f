namespace BoxTeacher.Torch.Tests;

/// <summary>Scopes and modes belong to threads, so tests of them need threads of their own, not tasks.</summary>
internal static class OtherThread
{
    internal static T Run<T>(Func<T> function)
    {
        T result = default!;
        var thread = new Thread(() => result = function());
        thread.Start();
        thread.Join();
        return result;
    }
}
