using BoxTeacher.Torch.Tests.Nn;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests.Optim;

public sealed class OptimizerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Parameter _w = nn.Parameter(torch.tensor(new[] { 1f, -2f, 3f }));
    private readonly Parameter _v = nn.Parameter(torch.tensor(new[] { .5f }));

    public void Dispose() => _scope.Dispose();

    private static Tensor Loss(Tensor w, Tensor v) => (w * w * w).sum() * v.sum() / 6 + (w * v).sum();

    private void Run(optim.Optimizer optimizer, int steps)
    {
        for (var k = 0; k < steps; k++) {
            optimizer.zero_grad();
            Loss(_w, _v).backward();
            optimizer.step();
        }
    }

    private void Gives(optim.Optimizer optimizer, params float[] expected)
    {
        Run(optimizer, 4);
        cat([_w, _v]).Is(expected);
        optimizer.Dispose();
    }

    // Four steps of PyTorch 1.13.1 on the same function.
    [Fact] public void SGD_plain() => Gives(optim.SGD([_w, _v], .05), 0.9569314f, -2.0860319f, 2.8421438f, -0.3688521f);
    [Fact] public void SGD_with_momentum_and_decay() => Gives(optim.SGD([_w, _v], .05, .9, .1, .01), 0.8952914f, -2.1663404f, 2.5897672f, -1.3066407f);
    [Fact] public void SGD_nesterov() => Gives(optim.SGD([_w, _v], .05, .9, weight_decay: .01, nesterov: true), 1.1029866f, -1.6968559f, 3.2743375f, -1.9040811f);
    [Fact] public void SGD_uphill() => Gives(optim.SGD([_w, _v], .005, .9, maximize: true), 1.0368868f, -1.9271785f, 3.1364384f, 0.748749f);
    [Fact] public void Adam_with_decay() => Gives(optim.Adam([_w, _v], .05, weight_decay: .01), 0.8027236f, -2.1986969f, 2.8025935f, 0.3017546f);
    [Fact] public void Adam_amsgrad() => Gives(optim.Adam([_w, _v], .05, amsgrad: true), 0.802759f, -2.1987293f, 2.802633f, 0.3017544f);
    [Fact] public void AdamW_with_decay() => Gives(optim.AdamW([_w, _v], .05, weight_decay: .1), 0.7846342f, -2.1572785f, 2.7449417f, 0.2935891f);

    [Fact] public void RMSProp_plain() => Gives(optim.RMSProp([_w, _v], .05), 0.6114935f, -2.3072422f, 2.6118894f, -0.1892751f);
    [Fact] public void RMSProp_centered_with_momentum() => Gives(optim.RMSProp([_w, _v], .05, weight_decay: .01, momentum: .5, centered: true), 0.5125372f, -2.1366568f, 2.482621f, -0.2348077f);
    [Fact] public void Adagrad() => Gives(optim.Adagrad([_w, _v], .05, .1, .01, .1), 0.888264f, -2.1195457f, 2.8821962f, 0.3798797f);
    [Fact] public void Adadelta() => Gives(optim.Adadelta([_w, _v], 1, .8, weight_decay: .01), 0.9905013f, -2.009522f, 2.990499f, 0.4904874f);
    [Fact] public void Adamax() => Gives(optim.Adamax([_w, _v], .05, weight_decay: .01), 0.8194236f, -2.1886883f, 2.8187695f, 0.3143483f);
    [Fact] public void RAdam() => Gives(optim.RAdam([_w, _v], .05, weight_decay: .01), 0.9099485f, -2.1732795f, 2.6726584f, -0.4261954f);
    [Fact] public void ASGD() => Gives(optim.ASGD([_w, _v], .05, weight_decay: .01), 0.9549854f, -2.0818686f, 2.8363247f, -0.3678233f);
    [Fact] public void Rprop() => Gives(optim.Rprop([_w, _v], .05), 0.7315999f, -2.2684f, 2.7316f, 0.2316f);

    // PyTorch 1.13 multiplies the product of momenta by one factor too many (mended in 2.0); these are its numbers without it.
    [Fact] public void NAdam() => Gives(optim.NAdam([_w, _v], .05, weight_decay: .01), 0.8464092f, -2.1586807f, 2.8459885f, 0.3430897f);

    [Fact]
    public void RAdam_rectifies_after_its_first_steps()
    {
        using var optimizer = optim.RAdam([_w, _v], .05, weight_decay: .01);
        Run(optimizer, 8);
        cat([_w, _v]).Is(0.9140375f, -2.1618488f, 2.6767449f, -0.6193992f);
    }

    [Fact]
    public void Other_types_give_the_same_through_the_operators()
    {
        foreach (var make in new Func<IEnumerable<Parameter>, optim.Optimizer>[] {
            p => optim.SGD(p, .05, .9, .1, .01),
            p => optim.SGD(p, .05, .9, weight_decay: .01, nesterov: true),
            p => optim.SGD(p, .005, .9, maximize: true),
            p => optim.Adam(p, .05, weight_decay: .01),
            p => optim.Adam(p, .05, amsgrad: true, maximize: true),
            p => optim.AdamW(p, .05, weight_decay: .1),
        }) {
            var results = new[] { ScalarType.Float32, ScalarType.Float64 }.Select(type => {
                var w = nn.Parameter(torch.tensor(new[] { 1.0, -2, 3 }, dtype: type));
                var v = nn.Parameter(torch.tensor(new[] { .5 }, dtype: type));
                using var optimizer = make([w, v]);
                for (var k = 0; k < 4; k++) {
                    optimizer.zero_grad();
                    Loss(w, v).backward();
                    optimizer.step();
                }
                return cat([w, v]).Values();
            }).ToArray();
            for (var k = 0; k < 4; k++) {
                Assert.Equal(results[0][k], results[1][k], 1e-5f);
            }
        }
    }

    [Fact]
    public void A_parameter_without_gradient_is_left_alone()
    {
        using var optimizer = optim.AdamW([_w, _v], .1, weight_decay: .5);
        _w.sum().backward();
        optimizer.step();
        _v.Is(.5f);
        Assert.NotEqual(1f, _w[0].item<float>());
    }

    [Fact]
    public void Groups_have_their_own_settings_and_take_the_rest_from_the_optimizer()
    {
        using var optimizer = optim.SGD([
            new SGD.ParamGroup([_w], lr: 0.5),
            new SGD.ParamGroup([_v], new SGD.Options { weight_decay = 2 }),
        ], 0.1);
        Assert.Equal([0.5, 0.1], optimizer.ParamGroups.Select(g => g.LearningRate));
        (_w.sum() + _v.sum()).backward();
        optimizer.step();
        _w.Is(.5f, -2.5f, 2.5f);
        _v.Is(.5f - .1f * (1 + 2 * .5f));
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new SGD.ParamGroup([_w])));
    }

    [Fact]
    public void A_closure_gives_loss_and_gradients()
    {
        using var optimizer = optim.SGD([_w], 1);
        var loss = optimizer.step(() => {
            var l = _w.sum();
            l.backward();
            return l;
        });
        loss!.Is(2);
        _w.Is(0, -3, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void State_survives_a_file_and_continues_exactly(bool adam)
    {
        optim.Optimizer Make(params Parameter[] p) => adam ? optim.Adam(p, .05, amsgrad: true) : optim.SGD(p, .05, .9);
        using var optimizer = (OptimizerHelper)Make(_w, _v);
        Run(optimizer, 3);
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, true)) {
            optimizer.save_state_dict(writer);
        }
        using var w = nn.Parameter(_w.detach().clone());
        using var v = nn.Parameter(_v.detach().clone());
        Run(optimizer, 2);
        using var other = (OptimizerHelper)Make(w, v);
        stream.Position = 0;
        other.load_state_dict(new BinaryReader(stream));
        using var copied = (OptimizerHelper)Make(w, v);
        copied.load_state_dict(other.state_dict());
        Assert.True(copied.state_dict().State[0].ApproximatelyEquals(other.state_dict().State[0]));
        for (var k = 0; k < 2; k++) {
            other.zero_grad();
            Loss(w, v).backward();
            other.step();
        }
        Assert.Equal(_w.Values(), w.Values());
        Assert.Equal(_v.Values(), v.Values());
        using var fewer = (OptimizerHelper)Make(_w);
        Assert.Throws<ArgumentException>(() => fewer.load_state_dict(optimizer.state_dict()));
    }

    [Fact]
    public void State_follows_a_module_to_another_type()
    {
        using var module = nn.Linear(2, 1, hasBias: false);
        using var optimizer = optim.SGD(module.parameters(), .1, momentum: .9);
        module.weight.sum().backward();
        optimizer.step();
        module.to(ScalarType.Float64);
        var before = module.weight.detach().clone();
        optimizer.zero_grad();
        module.weight.sum().backward();
        optimizer.step();
        (before - module.weight).Is(.19f, .19f);
    }

    [Fact]
    public void Gradients_are_clipped_together()
    {
        var a = nn.Parameter(zeros(3));
        var b = nn.Parameter(zeros(2));
        a.grad = torch.tensor(new[] { 3f, 0, 4 });
        b.grad = torch.tensor(new[] { 0f, 12 });
        Assert.Equal(13, nn.utils.clip_grad_norm_([a, b], 1), 1e-6);
        a.grad!.Is(0.2307692f, 0, 0.3076923f);
        b.grad!.Is(0, 0.9230769f);
        nn.utils.clip_grad_value_([a, b], .25);
        b.grad!.Is(0, .25f);
        Assert.Equal(.25, nn.utils.clip_grad_norm_([b], 1, double.PositiveInfinity), 1e-6);
    }

    [Fact]
    public void Parameters_become_a_vector_and_back()
    {
        nn.utils.parameters_to_vector([_w, _v]).Is(1, -2, 3, .5f);
        nn.utils.vector_to_parameters(torch.tensor(new[] { 4f, 5, 6, 7 }), [_w, _v]);
        _w.Is(4, 5, 6);
        _v.Is(7);
        Assert.Throws<ArgumentException>(() => nn.utils.vector_to_parameters(ones(3), [_w, _v]));
    }
}
