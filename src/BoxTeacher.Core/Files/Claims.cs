using System.Globalization;
using System.Text;

namespace BoxTeacher.Files;

/// <summary>
/// Names in folders that processes share, on one machine or on many: each belongs to one process at a time. The claim of a name is a file
/// <c>NAME.N</c> that its holder rewrites again and again, as a heartbeat. A claim whose holder ended on this machine, or whose file has
/// not changed for a while of the observer's own clock, is taken over by the file N + 1, which one process alone can create; the earlier
/// files are then removed, and who finds its file missing has lost its claim. Nothing but the exclusive creation of a file is asked of the
/// file system, and no two machines compare their clocks.
/// </summary>
internal sealed class Claims : IDisposable
{
    /// <summary>After how long without a heartbeat a claim may be taken over, unless someone says otherwise.</summary>
    public static readonly TimeSpan DefaultTakeover = TimeSpan.FromSeconds(60);

    private const int BeatsPerTakeover = 12;
    private const int LooksPerTakeover = 30;

    // However patient the others are.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _takeover;
    private readonly TimeProvider _clock;
    private readonly ITimer _heart;
    private readonly Lock _beating = new();
    private readonly Lock _gate = new();
    private readonly List<Claim> _held = [];
    private readonly Dictionary<string, (string Text, long Since)> _seen = [];

    /// <summary>Makes claims that are refreshed until they are disposed.</summary>
    /// <param name="takeover">After how long without a heartbeat the claims of others are taken over; the same for all processes.</param>
    /// <param name="clock">What heartbeats come by; null: the machine's.</param>
    public Claims(TimeSpan takeover, TimeProvider? clock = null)
    {
        _takeover = takeover;
        _clock = clock ?? TimeProvider.System;
        var pause = Part(BeatsPerTakeover);
        _heart = _clock.CreateTimer(_ => Beat(), null, pause, pause);
    }

    /// <summary>How often it pays to look whether a name has become free.</summary>
    public TimeSpan BetweenLooks => Part(LooksPerTakeover);

