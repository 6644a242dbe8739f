using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BoxTeacher.Torch.Tests.Nn;

public sealed class ModuleFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_format_is_that_of_TorchSharp_byte_for_byte()
    {
        using var module = Linear(1, 1);
        init.constant_(module.weight, 2.0);
        init.constant_(module.bias!, -1.0);
        using var stream = new MemoryStream();
        module.save(stream);
        Assert.Equal("0206776569676874060201010000004004626961730601010000" + "80BF", Convert.ToHexString(stream.ToArray()));
    }

    [Fact]
    public void Sizes_above_127_take_more_than_one_byte()
    {
        using var module = Linear(300, 1, hasBias: false);
        using var stream = new MemoryStream();
        module.save(stream);
        Assert.Equal("0106776569676874060201AC02", Convert.ToHexString(stream.ToArray()[..13]));
    }

    [Fact]
    public void A_module_is_restored_from_its_file()
    {
        using var from = Sequential(Conv2d(2, 3, 3), BatchNorm2d(3));
        using var to = Sequential(Conv2d(2, 3, 3), BatchNorm2d(3));
        from.forward(rand(2, 2, 4, 4)).Dispose();
        from.save(_file);
        Assert.False(File.Exists(_file + ".tmp"));
        var loaded = new Dictionary<string, bool>();
        to.load(_file, loadedParameters: loaded);
        Assert.All(loaded.Values, Assert.True);
        foreach (var (key, value) in from.state_dict()) {
            to.state_dict()[key].Is(value.Values());
        }
    }

    [Fact]
    public void What_does_not_fit_or_is_cut_off_is_refused_and_changes_nothing()
    {
        using var from = Linear(2, 2);
        using var other = BatchNorm1d(2);
        from.save(_file);
        Assert.Contains("weight", Assert.Throws<InvalidOperationException>(() => other.load(_file, strict: false)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => from.load(_file + ".none"));
        using var to = Linear(2, 2);
        var before = to.weight.Values();
        File.WriteAllBytes(_file, File.ReadAllBytes(_file)[..^3]);
        Assert.Contains("bias", Assert.Throws<EndOfStreamException>(() => to.load(_file)).Message, StringComparison.Ordinal);
        to.weight.Is(before);
        File.WriteAllBytes(_file, [1, 1, (byte)'w', 99]);
        Assert.ThrowsAny<Exception>(() => to.load(_file));
    }

    [Fact]
    public void Names_can_be_skipped()
    {
        using var from = Linear(2, 2);
        using var to = Linear(2, 2);
        var bias = to.bias!.Values();
        from.save(_file);
        to.load(_file, skip: ["bias"]);
        to.weight.Is(from.weight.Values());
        to.bias!.Is(bias);
    }
}
