using System.Globalization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class PrintingTests
{
    [Fact]
    public void Styles_look_as_they_do_in_TorchSharp()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1f, 2.5f]);
        Assert.Equal("[2x2], type = Float32, device = cpu", zeros(2, 2).ToString());
        Assert.Equal("[2], type = Float32, device = cpu\n 1 2.5\n", a.str(newLine: "\n", cultureInfo: CultureInfo.InvariantCulture));
        Assert.Equal("[2], type = Float32, device = cpu, value = float [] {1f, 2.5f}", a.cstr(cultureInfo: CultureInfo.InvariantCulture));
        Assert.Equal("[1, 2.5]", a.npstr(cultureInfo: CultureInfo.InvariantCulture));
        Assert.Equal("[2], type = Float32, device = cpu", a.metastr());
    }

    [Fact]
    public void Long_tensors_are_abbreviated()
    {
        using var scope = NewDisposeScope();
        var text = arange(10_000).view(100, 100).str(newLine: "\n");
        Assert.Contains("...", text, StringComparison.Ordinal);
        Assert.InRange(text.Split('\n').Length, 3, 12);
    }
}
