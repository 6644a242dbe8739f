using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class AutogradTests
{
    [Fact]
    public void Backward_adds_up_gradients_of_leaves()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2f], requires_grad: true);
        (x * x).sum().backward();
        (x * x).sum().backward();
        Assert.Equal([4f, 8f], x.grad!.data<float>().ToArray());
        Assert.NotSame(x.grad, x.grad);
        x.grad = null;
        Assert.Null(x.grad);
    }

    [Fact]
    public void Grad_gives_gradients_and_null_for_what_is_unused()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (ones(2, requires_grad: true), ones(2, requires_grad: true));
        var gradients = autograd.grad([(x * 3).sum()], [x, y], allow_unused: true);
        Assert.Equal([3f, 3f], gradients[0].data<float>().ToArray());
        Assert.Null(gradients[1]);
        Assert.Throws<ExternalException>(() => autograd.grad([(x * 3).sum()], [y]));
    }

    [Fact]
    public void Second_derivatives_come_from_a_recorded_backward()
    {
        using var scope = NewDisposeScope();
        var x = tensor([3f], requires_grad: true);
        var first = autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        Assert.Equal(27f, first.item<float>());
        Assert.Equal(18f, autograd.grad([first], [x])[0].item<float>());
    }

    [Fact]
    public void Modes_belong_to_the_thread_and_end_with_their_scope()
    {
        using var x = ones(1, requires_grad: true);
        using (no_grad()) {
            Assert.False(is_grad_enabled());
            Assert.False((x * 2).requires_grad);
            Assert.True(OtherThread.Run(is_grad_enabled));
            using (enable_grad()) {
                Assert.True((x * 2).requires_grad);
            }
            Assert.False(is_grad_enabled());
        }
        Assert.True(is_grad_enabled());
        using (inference_mode()) {
            Assert.True(is_inference_mode_enabled());
        }
        Assert.False(is_inference_mode_enabled());
    }

    private sealed class ScaledCube : autograd.SingleTensorFunction<ScaledCube>
    {
        public override string Name => nameof(ScaledCube);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_for_backward([(Tensor)vars[0]]);
            ctx.save_data("factor", vars[1]);
            return ((Tensor)vars[0]).pow(3) * (double)vars[1];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var x = ctx.get_saved_variables()[0];
            return [grad_output * 3 * x * x * (double)ctx.get_data("factor"), null!];
        }
    }

    [Fact]
    public void A_function_of_ones_own_agrees_with_finite_differences()
    {
        using var scope = NewDisposeScope();
        var x = randn(5, dtype: float64, requires_grad: true);
        var y = ScaledCube.apply(x, 0.7);
        Assert.Equal(nameof(ScaledCube), new ScaledCube().Name);
        y.sum().backward();
        var gradient = x.grad!.data<double>().ToArray();
        const double step = 1e-6;
        using var guard = no_grad();
        for (var k = 0; k < 5; k++) {
            var delta = zeros(5, dtype: float64);
            delta[k] = step;
            var difference = (ScaledCube.apply(x + delta, 0.7).sum() - ScaledCube.apply(x - delta, 0.7).sum()).item<double>() / (2 * step);
            Assert.Equal(difference, gradient[k], 1e-6);
        }
    }

    [Fact]
    public void A_function_of_ones_own_can_be_differentiated_twice()
    {
        using var scope = NewDisposeScope();
        var x = tensor([2.0], requires_grad: true);
        var first = autograd.grad([ScaledCube.apply(x, 1.0)], [x], create_graph: true)[0];
        Assert.Equal(12.0, first.item<double>());
        Assert.Equal(12.0, autograd.grad([first], [x])[0].item<double>());
    }

    private sealed class SumAndProduct : autograd.MultiTensorFunction<SumAndProduct>
    {
        public override string Name => nameof(SumAndProduct);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([a, b]);
            return [a + b, a * b];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
            => ctx.get_saved_variables() is [var a, var b] ? [grad_outputs[0] + grad_outputs[1] * b, grad_outputs[0] + grad_outputs[1] * a] : throw new InvalidOperationException();
    }

    [Fact]
    public void A_function_with_several_results_sees_zeros_for_those_unused()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (tensor([2f], requires_grad: true), tensor([5f], requires_grad: true));
        SumAndProduct.apply(a, b)[1].backward();
        Assert.Equal(5f, a.grad!.item<float>());
        Assert.Equal(2f, b.grad!.item<float>());
    }

    private sealed class NoWayBack : autograd.SingleTensorFunction<NoWayBack>
    {
        public override string Name => nameof(NoWayBack);
        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => (Tensor)vars[0] * 2;
        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => throw new InvalidOperationException("no way back");
    }

    [Fact]
    public void An_exception_in_backward_comes_out_of_backward()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, requires_grad: true);
        Assert.StartsWith("no way back", Assert.Throws<ExternalException>(() => NoWayBack.apply(x).backward()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anomaly_detection_raises_at_a_gradient_that_is_no_number()
    {
        using var scope = NewDisposeScope();
        var x = zeros(1, requires_grad: true);
        using (autograd.detect_anomaly()) {
            Assert.True(AnomalyMode.IsEnabled);
            Assert.Contains("nan", Assert.Throws<ExternalException>(() => (x.sqrt() * 0).sum().backward()).Message, StringComparison.OrdinalIgnoreCase);
        }
        Assert.False(AnomalyMode.IsEnabled);
    }

    [Fact]
    public void Jacobians_have_a_row_for_each_output()
    {
        using var scope = NewDisposeScope();
        var j = autograd.functional.jacobian(x => x * x, tensor([1f, 2f]));
        Assert.Equal([2f, 0f, 0f, 4f], j.data<float>().ToArray());
    }
}
