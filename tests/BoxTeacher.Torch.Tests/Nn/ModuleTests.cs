using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BoxTeacher.Torch.Tests.Nn;

public sealed class ModuleTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    private sealed class Tree : Module<Tensor, Tensor>
    {
        private readonly Parameter scale = Parameter(ones(1));
        private readonly Tensor buf = zeros(2);
        private readonly ModuleList<Module<Tensor, Tensor>> list = ModuleList<Module<Tensor, Tensor>>(Linear(2, 2), Linear(2, 2));
        private readonly Sequential seq = Sequential(Conv2d(1, 2, 1), BatchNorm2d(2));
        [ComponentName(Name = "renamed")] private readonly Linear _inner = Linear(1, 1, hasBias: false);

        public Tree() : base(nameof(Tree)) => RegisterComponents();

        public Linear Inner => _inner;
        public Parameter Scale => scale;
        public Tensor Buf => buf;
        public override Tensor forward(Tensor input) => input * scale;
    }

    [Fact]
    public void Fields_are_registered_under_their_names_in_their_order()
    {
        using var tree = new Tree();
        Assert.Equal(["scale", "list.0.weight", "list.0.bias", "list.1.weight", "list.1.bias", "seq.0.weight", "seq.0.bias", "seq.1.weight", "seq.1.bias", "renamed.weight"],
            tree.named_parameters().Select(p => p.name));
        Assert.Equal(["list", "seq", "renamed", "list.0", "list.1", "seq.0", "seq.1"], tree.named_modules().Select(m => m.name));
        Assert.Equal(["list", "seq", "renamed"], tree.named_children().Select(m => m.name));
    }

    [Fact]
    public void The_state_has_all_parameters_before_all_buffers()
    {
        using var tree = new Tree();
        Assert.Equal(["scale", "list.0.weight", "list.0.bias", "list.1.weight", "list.1.bias", "seq.0.weight", "seq.0.bias", "seq.1.weight", "seq.1.bias", "renamed.weight",
            "buf", "seq.1.running_mean", "seq.1.running_var", "seq.1.num_batches_tracked"], tree.state_dict().Keys);
        Assert.Contains("x.scale", tree.state_dict(prefix: "x").Keys);
    }

    [Fact]
    public void A_shared_parameter_is_listed_once()
    {
        using var a = Linear(2, 2);
        using var b = Linear(a.weight);
        using var both = Sequential(a, b);
        Assert.Equal(["0.weight", "0.bias"], both.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void Members_are_found_by_their_dotted_names()
    {
        using var tree = new Tree();
        Assert.Same(tree.Inner.weight, tree.get_parameter("renamed.weight"));
        Assert.True(tree.has_parameter("seq.1.weight"));
        Assert.False(tree.has_parameter("seq.7.weight"));
        Assert.True(tree.has_buffer("seq.1.running_mean"));
        Assert.Null(tree.get_buffer("nothing"));
    }

    [Fact]
    public void Registering_a_name_twice_fails()
    {
        using var tree = new Tree();
        Assert.Throws<InvalidOperationException>(() => tree.register_parameter("scale", Parameter(ones(1))));
        Assert.Throws<InvalidOperationException>(() => tree.register_buffer("buf", ones(1)));
        Assert.Throws<InvalidOperationException>(() => tree.register_module("seq", ReLU()));
        Assert.Throws<InvalidOperationException>(() => ReLU().register_buffer("b", ones(1)));
    }

    [Fact]
    public void A_state_is_copied_in_place_and_names_must_fit()
    {
        using var from = Linear(2, 1);
        using var to = Linear(2, 1);
        var weight = to.weight;
        to.load_state_dict(from.state_dict());
        Assert.Same(weight, to.weight);
        to.weight.Is(from.weight.Values());
        var state = from.state_dict();
        state.Remove("bias");
        state["other"] = ones(1);
        var error = Assert.Throws<InvalidOperationException>(() => to.load_state_dict(state));
        Assert.Contains("bias", error.Message, StringComparison.Ordinal);
        Assert.Contains("other", error.Message, StringComparison.Ordinal);
        var (missing, unexpected) = to.load_state_dict(state, strict: false);
        Assert.Equal(["bias"], missing);
        Assert.Equal(["other"], unexpected);
        state = new() { ["weight"] = zeros(1, 2), ["bias"] = ones(3) };
        Assert.Contains("bias", Assert.Throws<InvalidOperationException>(() => to.load_state_dict(state)).Message, StringComparison.Ordinal);
        to.weight.Is(from.weight.Values());
    }

    [Fact]
    public void Train_and_eval_reach_every_module()
    {
        using var tree = new Tree();
        tree.eval();
        Assert.All(tree.modules(), m => Assert.False(m.training));
        tree.train();
        Assert.All(tree.modules(), m => Assert.True(m.training));
    }

    [Fact]
    public void Another_type_replaces_parameters_and_the_same_type_keeps_them()
    {
        using var tree = new Tree();
        var (before, buffer) = (tree.Scale, tree.Buf);
        Assert.Same(tree, tree.to(ScalarType.Float32));
        Assert.Same(before, tree.Scale);
        tree.Scale.sum().backward();
        tree.to(ScalarType.Float64);
        Assert.NotSame(before, tree.Scale);
        Assert.True(before.IsInvalid);
        Assert.True(buffer.IsInvalid);
        Assert.All(tree.parameters(), p => Assert.Equal(ScalarType.Float64, p.dtype));
        Assert.Equal(ScalarType.Int64, tree.get_buffer("seq.1.num_batches_tracked")!.dtype);
        Assert.Equal(ScalarType.Float64, tree.Scale.grad!.dtype);
        Assert.True(tree.Scale.requires_grad);
        Assert.Same(tree.Inner.weight, tree.get_parameter("renamed.weight"));
        Assert.Throws<ArgumentException>(() => tree.to(ScalarType.Int64));
    }

    [Fact]
    public void Hooks_change_input_and_result_until_they_are_removed()
    {
        using var module = Identity();
        var before = module.register_forward_pre_hook((_, x) => x + 1);
        var after = module.register_forward_hook((_, _, y) => y * 10);
        var calls = 0;
        module.register_forward_hook(_ => calls++);
        module.call(ones(1)).Is(20);
        before.remove();
        module.call(ones(1)).Is(10);
        after.remove();
        module.call(ones(1)).Is(1);
        Assert.Equal(3, calls);
    }

    [Fact]
    public void Zero_grad_of_a_module_drops_gradients_and_of_an_optimizer_zeroes_them()
    {
        using var module = Linear(1, 1);
        module.call(ones(1, 1)).sum().backward();
        using var optimizer = optim.SGD(module.parameters(), 0.1);
        optimizer.zero_grad();
        module.weight.grad!.Is(0);
        module.zero_grad();
        Assert.Null(module.weight.grad);
    }

    [Fact]
    public void A_module_outlives_the_scope_it_was_made_in()
    {
        Linear module;
        using (NewDisposeScope()) {
            module = Linear(1, 1);
        }
        Assert.False(module.weight.IsInvalid);
        module.Dispose();
        Assert.True(module.weight.IsInvalid);
    }

    [Fact]
    public void The_operator_of_FSharp_calls_a_module() => Tensor.op_MinusMinusGreater(-ones(1), ReLU()).Is(0);

    private sealed class Lists : Module<Tensor, Tensor>
    {
        public readonly ParameterList weights = ParameterList(Parameter(ones(1)), Parameter(zeros(1)));
        public readonly ParameterDict named = ParameterDict(("a", Parameter(ones(2))));
        public readonly ModuleDict<Linear> heads = ModuleDict(("cls", Linear(1, 1)), ("box", Linear(1, 1)));

        public Lists() : base(nameof(Lists)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input.alias();
    }

    [Fact]
    public void Lists_and_dictionaries_give_names_and_follow_a_change_of_type()
    {
        using var lists = new Lists();
        lists.heads.Add("mask", Linear(1, 1, hasBias: false));
        Assert.Equal(["weights.0", "weights.1", "named.a", "heads.cls.weight", "heads.cls.bias", "heads.box.weight", "heads.box.bias", "heads.mask.weight"],
            lists.named_parameters().Select(p => p.name));
        lists.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, lists.weights[1].dtype);
        Assert.Equal(ScalarType.Float64, lists.named["a"].dtype);
        lists.heads.Remove("cls");
        Assert.Equal(["box", "mask"], lists.heads.Keys);
        Assert.False(lists.has_parameter("heads.cls.weight"));
    }
}
