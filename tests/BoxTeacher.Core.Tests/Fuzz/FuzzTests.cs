using Xunit;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>Damaged files end in success or in one clear error that names the file.</summary>
public class FuzzTests
{
    [Fact]
    public void Five_hundred_mutations_end_well()
    {
        // The time allowed is generous because tests share the machine; the benchmark allows a second.
        var report = FuzzRun.Run(mutations: 500, seed: 20261, secondsAllowed: 10);

        Assert.Empty(report.Failures);
        Assert.Equal(500, report.Accepted + report.Refused);
        Assert.InRange(report.Refused, 100, 450);
        Assert.InRange(report.MostBytes, 0, 1L << 29);
    }
}