    /// <summary>Claims a name.</summary>
    /// <param name="name">A file's name without the number, with its folder, which is made.</param>
    /// <param name="holder">Who has it when it is not free; null: that is not known yet, or it has just become free.</param>
    /// <returns>The claim; null: another has the name.</returns>
    public Claim? TryTake(string name, out Holder? holder)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(name))!;
        Directory.CreateDirectory(folder);
        holder = null;
        var newest = Numbers(name).Max();
        if (newest > 0 && !IsAbandoned(FileOf(name, newest), out holder))
        {
            return null;
        }

        var claim = Claim.Create(this, FileOf(name, newest + 1), FileOf(name, newest + 2), newest > 0);
        if (claim is null)
        {
            return null;
        }

        // The folder as it is now: before, a client of a network's file system may have looked at what it remembered.
        var numbers = Numbers(name);
        if (numbers.Max() > newest + 1)
        {
            claim.Dispose();
            return null;
        }

        foreach (var number in numbers.Where(number => number is > 0 && number <= newest))
        {
            Claim.Remove(FileOf(name, number));
        }

        holder = claim.Holder;
        lock (_gate)
        {
            _held.Add(claim);
        }

        return claim;
    }

    /// <summary>Claims a name, and waits while others have it.</summary>
    /// <param name="name">As for <see cref="TryTake"/>.</param>
    /// <param name="waits">Is told whom it waits for, once for each.</param>
    public Claim Take(string name, Action<Holder> waits)
    {
        Holder? told = null;
        while (true)
        {
            if (TryTake(name, out var holder) is { } claim)
            {
                return claim;
            }

            if (holder is not null && holder != told)
            {
                waits(told = holder);
            }

            Thread.Sleep(BetweenLooks);
        }
    }

    /// <summary>Refreshes the claims that are held; the timer does it.</summary>
    public void Beat()
    {
        // A file system that hangs gets one heartbeat at a time.
        if (!_beating.TryEnter())
        {
            return;
        }

        try
        {
            Claim[] held;
            lock (_gate)
            {
                held = [.. _held];
            }

            Array.ForEach(held, claim => claim.Beat());
        }
        finally
        {
            _beating.Exit();
        }
    }

    /// <summary>Ends the heartbeats; claims that are still held are given back.</summary>
    public void Dispose()
    {
        _heart.Dispose();
        Claim[] held;
        lock (_gate)
        {
            held = [.. _held];
        }

        Array.ForEach(held, claim => claim.Dispose());
    }

    internal void Forget(Claim claim)
    {
        lock (_gate)
        {
            _held.Remove(claim);
        }
    }

    private TimeSpan Part(int count) => TimeSpan.FromTicks(Math.Min((_takeover / count).Ticks, Longest.Ticks));

    private bool IsAbandoned(string file, out Holder? holder)
    {
        holder = null;
        string? text;
        try
        {
            text = Claim.Read(file);
        }
        catch (IOException)
        {
            // A disk that is away for a moment: the next look tells.
            return false;
        }

        if (text is null)
        {
            return false;
        }

        holder = Holder.Parse(text);
        if (holder is { HasEnded: true })
        {
            return true;
        }

        lock (_gate)
        {
            if (_seen.TryGetValue(file, out var seen) && seen.Text == text)
            {
                return _clock.GetElapsedTime(seen.Since) >= _takeover;
            }

            _seen[file] = (text, _clock.GetTimestamp());
            return false;
        }
    }

    private static string FileOf(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name}.{number}");

    // 0 for a name that nobody has.
    private static List<int> Numbers(string name)
    {
        var (folder, prefix) = (Path.GetDirectoryName(Path.GetFullPath(name))!, Path.GetFileName(name) + ".");
        var numbers = new List<int> { 0 };
        foreach (var file in Directory.EnumerateFiles(folder, prefix + "*"))
        {
            if (int.TryParse(Path.GetFileName(file)[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }
}

/// <summary>A name that this process has, until it is disposed or taken over.</summary>
internal sealed class Claim : IDisposable
{
    private readonly Claims _claims;
    private readonly string _file;
    private readonly string _next;
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private long _beats;
    private bool _isOver;

    private Claim(Claims claims, string file, string next, bool isTakenOver) =>
        (_claims, _file, _next, IsTakenOver) = (claims, file, next, isTakenOver);

    /// <summary>This process, as others read it.</summary>
    public Holder Holder { get; } = Holder.New();

    /// <summary>Whether an earlier holder left it without giving it back.</summary>
    public bool IsTakenOver { get; }

    /// <summary>Is cancelled when a heartbeat finds that another has taken the name over.</summary>
    public CancellationToken Lost => _lost.Token;

    private string Text => string.Create(CultureInfo.InvariantCulture, $"{Holder.Line}\n{_beats}\n");

    /// <summary>Whether the name is still this process's; asks the file system, and where that does not answer it is.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_gate)
            {
                try
                {
                    return !_isOver && IsOwn;
                }
                catch (Exception error) when (IsOfTheDisk(error))
                {
                    return true;
                }
            }
        }
    }

    // Who takes over makes the next file first.
    private bool IsOwn => IsThere && !File.Exists(_next);

    private bool IsThere => Read(_file) is { } text && Holder.Parse(text) == Holder;

    /// <summary>Gives the name back, if it is still this process's.</summary>
    public void Dispose()
    {
        _claims.Forget(this);
        lock (_gate)
        {
            try
            {
                if (!_isOver && IsThere)
                {
                    File.Delete(_file);
                }
            }
            catch (Exception error) when (IsOfTheDisk(error))
            {
                // It stays, and others take it over.
            }

            _isOver = true;
        }
    }

    /// <summary>Creates a claim's file; null: it is there already.</summary>
    internal static Claim? Create(Claims claims, string file, string next, bool isTakenOver)
    {
        var claim = new Claim(claims, file, next, isTakenOver);
        FileStream created;
        try
        {
            created = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }

        using (created)
        {
            created.Write(Encoding.UTF8.GetBytes(claim.Text));
        }

        return claim;
    }

    /// <summary>Removes a claim's file; one that cannot be removed is in nobody's way, since a later one stands beside it.</summary>
    internal static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
        }
    }

    private static bool IsOfTheDisk(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>A claim's text; null: there is no such file any more.</summary>
    internal static string? Read(string file)
    {
        try
        {
            using var reader = new StreamReader(
                new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Changes the file's text, so that others see this process alive; or finds that the claim is lost.</summary>
    internal void Beat()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            try
            {
                _isOver = !IsOwn;
                if (!_isOver)
                {
                    _beats++;
                    // The text never becomes shorter.
                    using var stream = new FileStream(_file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                    stream.Write(Encoding.UTF8.GetBytes(Text));
                }
            }
            catch (Exception error) when (IsOfTheDisk(error))
            {
                // A disk that is full or away for a moment: the next heartbeat tells.
            }
        }

        if (_isOver)
        {
            _lost.Cancel();
        }
    }
}
