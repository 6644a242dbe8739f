using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Momentum, averaging and warm-ups against the published implementation.</summary>
public sealed class EmaGoldenTests
{
    private const string Case = "boxteacher/i_ema";

    private static readonly string[] Names = ["weight", "bn_weight", "running_mean", "running_var"];

    [GoldenFact(Case + ".json")]
    public void Teacher_follows_as_published()
    {
        foreach (var instance in GoldenCase.Load(Case).Instances.Where(instance => instance.Has("in.teacher_weight")))
        {
            using var scope = NewDisposeScope();
            using var student = new Weights(instance, "in.student_{0}_0");
            using var teacher = new Weights(instance, "in.teacher_{0}");
            var momentum = Momentum.Capped(instance.Number("momentum"), instance.Int("warmup"));
            var ema = new EmaTeacher(teacher, student, momentum);
            var first = instance.Int("start_iter");
            var values = instance.Attributes.GetProperty("momentum_values");
            for (var t = 0; t < instance.Int("iters"); t++)
            {
                student.Load(instance, $"in.student_{{0}}_{t}");
                ema.Update(first + t);
                Assert.Equal(values[t].GetDouble(), momentum(first + t), 12);
                foreach (var name in Names)
                {
                    GoldenAssert.Close(instance[$"out.teacher_{name}_{t}"], teacher[name], 1e-6, 1e-6, $"{instance} {name} after step {t}");
                }
            }
        }
    }

    [GoldenFact(Case + ".json")]
    public void Momentum_agrees()
    {
        var tables = GoldenCase.Load(Case).Instances.Where(instance => instance.Has("in.iter")).ToList();
        Assert.NotEmpty(tables);
        foreach (var instance in tables)
        {
            var momentum = Momentum.Capped(instance.Number("momentum"), instance.Int("warmup"));
            using var values = instance["out.momentum"];
            Assert.All(
                HostValues.Longs(instance["in.iter"]).Zip(values.data<double>()),
                pair => Assert.Equal(pair.Second, momentum(pair.First), 12));
        }
    }

    [GoldenFact("boxteacher/m_schedules.json")]
    public void Warm_up_agrees()
    {
        var instance = GoldenCase.Load("boxteacher/m_schedules").Instances.Single(instance => instance.Has("out.pseudo_linear"));
        // The reference counts steps from 1, warm-ups from 0.
        var warmUp = WarmUp.Linear(10_000);
        foreach (var name in (string[])["out.pairwise", "out.pseudo_linear"])
        {
            using var values = instance[name];
            Assert.All(
                HostValues.Longs(instance["in.iter"]).Zip(values.data<double>()),
                pair => Assert.Equal(pair.Second, warmUp(pair.First - 1), 12));
        }
    }

    [Fact]
    public void Buffers_follow_the_policy()
    {
        using var scope = NewDisposeScope();
        foreach (var (policy, expected) in ((TeacherBuffers, float)[])[(TeacherBuffers.Own, 0), (TeacherBuffers.Copied, 4), (TeacherBuffers.Averaged, 1)])
        {
            using var student = nn.BatchNorm2d(2);
            using var teacher = nn.BatchNorm2d(2);
            var ema = new EmaTeacher(new Weights(teacher), new Weights(student), Momentum.Constant(0.75), policy);
            ema.Update(0);
            using (no_grad())
            {
                student.running_mean!.fill_(4);
                student.weight!.fill_(5);
            }

            ema.Update(1);
            GoldenAssert.Close(full(2, expected), teacher.running_mean!, 1e-6, 0, $"{policy}");
            GoldenAssert.Close(full(2, 2f), teacher.weight!, 1e-6, 0, $"{policy}");
        }
    }

    [Fact]
    public void Different_networks_are_refused_by_name()
    {
        using var student = nn.Linear(2, 3);
        using var teacher = nn.Linear(2, 4);
        var error = Assert.Throws<ArgumentException>(() => new EmaTeacher(new Weights(teacher), new Weights(student), Momentum.Capped()));
        Assert.Contains("'bias'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A detector that has weights and does nothing.</summary>
    private sealed class Weights : Detector
    {
        public Weights(nn.Module module) : base(nameof(Weights))
        {
            foreach (var (name, parameter) in module.named_parameters())
            {
                register_parameter(name, parameter);
            }

            foreach (var (name, buffer) in module.named_buffers())
            {
                register_buffer(name, buffer);
            }
        }

        /// <summary>Two parameters and two buffers.</summary>
        public Weights(GoldenInstance instance, string pattern) : base(nameof(Weights))
        {
            foreach (var name in Names)
            {
                var value = instance[Name(pattern, name)];
                if (name.StartsWith("running", StringComparison.Ordinal))
                {
                    register_buffer(name, value);
                }
                else
                {
                    register_parameter(name, new Parameter(value));
                }
            }
        }

        public override bool HasMasks => false;

        public Tensor this[string name] => state_dict()[name];

        public void Load(GoldenInstance instance, string pattern)
        {
            using var gradients = no_grad();
            foreach (var name in Names)
            {
                this[name].copy_(instance[Name(pattern, name)]);
            }
        }

        public override LossTerms Losses(View view, Step step) => throw new NotSupportedException();

        public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
            throw new NotSupportedException();

        private static string Name(string pattern, string name) => pattern.Replace("{0}", name, StringComparison.Ordinal);
    }
}
