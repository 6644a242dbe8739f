using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public class ScheduleTests
{
    private const string Case = "boxteacher/m_schedules";

    [GoldenFact(Case + ".json")]
    public void Multi_step_with_warm_up_gives_the_published_rates()
    {
        using var scope = NewDisposeScope();
        var cases = GoldenCase.Load(Case).Instances.Where(instance => instance.Has("out.lr")).ToList();
        Assert.NotEmpty(cases);
        foreach (var instance in cases)
        {
            var schedule = new MultiStepSchedule(
                new LearningRateWarmUp(instance.Int("WARMUP_ITERS"), instance.Number("WARMUP_FACTOR")), instance.Ints("STEPS"), instance.Number("GAMMA"));
            var iterations = instance["in.iter"].data<long>().ToArray();
            var rates = instance["out.lr"].data<double>().ToArray();
            foreach (var (iteration, rate) in iterations.Zip(rates))
            {
                Assert.Equal(rate, Rate((int)iteration), rate * 1e-12);
            }
            foreach (var (iteration, rate) in instance["out.first12"].data<double>().ToArray().Index())
            {
                Assert.Equal(rate, Rate(iteration), rate * 1e-12);
            }

            double Rate(int iteration) => instance.Number("BASE_LR") * schedule.Factor(iteration, instance.Int("MAX_ITER"));
        }
    }

    [Fact]
    public void Cosine_falls_from_one_to_zero()
    {
        var schedule = new CosineSchedule(new LearningRateWarmUp(0, 1));

        Assert.Equal(1, schedule.Factor(0, 100));
        Assert.Equal(0.5, schedule.Factor(50, 100), 12);
        Assert.Equal(0, schedule.Factor(100, 100), 12);
        Assert.All(Enumerable.Range(0, 100), i => Assert.True(schedule.Factor(i + 1, 100) < schedule.Factor(i, 100)));
    }

    [Fact]
    public void Warm_up_rises_in_a_straight_line()
    {
        var warmUp = new LearningRateWarmUp(10, 0.1);

        Assert.Equal(0.1, warmUp.Factor(0), 12);
        Assert.Equal(0.55, warmUp.Factor(5), 12);
        Assert.Equal(1, warmUp.Factor(10));
    }
}
