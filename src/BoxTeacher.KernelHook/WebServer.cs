using System.Diagnostics;

/// <summary>
/// The kernel runs code for whoever reaches its web server, a page in the user's browser included, and begins a notebook's first output
/// with a script by which the page looks for that server. Notebooks of F# need neither: the server answers to nobody, and there is no
/// script.
/// </summary>
internal sealed class WebServer : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Before the server is made, whose settings are environment variables and which tells when it is made.</summary>
    public static void Close()
    {
        // A name that nobody knows, in a domain that is nowhere; other requests are refused.
        Environment.SetEnvironmentVariable("AllowedHosts", $"{Guid.NewGuid():N}.invalid");
        DiagnosticListener.AllListeners.Subscribe(new WebServer());
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.Extensions.Hosting")
        {
            value.Subscribe(this);
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == "HostBuilt" && Type.GetType("Microsoft.DotNet.Interactive.Kernel, Microsoft.DotNet.Interactive") is { } kernel)
        {
            var page = Property(((IServiceProvider?)Property(value.Value, "Services"))?.GetService(kernel), "FrontendEnvironment");
            page?.GetType().GetProperty("RequiresAutomaticBootstrapping")?.SetValue(page, false);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static object? Property(object? owner, string name) => owner?.GetType().GetProperty(name)?.GetValue(owner);
}
