using System.Diagnostics;
using BoxTeacher.Files;
using Xunit;

namespace BoxTeacher.Tests.Files;

/// <summary>One process at a time has a name, whoever dies or falls asleep.</summary>
public sealed class ClaimsTests : IDisposable
{
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();
    private readonly Hand clock = new();

    private string Name => folder.At("runs/one/claim");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_many_that_claim_a_free_or_an_abandoned_name_at_once_one_has_it(bool isAbandoned)
    {
        foreach (var round in Enumerable.Range(0, 20))
        {
            var name = folder.At($"round{round}/claim");
            if (isAbandoned)
            {
                Leave(name, Ended());
            }

            var many = Enumerable.Range(0, 8).Select(_ => new Claims(Takeover, clock)).ToList();
            var claim = Assert.Single(AtOnce(many, claims => claims.TryTake(name, out var _)), claim => claim is not null)!;

            Assert.True(claim.IsHeld);
            Assert.Equal(isAbandoned, claim.IsTakenOver);
            Assert.Single(Directory.GetFiles(Path.GetDirectoryName(name)!));
            many.ForEach(claims => claims.Dispose());
        }
    }

    [Fact]
    public void A_claim_that_is_given_back_is_free_at_once()
    {
        using var one = new Claims(Takeover, clock);
        using var other = new Claims(Takeover, clock);
        var claim = one.TryTake(Name, out _)!;

        Assert.Null(other.TryTake(Name, out var holder));
        Assert.Equal(claim.Holder, holder);
        claim.Dispose();

        Assert.False(claim.IsHeld);
        Assert.False(other.TryTake(Name, out _)!.IsTakenOver);
        other.Dispose();
        Assert.Empty(Directory.GetFiles(folder.At("runs/one")));
    }

    [Fact]
    public void A_claim_is_taken_over_when_its_heartbeat_has_stopped_and_its_holder_finds_out()
    {
        using var sleeper = new Claims(Takeover, clock);
        using var other = new Claims(Takeover, clock);
        var lost = sleeper.TryTake(Name, out _)!;
        Assert.Null(other.TryTake(Name, out _));

        // With heartbeats it lasts for ever.
        foreach (var _ in Enumerable.Range(0, 5))
        {
            clock.Advance(0.9 * Takeover);
            sleeper.Beat();
            Assert.Null(other.TryTake(Name, out var _));
        }

        clock.Advance(0.9 * Takeover);
        Assert.Null(other.TryTake(Name, out _));
        Assert.True(lost.IsHeld);
        clock.Advance(0.2 * Takeover);
        var claim = other.TryTake(Name, out _)!;

        Assert.True(claim.IsTakenOver && claim.IsHeld);
        Assert.False(lost.IsHeld);
        Assert.False(lost.Lost.IsCancellationRequested);
        sleeper.Beat();
        Assert.True(lost.Lost.IsCancellationRequested);

        // What it does from now on does not touch the new holder's.
        lost.Dispose();
        sleeper.Beat();
        Assert.True(claim.IsHeld);
        Assert.Null(sleeper.TryTake(Name, out var holder));
        Assert.Equal(claim.Holder, holder);
    }

    [Fact]
    public void An_observer_counts_from_its_own_first_look()
    {
        using var sleeper = new Claims(Takeover, clock);
        using var late = new Claims(Takeover, clock);
        sleeper.TryTake(Name, out _);
        clock.Advance(10 * Takeover);

        Assert.Null(late.TryTake(Name, out _));
        clock.Advance(Takeover);
        Assert.NotNull(late.TryTake(Name, out _));
    }

    [Fact]
    public void A_process_that_ended_on_this_machine_is_known_at_once_and_on_another_by_its_heartbeat()
    {
        using var claims = new Claims(Takeover, clock);
        Leave(Name, Ended());
        Assert.True(claims.TryTake(Name, out _)!.IsTakenOver);

        var there = folder.At("runs/two/claim");
        Leave(there, Ended() with { Host = "there", Scope = "of another start" });
        Assert.Null(claims.TryTake(there, out var holder));
        Assert.StartsWith("there, process ", $"{holder}", StringComparison.Ordinal);
        clock.Advance(Takeover);
        Assert.NotNull(claims.TryTake(there, out _));
    }

    [Fact]
    public void A_claim_that_a_death_left_empty_is_taken_over_after_the_time()
    {
        using var claims = new Claims(Takeover, clock);
        Directory.CreateDirectory(Path.GetDirectoryName(Name)!);
        File.WriteAllText(Name + ".7", "");

        Assert.Null(claims.TryTake(Name, out var holder));
        Assert.Null(holder);
        clock.Advance(Takeover);
        Assert.True(claims.TryTake(Name, out _)!.IsHeld);
        Assert.Equal([Name + ".8"], Directory.GetFiles(folder.At("runs/one")));
    }

    [Fact]
    public void Who_waits_says_for_whom_and_gets_the_name_next()
    {
        using var one = new Claims(Takeover);
        using var other = new Claims(TimeSpan.FromSeconds(3));
        var first = one.TryTake(Name, out _)!;
        var told = new List<Holder>();

        using var next = other.Take(Name, holder =>
        {
            told.Add(holder);
            first.Dispose();
        });

        Assert.True(next.IsHeld);
        Assert.Equal([first.Holder], told);
    }

    private static Claim?[] AtOnce(List<Claims> many, Func<Claims, Claim?> take)
    {
        using var start = new Barrier(many.Count);
        var taken = new Claim?[many.Count];
        var threads = many.Select((claims, index) => new Thread(() =>
        {
            start.SignalAndWait();
            taken[index] = take(claims);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return taken;
    }

    // What a process that was killed leaves behind.
    private static void Leave(string name, Holder holder)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        File.WriteAllText(name + ".1", $"{holder.Line}\n12\n");
    }

    private static Holder Ended()
    {
        using var process = Process.Start("sleep", "60");
        process.Kill();
        process.WaitForExit();
        return Holder.New() with { ProcessId = process.Id };
    }

    /// <summary>A clock that is moved by hand; heartbeats come when a test makes them.</summary>
    private sealed class Hand : TimeProvider
    {
        private TimeSpan now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => now += by;

        public override long GetTimestamp() => now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Still();

        private sealed class Still : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
