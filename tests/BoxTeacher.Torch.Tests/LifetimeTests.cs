using System.Diagnostics;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class LifetimeTests
{
    [Fact]
    public void A_scope_disposes_what_was_made_in_it_but_not_what_left_it()
    {
        Tensor inner, moved, detached;
        using (var outer = NewDisposeScope()) {
            using (var scope = NewDisposeScope()) {
                Assert.Same(scope, CurrentDisposeScope);
                inner = ones(2);
                moved = (inner + 1).MoveToOuterDisposeScope();
                detached = (inner + 2).DetachFromDisposeScope();
                Assert.Equal(1, scope.DisposablesCount);
            }
            Assert.True(inner.IsInvalid);
            Assert.False(moved.IsInvalid);
            Assert.Same(outer, CurrentDisposeScope);
        }
        Assert.True(moved.IsInvalid);
        Assert.Equal(3f, detached[0].item<float>());
        detached.Dispose();
    }

    [Fact]
    public void Statistics_count_what_a_thread_makes_and_disposes()
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        statistics.Reset();
        using (NewDisposeScope()) {
            _ = zeros(1) + 1;
        }
        Assert.Equal(2, statistics.CreatedInScopeCount);
        Assert.Equal(2, statistics.DisposedInScopeCount);
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
        var kept = zeros(1);
        Assert.Equal(1, statistics.ThreadTotalLiveCount);
        kept.Dispose();
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Tensors_of_another_thread_stay_out_of_a_scope()
    {
        using var scope = NewDisposeScope();
        var other = OtherThread.Run(() => zeros(3));
        Assert.Equal(0, scope.DisposablesCount);
        other.Dispose();
    }

    [Fact]
    public void An_expression_can_be_wrapped_in_a_scope_of_its_own()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        var y = WrappedTensorDisposeScope(() => (x + 1) * (x + 2) - x);
        Assert.Equal(2, scope.DisposablesCount);
        Assert.Equal([5f, 5f], y.data<float>().ToArray());
    }

    [Fact]
    public void Views_outlive_the_tensor_they_came_from()
    {
        var a = arange(4);
        var row = a[1..3];
        a.Dispose();
        Assert.Equal([1L, 2L], row.data<long>().ToArray());
        row.Dispose();
    }

    [Fact]
    public void Shared_arrays_stay_in_place_as_long_as_a_tensor_uses_them()
    {
        var array = new float[1000];
        var t = from_array(array);
        for (var k = 0; k < 20; k++) {
            _ = new byte[100_000];
            GC.Collect();
            t.add_(1);
        }
        Assert.Equal(20f, array[999]);
        array[0] = -1;
        Assert.Equal(-1f, t[0].item<float>());
        t.Dispose();
    }

    [Fact]
    public void The_garbage_collector_may_run_at_any_time()
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() => {
            while (!stop.IsCancellationRequested) {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        Parallel.For(0, 4, worker => {
            for (var k = 0; k < 2_000; k++) {
                // Nothing is disposed here: all temporaries are left to finalizers while calls are in flight.
                var sum = (ones(4) + tensor([1f, 2f, 3f, 4f])).mul(zeros(4) + 2).sum();
                Assert.Equal(28f, sum.item<float>());
            }
        });
        stop.Cancel();
        collector.Join();
    }

    [Fact]
    public void Memory_stays_flat_over_many_steps()
    {
        static void Step()
        {
            using var scope = NewDisposeScope();
            var w = randn(64, 64, requires_grad: true);
            (w.matmul(w).sigmoid() + w[1..3].sum()).mean().backward();
            _ = w.grad!.norm().item<float>();
        }
        for (var k = 0; k < 50; k++) {
            Step();
        }
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        statistics.Reset();
        var before = Process.GetCurrentProcess().WorkingSet64;
        for (var k = 0; k < 500; k++) {
            Step();
        }
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
        using var process = Process.GetCurrentProcess();
        Assert.True(process.WorkingSet64 - before < 64L << 20, $"grew by {(process.WorkingSet64 - before) >> 20} MiB");
    }

    [Fact]
    public void Tensors_may_be_used_from_several_threads()
    {
        using var shared = arange(1000, dtype: float32);
        var sums = new float[64];
        Parallel.For(0, 64, k => {
            using var scope = NewDisposeScope();
            sums[k] = (shared * k).sum().item<float>();
        });
        Assert.Equal(Enumerable.Range(0, 64).Select(k => 499500f * k), sums);
    }
}
