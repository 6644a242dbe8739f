using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace BoxTeacher.Torch.Interop;

/// <summary>
/// One application of a function written in managed code, as a node of libtorch's graph. The native node holds this
/// object until the graph is gone.
/// </summary>
internal sealed unsafe class FunctionNode(AutogradContext context, Func<AutogradContext, List<Tensor>, List<Tensor>> backward, bool[] isTensor)
{
    internal static List<Tensor> Run(string name, Func<AutogradContext, object[], List<Tensor>> forward,
        Func<AutogradContext, List<Tensor>, List<Tensor>> backward, object[] vars)
    {
        var context = new AutogradContext();
        var inputs = vars.OfType<Tensor>().ToArray();
        var node = new FunctionNode(context, backward, Array.ConvertAll(vars, v => v is Tensor)).Register(name, inputs);
        try {
            List<Tensor> outputs;
            using (no_grad()) {
                outputs = forward(context, vars);
                // An input that is handed out unchanged would otherwise become its own history.
                outputs = [.. outputs.Select(o => Among(inputs, o) && !Among(context.Dirty, o) ? o.detach() : o)];
            }
            if (node != 0) {
                Finish(node, context, outputs);
            }
            return outputs;
        } finally {
            if (node != 0) {
                NativeMethods.bt_node_release(node);
            }
        }
    }

    private static bool Among(IEnumerable<Tensor> tensors, Tensor t) => tensors.Any(other => other.Handle == t.Handle);

    /// <summary>A native node that calls this object; 0 when nothing is to be recorded.</summary>
    private nint Register(string name, Tensor[] inputs)
    {
        var self = GCHandle.Alloc(this);
        nint node;
        fixed (byte* n = Encoding.UTF8.GetBytes(name + '\0'))
        fixed (nint* p = Handles(inputs)) {
            node = NativeMethods.bt_node_new(n, p, inputs.Length, &Backward, &Done, (void*)GCHandle.ToIntPtr(self));
        }
        GC.KeepAlive(inputs);
        if (node == 0) {
            self.Free();
            if (Error.Message.Length > 0) {
                Error.Throw();
            }
        }
        return node;
    }

    /// <summary>What an output is to the native node: 0 without gradient, 1 a result, 3 an input changed in place.</summary>
    private static byte Kind(AutogradContext context, Tensor output)
        => (byte)(Among(context.NonDifferentiable, output) ? 0 : Among(context.Dirty, output) ? 3 : 1);

    private static void Finish(nint node, AutogradContext context, List<Tensor> outputs)
    {
        var kinds = outputs.Select(o => Kind(context, o)).ToArray();
        var saved = context.Saved.Select(t => t?.Handle ?? 0).ToArray();
        fixed (nint* po = Handles(outputs), ps = saved)
        fixed (byte* pk = kinds) {
            Error.Check(NativeMethods.bt_node_finish(node, po, pk, kinds.Length, ps, saved.Length, context.MaterializeGrads ? 1 : 0));
        }
        GC.KeepAlive(context.Saved);
        context.HandOver();
    }

    [UnmanagedCallersOnly]
    private static void Done(void* self)
    {
        var handle = GCHandle.FromIntPtr((nint)self);
        ((FunctionNode)handle.Target!).Release();
        handle.Free();
    }

    private void Release() => context.Dispose();

    [UnmanagedCallersOnly]
    private static int Backward(void* self, void* node, nint* grads, int n, nint* results, int resultsN)
    {
        try {
            ((FunctionNode)GCHandle.FromIntPtr((nint)self).Target!).Backward((nint)node, new(grads, n), new(results, resultsN));
            return 0;
        } catch (Exception e) {
            Error.Set(e.Message);
            return -1;
        }
    }

    private void Backward(nint node, ReadOnlySpan<nint> grads, Span<nint> results)
    {
        using var scope = NewDisposeScope();
        var gradients = new List<Tensor>(grads.Length);
        foreach (var g in grads) {
            gradients.Add(g == 0 ? null! : new Tensor(NativeMethods.bt_retain(g)));
        }
        context.Enter(node);
        List<Tensor> list;
        try {
            list = backward(context, gradients);
        } finally {
            context.Enter(0);
        }
        var perArgument = list.Count == isTensor.Length;
        if (!perArgument && list.Count != results.Length) {
            throw new InvalidOperationException($"backward gave {list.Count} gradients for {isTensor.Length} arguments of which {results.Length} are tensors");
        }
        var next = 0;
        for (var k = 0; k < list.Count; k++) {
            if (perArgument && !isTensor[k]) {
                continue;
            }
            results[next++] = list[k] is { } t ? NativeMethods.bt_retain(t.Handle) : 0;
        }
    }
}
