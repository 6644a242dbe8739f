using System.Numerics;
using System.Text;
using BoxTeacher.Torch;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Torch;

/// <summary>The fixtures are written by fixtures/make.py.</summary>
public class PthReaderTests
{
    private static string Fixture(string name) => Path.Combine(Golden.Repository(), "tests", "BoxTeacher.Core.Tests", "fixtures", "pickles", name);

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    public void Both_forms_of_torch_save_are_read(string file)
    {
        using var scope = NewDisposeScope();
        var weights = PthReader.ReadTensors(Fixture(file), "model");
        Assert.Equal(["conv.weight", "conv.transposed", "conv.row", "steps", "flags", "half", "brain", "empty", "parameter"], weights.Keys);
        var expected = arange(12, dtype: float32).view(3, 4);
        Assert.True(expected.Equals(weights["conv.weight"]));
        Assert.True(expected.T.Equals(weights["conv.transposed"]));
        Assert.True(expected[1].Equals(weights["conv.row"]));
        Assert.Equal(7, weights["steps"].item<long>());
        Assert.Equal([true, false, true], weights["flags"].data<bool>().ToArray());
        Assert.Equal(ScalarType.Float16, weights["half"].dtype);
        Assert.Equal(-2.0, weights["half"][1].ToDouble());
        Assert.Equal(3.0, weights["brain"][1].ToDouble());
        Assert.Equal([0, 4], weights["empty"].shape);
        Assert.Equal(1.5f, weights["parameter"].item<float>());
    }

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    public void Plain_values_come_as_plain_values(string file)
    {
        using var scope = NewDisposeScope();
        var root = Assert.IsType<OrderedDictionary<object, object?>>(PthReader.Read(Fixture(file)));
        Assert.Equal(3L, root["epoch"]);
        Assert.Equal(0.01, root["lr"]);
        Assert.Equal(BigInteger.Pow(2, 70), root["big"]);
        Assert.Equal((List<object?>)["a", (object?[])["b", null, true]], root["tags"]);
    }

    [Theory]
    [InlineData("numpy2.pkl")]
    [InlineData("numpy4.pkl")]
    public void Pickled_numpy_arrays_are_read(string file)
    {
        using var scope = NewDisposeScope();
        var weights = PthReader.ReadTensors(Fixture(file), "model");
        Assert.True(arange(6, dtype: float32).view(2, 3).Equals(weights["w"]));
        Assert.True(arange(6).view(2, 3).Equals(weights["fortran"]));
        var root = (OrderedDictionary<object, object?>)PthReader.Read(Fixture(file))!;
        Assert.Equal(2.5, ((OrderedDictionary<object, object?>)root["model"]!)["count"]);
    }

    [Theory]
    [InlineData("evil.pth")]
    [InlineData("evil.pkl")]
    public void A_pickle_that_asks_for_a_call_is_refused_and_nothing_is_called(string file)
    {
        const string witness = "witness-of-a-call";
        var message = Assert.Throws<InvalidDataException>(() => PthReader.Read(Fixture(file))).Message;
        Assert.Contains("posix.system", message, StringComparison.Ordinal);
        Assert.StartsWith(Fixture(file), message, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public void A_missing_key_names_those_that_are_there()
    {
        var message = Assert.Throws<KeyNotFoundException>(() => PthReader.ReadTensors(Fixture("zip.pth"), "state_dict")).Message;
        Assert.Contains("model", message, StringComparison.Ordinal);
    }

    private static void Refused(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try {
            File.WriteAllBytes(path, bytes);
            Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => PthReader.Read(path)).Message, StringComparison.Ordinal);
        } finally {
            File.Delete(path);
        }
    }

    [Fact]
    public void Broken_files_are_refused()
    {
        foreach (var file in (string[])["zip.pth", "legacy.pth", "numpy2.pkl", "numpy4.pkl"]) {
            var whole = File.ReadAllBytes(Fixture(file));
            for (var length = 0; length < whole.Length - 1; length += 97) {
                Refused(whole[..length]);
            }
        }
        // A string that announces more bytes than there are; a pop from an empty stack; a memo that was never set.
        Refused([0x80, 2, (byte)'X', 0xff, 0xff, 0xff, 0x7f, (byte)'a', (byte)'.']);
        Refused([0x80, 2, (byte)'0', (byte)'.']);
        Refused([0x80, 2, (byte)'h', 9, (byte)'.']);
        Refused([0x80, 2, (byte)'c', .. Encoding.ASCII.GetBytes("builtins\neval\n"), (byte)'.']);
        Refused([0x80, 2, .. Enumerable.Repeat((byte)']', 1000), .. Enumerable.Repeat((byte)'a', 999), (byte)'.']);
    }

    [Fact]
    public void A_tensor_beyond_its_storage_is_refused()
    {
        // The storage of conv.weight announces 12 elements, sizes (3, 4): the larger size reaches beyond them.
        var bytes = File.ReadAllBytes(Fixture("legacy.pth"));
        var sizes = (byte[])[(byte)'K', 3, (byte)'K', 4, 0x86];
        var at = bytes.AsSpan().IndexOf(sizes);
        Assert.True(at > 0);
        bytes[at + 3] = 5;
        Refused(bytes);
    }
}
