using System.Text;
using BoxTeacher.Torch;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Torch;

/// <summary>The fixtures are written by fixtures/make.py.</summary>
public class PthReaderTests
{
    private static string Fixture(string name) => Repository.Fixture("pickles", name);

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    public void Both_forms_of_torch_save_are_read(string file)
    {
        using var scope = NewDisposeScope();
        var weights = PthReader.ReadTensors(Fixture(file));
        string[] names = ["conv.weight", "conv.transposed", "conv.row", "steps", "flags", "half", "brain", "empty", "parameter"];
        Assert.Equal(names.Select(name => "model." + name), weights.Keys);
        var expected = arange(12, dtype: float32).view(3, 4);
        Assert.True(expected.Equals(weights["model.conv.weight"]));
        Assert.True(expected.T.Equals(weights["model.conv.transposed"]));
        Assert.True(expected[1].Equals(weights["model.conv.row"]));
        Assert.Equal(7, weights["model.steps"].item<long>());
        Assert.Equal([true, false, true], weights["model.flags"].data<bool>().ToArray());
        Assert.Equal(ScalarType.Float16, weights["model.half"].dtype);
        Assert.Equal(-2.0, weights["model.half"][1].ToDouble());
        Assert.Equal(3.0, weights["model.brain"][1].ToDouble());
        Assert.Equal([0, 4], weights["model.empty"].shape);
        Assert.Equal(1.5f, weights["model.parameter"].item<float>());
    }

    [Theory]
    [InlineData("numpy0.pkl")]
    [InlineData("numpy2.pkl")]
    [InlineData("numpy4.pkl")]
    public void Pickled_numpy_arrays_are_read(string file)
    {
        using var scope = NewDisposeScope();
        var weights = PthReader.ReadTensors(Fixture(file));
        Assert.True(arange(6, dtype: float32).view(2, 3).Equals(weights["model.w"]));
        Assert.True(arange(6).view(2, 3).Equals(weights["model.fortran"]));
    }

    [Theory]
    [InlineData("evil.pth")]
    [InlineData("evil.pkl")]
    public void A_pickle_that_asks_for_a_call_is_refused_and_nothing_is_called(string file)
    {
        const string witness = "witness-of-a-call";
        var message = Assert.Throws<InvalidDataException>(() => PthReader.ReadTensors(Fixture(file))).Message;
        Assert.Contains("posix.system", message, StringComparison.Ordinal);
        Assert.StartsWith(Fixture(file), message, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }

    private static void Refused(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => PthReader.ReadTensors(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("(dp99999999999999999999\n.")]
    [InlineData("(dg99999999999999999999\n.")]
    [InlineData("(dV\\U7fffffff\nI1\ns.")]
    public void Numbers_that_cannot_be_are_refused(string pickle) => Refused(Encoding.Latin1.GetBytes(pickle));

    /// <summary>Each of forty dictionaries holds the one before twice.</summary>
    [Fact]
    public void More_ways_through_a_file_than_can_be_walked_are_refused()
    {
        List<byte> pickle = [0x80, 2, (byte)'}', (byte)'q', 0];
        for (byte k = 1; k < 40; k++)
        {
            pickle.AddRange([(byte)'}', (byte)'q', k, (byte)'(', (byte)'K', 1, (byte)'h', (byte)(k - 1), (byte)'K', 2, (byte)'h', (byte)(k - 1), (byte)'u']);
        }
        Refused([.. pickle, (byte)'.']);
    }

    /// <summary>The mark of an entry in the list, its way of compression, and the version of an entry.</summary>
    [Theory]
    [InlineData("PK\x01\x02", 0)]
    [InlineData("PK\x01\x02", 10)]
    [InlineData("PK\x03\x04", 2)]
    public void What_a_damaged_archive_says_is_said_of_the_file(string mark, int offset)
    {
        var bytes = File.ReadAllBytes(Fixture("zip.pth"));
        bytes[bytes.AsSpan().IndexOf(Encoding.Latin1.GetBytes(mark)) + offset] = 99;
        Refused(bytes);
    }

    [Fact]
    public void Broken_files_are_refused()
    {
        foreach (var file in (string[])["zip.pth", "legacy.pth", "numpy0.pkl", "numpy2.pkl", "numpy4.pkl"])
        {
            var whole = File.ReadAllBytes(Fixture(file));
            for (var length = 0; length < whole.Length - 1; length += 97)
            {
                Refused(whole[..length]);
            }
        }
        // A string that announces more bytes than there are; a pop from an empty stack; a memo that was never set.
        Refused([0x80, 2, (byte)'X', 0xff, 0xff, 0xff, 0x7f, (byte)'a', (byte)'.']);
        Refused([0x80, 2, (byte)'0', (byte)'.']);
        Refused([0x80, 2, (byte)'h', 9, (byte)'.']);
        Refused([0x80, 2, (byte)'c', .. Encoding.ASCII.GetBytes("builtins\neval\n"), (byte)'.']);
        // Dictionaries in dictionaries, a thousand deep.
        Refused([0x80, 2, .. Enumerable.Repeat("}K\u0001"u8.ToArray(), 1000).SelectMany(bytes => bytes), (byte)'N', .. Enumerable.Repeat((byte)'s', 1000), (byte)'.']);
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
