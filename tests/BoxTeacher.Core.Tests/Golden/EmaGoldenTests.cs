using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp;
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
                Assert.Equal(values[t].GetDouble(), momentum.At(first + t), 12);
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
                pair => Assert.Equal(pair.Second, momentum.At(pair.First), 12));
        }
    }

    [GoldenFact("boxteacher/m_schedules.json")]
    public void Warm_up_agrees()
    {
        var instance = GoldenCase.Load("boxteacher/m_schedules").Instances.Single(instance => instance.Has("out.pseudo_linear"));
        var warmUp = WarmUp.Linear(10_000);
        foreach (var name in (string[])["out.pairwise", "out.pseudo_linear"])
        {
            using var values = instance[name];
            Assert.All(
                HostValues.Longs(instance["in.iter"]).Zip(values.data<double>()),
                pair => Assert.Equal(pair.Second, warmUp(pair.First), 12));
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
            var ema = new EmaTeacher(teacher, student, Momentum.Constant(0.75), policy);
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
        var error = Assert.Throws<ArgumentException>(() => new EmaTeacher(teacher, student, Momentum.Capped()));
        Assert.Contains("'bias'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Two parameters and two buffers.</summary>
    private sealed class Weights : nn.Module
    {
        private readonly Parameter weight, bn_weight;
        private readonly Tensor running_mean, running_var;

        public Weights(GoldenInstance instance, string pattern) : base(nameof(Weights))
        {
            weight = new Parameter(Of("weight"));
            bn_weight = new Parameter(Of("bn_weight"));
            running_mean = Of("running_mean");
            running_var = Of("running_var");
            RegisterComponents();

            Tensor Of(string name) => instance[Name(pattern, name)];
        }

        public Tensor this[string name] => name switch
        {
            "weight" => weight,
            "bn_weight" => bn_weight,
            "running_mean" => running_mean,
            _ => running_var,
        };

        public void Load(GoldenInstance instance, string pattern)
        {
            using var gradients = no_grad();
            foreach (var name in Names)
            {
                this[name].copy_(instance[Name(pattern, name)]);
            }
        }

        private static string Name(string pattern, string name) => pattern.Replace("{0}", name, StringComparison.Ordinal);
    }
}
